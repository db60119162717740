namespace PhotoSearch;

/// <summary>Finds pairs of photographs that look alike: each photograph is compared with all others once, when it is new.</summary>
internal sealed class DuplicateFinder(PhotoDatabase database, PhotoCatalog catalog)
{
    /// <summary>Pairs below this cosine are not kept.</summary>
    public const float Least = 0.9f;

    // As many as share a reading of memory; and of each photograph, the nearest besides itself.
    private const int Block = 128, Nearest = 16;

    /// <summary>Compares some photographs that have not been compared yet.</summary>
    /// <returns>How many; 0 when all are.</returns>
    public int Next(CancellationToken stop)
    {
        var rows = database.NotCompared(Block);
        if (rows.Count == 0)
        {
            return 0;
        }
        float[] queries = EmbeddingRows.Pack([.. rows.Select(row => row.Embedding)]);
        var pairs = rows.Zip(catalog.Nearest(queries, Nearest + 1, stop)).SelectMany(row => row.Second
            .Where(near => near.Photo.Id != row.First.Id && near.Cosine >= Least)
            .Select(near => new PhotoPair(Math.Min(row.First.Id, near.Photo.Id), Math.Max(row.First.Id, near.Photo.Id), near.Cosine)));
        database.SavePairs(rows.Select(row => row.Id), pairs);
        return rows.Count;
    }
}
