namespace PhotoSearch;

/// <summary>
/// Keeps the map as the photographs are: made again when they changed much, and otherwise as it was, with what is new put among its neighbours.
/// </summary>
/// <param name="database">Where it is kept.</param>
/// <param name="catalog">The photographs.</param>
/// <param name="map">What is shown.</param>
/// <param name="mostLandmarks">Of so many it is made; of twice as many it would take four times as long.</param>
internal sealed class MapMaker(PhotoDatabase database, PhotoCatalog catalog, PhotoMap map, int mostLandmarks = 3000)
{
    private const int Block = 500;

    // Made again when a fourth of it came or went since.
    private const int ChangedShare = 4;

    /// <summary>Shows the map that is kept.</summary>
    public void Load() => map.Put(database.Places());

    /// <summary>Follows the photographs.</summary>
    /// <param name="stop">Ends it; the map stays as it was.</param>
    /// <param name="progress">Told how many photographs of how many are on the map.</param>
    public void Update(CancellationToken stop, Action<int, int> progress)
    {
        var places = database.Places();
        var placed = places.Select(p => p.Photo).ToHashSet();
        long[] fresh = [.. catalog.Ids().Where(id => !placed.Contains(id))];
        int made = database.CountPlaces(MapPart.Landmark, MapPart.Filled), here = places.Count(p => p.Part != MapPart.Added);
        int came = places.Count - here + fresh.Length, went = made - here;
        if (came + went > made / ChangedShare)
        {
            Make(stop, progress);
        }
        else if (fresh.Length > 0)
        {
            var points = places.Where(p => p.Part == MapPart.Landmark).ToDictionary(p => p.Photo, p => p.Point);
            var (photos, embeddings) = Read([.. points.Keys]);
            var landmarks = new Landmarks(EmbeddingRows.Pack(embeddings), embeddings[0].Length, [.. photos.Select(photo => points[photo])]);
            Add(landmarks, fresh, MapPart.Added, stop, done => progress(done, fresh.Length));
        }
        if (came + went > 0 || map.Count != places.Count)
        {
            Load();
        }
    }

    private void Make(CancellationToken stop, Action<int, int> progress)
    {
        // Evenly over all of them, which are in the order in which they were read.
        long[] all = catalog.Ids();
        int step = (all.Length + mostLandmarks - 1) / mostLandmarks;
        var (photos, embeddings) = Read([.. all.Where((_, i) => i % step == 0)]);
        if (photos.Length == 0)
        {
            database.SavePlaces([], isWhole: true);
            return;
        }
        var points = NeighbourMap.Make(EmbeddingRows.Pack(embeddings), embeddings[0].Length, stop,
            (done, steps) => progress(photos.Length * done / steps, all.Length));
        database.SavePlaces(photos.Zip(points, (photo, point) => new MapPlace(photo, point, MapPart.Landmark)), isWhole: true);
        var landmarks = new Landmarks(EmbeddingRows.Pack(embeddings), embeddings[0].Length, points);
        var done = photos.ToHashSet();
        Add(landmarks, [.. all.Where(id => !done.Contains(id))], MapPart.Filled, stop, more => progress(photos.Length + more, all.Length));
    }

    private void Add(Landmarks landmarks, long[] photos, MapPart part, CancellationToken stop, Action<int> progress)
    {
        int done = 0;
        foreach (long[] block in photos.Chunk(Block))
        {
            stop.ThrowIfCancellationRequested();
            var (there, embeddings) = Read(block);
            database.SavePlaces(there.Zip(embeddings, (photo, embedding) => new MapPlace(photo, landmarks.Place(photo, embedding), part)), isWhole: false);
            progress(done += block.Length);
        }
    }

    private (long[] Photos, float[][] Embeddings) Read(long[] photos)
    {
        var read = photos.Select(id => (Id: id, Embedding: database.Embedding(id))).Where(p => p.Embedding is not null).ToArray();
        return ([.. read.Select(p => p.Id)], [.. read.Select(p => p.Embedding!)]);
    }
}
