namespace PhotoSearch;

/// <summary>Every file that the database knows, and what a listing of the folder changes in that. For one thread.</summary>
internal sealed class KnownFiles
{
    private readonly Dictionary<string, (Photo Photo, bool IsMissing)> _files = new(StringComparer.Ordinal);

    /// <summary>How many files are there that could not be read.</summary>
    public int Unreadable { get; private set; }

    public void Add(Photo photo, bool isMissing = false)
    {
        var now = (photo, isMissing);
        Unreadable += Count(now) - (_files.TryGetValue(photo.File.Path, out var before) ? Count(before) : 0);
        _files[photo.File.Path] = now;

        static int Count((Photo Photo, bool IsMissing) file) => file.IsMissing || file.Photo.IsRead ? 0 : 1;
    }

    /// <summary>Holds a listing against what is known, which stays as it is: whoever has written down what changed says so with <see cref="Add"/>.</summary>
    /// <returns>Photographs that are gone, those that are back as they were, and files that are new or changed, the latest first.</returns>
    public (IReadOnlyList<Photo> Gone, IReadOnlyList<Photo> Back, IReadOnlyList<PhotoFile> New) Compare(IEnumerable<PhotoFile> listing)
    {
        var gone = _files.Values.Where(f => !f.IsMissing).ToDictionary(f => f.Photo.File.Path, f => f.Photo, StringComparer.Ordinal);
        List<Photo> back = [];
        List<PhotoFile> fresh = [];
        foreach (var file in listing)
        {
            gone.Remove(file.Path);
            if (!_files.TryGetValue(file.Path, out var known) || known.Photo.File != file)
            {
                fresh.Add(file);
            }
            else if (known.IsMissing)
            {
                back.Add(known.Photo);
            }
        }
        return ([.. gone.Values], back, [.. fresh.OrderByDescending(f => f.Written).ThenBy(f => f.Path, StringComparer.Ordinal)]);
    }
}
