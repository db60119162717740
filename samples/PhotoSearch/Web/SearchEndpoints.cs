using System.Diagnostics;
using Microsoft.AspNetCore.Http.HttpResults;
using Microsoft.AspNetCore.Mvc;
using Microsoft.ML.Clip;

namespace PhotoSearch;

/// <summary>Every way to search.</summary>
internal static class SearchEndpoints
{
    public const int UsualCount = 60, MostCount = 1000;

    private const int LongestText = 1000, MostExamples = 500, MostPairs = 5000, LongestExamples = 100_000;

    public static void MapSearches(this WebApplication site)
    {
        var api = site.MapGroup("/api").WithTags("Search");
        api.MapGet("/search", WordsAsync).WithName("search").WithSummary("The photographs nearest to words.");
        api.MapPost("/search", PictureAsync).WithName("searchByPicture").WithSummary("The photographs nearest to a picture, which is the body.")
            .Accepts<Stream>("image/jpeg", "image/png", "image/webp", "image/gif", "image/bmp", "application/octet-stream")
            .ProducesProblem(StatusCodes.Status413PayloadTooLarge).RequireRateLimiting(Site.Uploads);
        api.MapGet("/photographs/{id:long}/similar", Similar).WithName("similar").WithSummary("The photographs nearest to one of them.");
        api.MapPost("/examples", ExamplesAsync).WithName("searchByExamples")
            .WithSummary("Trains a linear probe on examples, and gives the photographs most like some and unlike others.")
            .WithMetadata(new RequestSizeLimitAttribute(LongestExamples));
        api.MapGet("/duplicates", Duplicates).WithName("duplicates").WithSummary("Photographs that look alike, in groups, as far as they have been compared.");
    }

    /// <summary>How many are given where so many are asked for.</summary>
    public static int Limit(int count) => Math.Clamp(count, 1, MostCount);

    private static async Task<Results<Ok<SearchAnswer>, ProblemHttpResult>> WordsAsync(
        PhotoSearcher searcher, CancellationToken stop, string text, int count = UsualCount)
    {
        if (string.IsNullOrWhiteSpace(text) || text.Length > LongestText)
        {
            return Problem(StatusCodes.Status400BadRequest, $"Words are expected, up to {LongestText:N0} characters of them.");
        }
        long start = Stopwatch.GetTimestamp();
        return Answer(await searcher.ByWordsAsync(text, Limit(count), stop), start);
    }

    private static async Task<Results<Ok<SearchAnswer>, ProblemHttpResult>> PictureAsync(
        HttpRequest request, PhotoSearcher searcher, CancellationToken stop, int count = UsualCount)
    {
        var body = await Upload.ReadAsync(request, stop);
        if (body.IsEmpty)
        {
            return Problem(StatusCodes.Status400BadRequest, "A picture is expected as the body.");
        }
        long start = Stopwatch.GetTimestamp();
        try
        {
            return Answer(await searcher.ByPictureAsync(body, Limit(count), stop), start);
        }
        catch (ClipException e)
        {
            return Problem(StatusCodes.Status422UnprocessableEntity, $"This picture cannot be read. {e.Message}");
        }
    }

    private static Results<Ok<SearchAnswer>, NotFound> Similar(long id, PhotoSearcher searcher, int count = UsualCount)
    {
        long start = Stopwatch.GetTimestamp();
        return searcher.ByPhotograph(id, Limit(count)) is { } found ? Answer(found, start) : TypedResults.NotFound();
    }

    private static async Task<Results<Ok<SearchAnswer>, ProblemHttpResult>> ExamplesAsync(
        Examples examples, PhotoSearcher searcher, CancellationToken stop, int count = UsualCount)
    {
        if (examples is not { Like.Length: > 0 and <= MostExamples, Unlike.Length: > 0 and <= MostExamples })
        {
            return Problem(StatusCodes.Status400BadRequest, $"One to {MostExamples} examples are expected of each kind: like those wanted, and unlike them.");
        }
        long start = Stopwatch.GetTimestamp();
        return await searcher.ByExamplesAsync(examples.Like, examples.Unlike, Limit(count), stop) is { } found ? Answer(found, start)
            : Problem(StatusCodes.Status422UnprocessableEntity, "Nothing tells these examples apart: they look the same, or those of one kind are gone.");
    }

    private static Results<Ok<DuplicateAnswer[]>, ProblemHttpResult> Duplicates(PhotoSearcher searcher, float least = 0.95f) =>
        least is >= DuplicateFinder.Least and <= 1
            ? TypedResults.Ok(searcher.Duplicates(least, MostPairs)
                .Select(group => new DuplicateAnswer(group.Cosine, [.. group.Photos.Select(photo => PhotoAnswer.Of(photo))])).ToArray())
            : Problem(StatusCodes.Status400BadRequest, $"A cosine of {DuplicateFinder.Least} to 1 is expected; pairs below that are not kept.");

    private static Ok<SearchAnswer> Answer(IReadOnlyList<(Photo Photo, float Score)> found, long start) =>
        TypedResults.Ok(new SearchAnswer([.. found.Select(f => PhotoAnswer.Of(f.Photo, f.Score))], Stopwatch.GetElapsedTime(start).TotalMilliseconds));

    private static ProblemHttpResult Problem(int status, string detail) => TypedResults.Problem(detail, statusCode: status);
}
