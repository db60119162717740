namespace PhotoSearch;

/// <summary>
/// Everything that can be asked of the photographs. What runs the model or a training takes turns, as many at a time as there are processors: more would
/// not be faster, and take memory.
/// </summary>
internal sealed class PhotoSearcher(PhotoCatalog catalog, PhotoDatabase database, PhotoModel model) : IDisposable
{
    private readonly SemaphoreSlim _turns = new(Environment.ProcessorCount);

    /// <summary>The photographs nearest to words.</summary>
    public async Task<IReadOnlyList<(Photo Photo, float Score)>> ByWordsAsync(string words, int count, CancellationToken stop) =>
        catalog.Nearest(await InTurnAsync(() => model.EmbedText(words), stop), count);

    /// <summary>The photographs nearest to a picture from elsewhere.</summary>
    /// <exception cref="Microsoft.ML.Clip.ClipImageException">It is none, or one that cannot be read.</exception>
    public async Task<IReadOnlyList<(Photo Photo, float Score)>> ByPictureAsync(ReadOnlyMemory<byte> file, int count, CancellationToken stop) =>
        catalog.Nearest(await InTurnAsync(() => model.EmbedImage(file), stop), count);

    /// <summary>The photographs nearest to one of them, without it; null where there is no such photograph.</summary>
    public IReadOnlyList<(Photo Photo, float Score)>? ByPhotograph(long id, int count) =>
        catalog.Find(id) is not null && database.Embedding(id) is { } query
            ? [.. catalog.Nearest(query, count + 1).Where(near => near.Photo.Id != id).Take(count)] : null;

    /// <summary>The photographs most like some of them and unlike others, with a linear probe's probability. Examples that are gone do not count.</summary>
    /// <returns>Null where examples of one kind, or of both, are missing, or where nothing tells them apart.</returns>
    public async Task<IReadOnlyList<(Photo Photo, float Score)>?> ByExamplesAsync(
        IEnumerable<long> like, IEnumerable<long> unlike, int count, CancellationToken stop)
    {
        float[][] yes = Embeddings(like), no = Embeddings(unlike);
        if (yes.Length == 0 || no.Length == 0)
        {
            return null;
        }
        var probe = await InTurnAsync(() => ExampleProbe.Train(yes, no, stop), stop);
        return probe.TellsApart ? [.. catalog.Nearest(probe.Query, count).Select(near => (near.Photo, probe.Probability(near.Cosine)))] : null;
    }

    /// <summary>Photographs that look alike, in groups.</summary>
    public IReadOnlyList<(IReadOnlyList<Photo> Photos, float Cosine)> Duplicates(float least, int most)
    {
        var pairs = database.Pairs(least, most).Where(p => catalog.Find(p.First) is not null && catalog.Find(p.Second) is not null);
        return [.. DuplicateGroups.Of(pairs).Select(group => ((IReadOnlyList<Photo>)[.. group.Photos.Select(catalog.Find).OfType<Photo>()], group.Cosine))
            .Where(group => group.Item1.Count > 1)];
    }

    public void Dispose() => _turns.Dispose();

    private float[][] Embeddings(IEnumerable<long> ids) =>
        [.. ids.Distinct().Where(id => catalog.Find(id) is not null).Select(database.Embedding).OfType<float[]>()];

    private async Task<T> InTurnAsync<T>(Func<T> work, CancellationToken stop)
    {
        await _turns.WaitAsync(stop);
        try
        {
            return work();
        }
        finally
        {
            _turns.Release();
        }
    }
}
