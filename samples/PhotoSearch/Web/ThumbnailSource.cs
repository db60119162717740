using Microsoft.Data.Sqlite;
using Samples;
using SkiaSharp;

namespace PhotoSearch;

/// <summary>Small pictures of photographs, upright, made when they are first asked for and kept in the database.</summary>
internal sealed partial class ThumbnailSource(Settings settings, PhotoFolder folder, PhotoDatabase database, ILogger<ThumbnailSource> log) : IDisposable
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
            Keep(photo, jpeg);
            return jpeg;
        }
        finally
        {
            _turns.Release();
        }
    }

    public void Dispose() => _turns.Dispose();

    private void Keep(Photo photo, byte[] jpeg)
    {
        try
        {
            database.SaveThumbnail(photo, jpeg);
        }
        catch (SqliteException e)
        {
            // A disk that is full: it is made again the next time.
            LogNotKept(e.Message);
        }
    }

    [LoggerMessage(LogLevel.Warning, "A thumbnail is not kept: {Message}")]
    private partial void LogNotKept(string message);

    private byte[]? Make(Photo photo)
    {
        using var file = folder.Open(photo.File);
        using var codec = file is null ? null : SKCodec.Create(file);
        return codec is null ? null : Thumbnail.Make(codec, Size, settings.MaximumPixels);
    }
}
