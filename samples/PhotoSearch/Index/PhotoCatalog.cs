using Microsoft.ML.Clip;

namespace PhotoSearch;

/// <summary>
/// The photographs that are there, and the search among them, in memory: with 512 values an embedding takes 1 KB. Searches run beside each other and beside
/// changes. Thread-safe.
/// </summary>
internal sealed class PhotoCatalog(int dimension)
{
    // Rows of photographs that are gone stay where they are until they are this share of all: a search finds them and passes over.
    private const int MostDeadShare = 32, MostDead = 256;

    private readonly Lock _gate = new();
    private readonly Dictionary<long, (Photo Photo, int Row)> _photos = [];
    private ClipSearchIndex _index = NewIndex(dimension);
    private List<Photo?> _rows = [];
    private int _dead;

    public int Count
    {
        get
        {
            lock (_gate)
            {
                return _photos.Count;
            }
        }
    }

    /// <summary>Whether so many rows are of photographs that are gone that the index should be made again.</summary>
    public bool IsWorn
    {
        get
        {
            lock (_gate)
            {
                return _dead > MostDead && _dead > _rows.Count / MostDeadShare;
            }
        }
    }

    public Photo? Find(long id)
    {
        lock (_gate)
        {
            return _photos.TryGetValue(id, out var found) ? found.Photo : null;
        }
    }

    /// <summary>The numbers of all, in order.</summary>
    public long[] Ids()
    {
        lock (_gate)
        {
            return [.. _photos.Keys.Order()];
        }
    }

    /// <summary>The photographs that were written last, the last first.</summary>
    public IReadOnlyList<Photo> Latest(int count)
    {
        Photo[] all;
        lock (_gate)
        {
            all = [.. _photos.Values.Select(p => p.Photo)];
        }
        return [.. all.OrderByDescending(p => p.File.Written).ThenBy(p => p.Id).Take(count)];
    }

    /// <summary>Adds photographs, or puts them in the place of what they were.</summary>
    /// <param name="photos">The photographs.</param>
    /// <param name="embeddings">[photographs, dimension], row-major.</param>
    public void Put(IReadOnlyList<Photo> photos, ReadOnlySpan<float> embeddings)
    {
        lock (_gate)
        {
            // The rows first: a search never finds an embedding that has none.
            foreach (var photo in photos)
            {
                Kill(photo.Id);
                _photos[photo.Id] = (photo, _rows.Count);
                _rows.Add(photo);
            }
            _index.Add(embeddings);
        }
    }

    public void Remove(IEnumerable<long> ids)
    {
        lock (_gate)
        {
            foreach (long id in ids)
            {
                Kill(id);
                _photos.Remove(id);
            }
        }
    }

    /// <summary>Makes the index again, without the rows of photographs that are gone. Nobody else may change the catalog meanwhile; searches go on.</summary>
    public void Renew(IEnumerable<(Photo Photo, float[] Embedding)> all)
    {
        var fresh = new PhotoCatalog(dimension);
        foreach (var block in all.Chunk(1024))
        {
            fresh.Put([.. block.Select(p => p.Photo)], EmbeddingRows.Pack([.. block.Select(p => p.Embedding)]));
        }
        lock (_gate)
        {
            (_index, _rows, _dead) = (fresh._index, fresh._rows, 0);
            _photos.Clear();
            foreach (var (id, found) in fresh._photos)
            {
                _photos.Add(id, found);
            }
        }
    }

    /// <summary>The photographs that are nearest to a query, the nearest first.</summary>
    public IReadOnlyList<(Photo Photo, float Cosine)> Nearest(ReadOnlySpan<float> query, int count)
    {
        var (index, rows, most) = Now(count);
        return Living(index.Search(query, most), rows, count);
    }

    /// <summary>The same for many queries, which share one reading of memory.</summary>
    /// <param name="queries">[queries, dimension], row-major.</param>
    /// <param name="count">How many to find for each.</param>
    /// <param name="stop">Ends the search.</param>
    public IReadOnlyList<IReadOnlyList<(Photo Photo, float Cosine)>> Nearest(ReadOnlySpan<float> queries, int count, CancellationToken stop)
    {
        var (index, rows, most) = Now(count);
        return [.. index.SearchBatch(queries, most, stop).Select(matches => Living(matches, rows, count))];
    }

    // 16 bits a value: half the memory, and half the time, for a ten-thousandth of a cosine.
    private static ClipSearchIndex NewIndex(int dimension) => new(dimension, ClipSearchStorage.Half);

    private (ClipSearchIndex Index, List<Photo?> Rows, int Most) Now(int count)
    {
        lock (_gate)
        {
            return (_index, _rows, count + _dead);
        }
    }

    private List<(Photo Photo, float Cosine)> Living(IReadOnlyList<ClipMatch> matches, List<Photo?> rows, int count)
    {
        var living = new List<(Photo, float)>(count);
        lock (_gate)
        {
            foreach (var match in matches)
            {
                if (living.Count < count && rows[match.Index] is { } photo)
                {
                    living.Add((photo, match.Cosine));
                }
            }
        }
        return living;
    }

    private void Kill(long id)
    {
        if (_photos.TryGetValue(id, out var found))
        {
            _rows[found.Row] = null;
            _dead++;
        }
    }
}
