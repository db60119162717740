using Microsoft.AspNetCore.Http.HttpResults;

namespace PhotoSearch;

/// <summary>What the program knows, and the pictures themselves.</summary>
internal static class PhotographEndpoints
{
    // Addresses that name the version change when the files do. Without it, a picture of another folder may have the same address tomorrow.
    private const string Forever = "private, max-age=31536000, immutable";

    private const int MostPlaces = 2000;

    public static void MapPhotographs(this WebApplication site)
    {
        var api = site.MapGroup("/api").WithTags("Photographs");
        api.MapGet("/status", Status).WithName("status").WithSummary("What the program is doing, and how far it is.");
        api.MapGet("/photographs", Latest).WithName("latest").WithSummary("The photographs that were written last.");
        api.MapGet("/map", Map).WithName("map").WithSummary("A part of the map, on which those are near each other that look alike.");
        api.MapGet("/unreadable", Unreadable).WithName("unreadable").WithSummary("Files that could not be read, and why.");

        var pictures = site.MapGroup("").WithTags("Pictures");
        pictures.MapGet("/thumbnails/{id:long}", ThumbnailAsync).WithName("thumbnail").WithSummary("A small JPEG of a photograph, upright.")
            .Produces(StatusCodes.Status200OK, contentType: "image/jpeg");
        pictures.MapGet("/photographs/{id:long}", Original).WithName("original").WithSummary("The file of a photograph, as it is.")
            .Produces(StatusCodes.Status200OK, null, "image/jpeg", "image/png", "image/webp", "image/gif", "image/bmp");
    }

    private static Ok<StatusAnswer> Status(Settings settings, PhotoModel model, PhotoCatalog catalog, Indexer indexer)
    {
        var progress = indexer.Progress;
        string folder = Path.GetFileName(Path.TrimEndingDirectorySeparator(Path.GetFullPath(settings.Folder)));
        string stage = progress.Stage.ToString().ToLowerInvariant();
        return TypedResults.Ok(new StatusAnswer(folder, model.Name, catalog.Count, progress.Unreadable, stage, progress.Done, progress.Total,
            progress.PerSecond, progress.SecondsLeft, settings.MaximumUpload));
    }

    private static Ok<PhotoAnswer[]> Latest(PhotoCatalog catalog, int count = SearchEndpoints.UsualCount) =>
        TypedResults.Ok(catalog.Latest(SearchEndpoints.Limit(count)).Select(photo => PhotoAnswer.Of(photo)).ToArray());

    private static Ok<MapAnswer> Map(
        PhotoMap map, PhotoCatalog catalog, float left = 0, float top = 0, float right = 1, float bottom = 1, int count = MostPlaces)
    {
        var (inside, places) = map.Find(new(left, top), new(right, bottom), Math.Clamp(count, 1, MostPlaces));
        return TypedResults.Ok(new MapAnswer(map.Count, inside,
            [.. places.Select(p => (p.Point, Photo: catalog.Find(p.Photo))).Where(p => p.Photo is not null)
                .Select(p => new MapPlaceAnswer(p.Point.X, p.Point.Y, PhotoAnswer.Of(p.Photo!)))]));
    }

    private static Ok<UnreadableAnswer[]> Unreadable(PhotoDatabase database) =>
        TypedResults.Ok(database.Unreadable(SearchEndpoints.MostCount).Select(photo => new UnreadableAnswer(photo.Name, photo.Folder, photo.Error)).ToArray());

    private static async Task<Results<FileContentHttpResult, NotFound>> ThumbnailAsync(
        long id, PhotoCatalog catalog, ThumbnailSource thumbnails, HttpResponse response, CancellationToken stop, string? v = null)
    {
        if (catalog.Find(id) is not { } photo || await thumbnails.GetAsync(photo, stop) is not { } jpeg)
        {
            return TypedResults.NotFound();
        }
        Keep(response, photo, v);
        return TypedResults.File(jpeg, "image/jpeg");
    }

    private static Results<FileStreamHttpResult, NotFound> Original(
        long id, PhotoCatalog catalog, PhotoFolder folder, HttpResponse response, string? v = null)
    {
        var photo = catalog.Find(id);
        var file = photo is null ? null : folder.Open(photo.File);
        if (file is null || ImageType.Of(file) is not { } type)
        {
            file?.Dispose();
            return TypedResults.NotFound();
        }
        Keep(response, photo!, v);
        return TypedResults.File(file, type, enableRangeProcessing: true);
    }

    private static void Keep(HttpResponse response, Photo photo, string? version)
    {
        if (version == PhotoAnswer.Version(photo))
        {
            response.Headers.CacheControl = Forever;
        }
    }
}
