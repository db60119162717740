using Samples;
using SkiaSharp;

namespace PhotoSearch;

/// <summary>Small pictures of photographs, upright, made when they are first asked for and kept in the database.</summary>
internal sealed class ThumbnailSource(Settings settings, PhotoFolder folder, PhotoDatabase database) : IDisposable
{
    // Of the longer side. On a screen with twice the pixels a tile of 200 is sharp.
    private const int Size = 400;

    // A PNG of the largest size takes 200 MB while it is made small.
    private readonly SemaphoreSlim _turns = new(2);

    /// <summary>A JPEG, or null where the file is gone or can no longer be read.</summary>
    public async Task<byte[]?> GetAsync(Photo photo, CancellationToken stop)
    {
        if (database.Thumbnail(photo) is { } kept)
        {
            return kept;
        }
        await _turns.WaitAsync(stop);
        try
        {
            // Somebody else may have made it while this one waited.
            if (database.Thumbnail(photo) is { } made)
            {
                return made;
            }
            if (Make(photo) is not { } jpeg)
            {
                return null;
            }
            database.SaveThumbnail(photo, jpeg);
            return jpeg;
        }
        finally
        {
            _turns.Release();
        }
    }

    public void Dispose() => _turns.Dispose();

    private byte[]? Make(Photo photo)
    {
        using var file = folder.Open(photo.File);
        using var codec = file is null ? null : SKCodec.Create(file);
        return codec is null ? null : Thumbnail.Make(codec, Size, settings.MaximumPixels);
    }
}
