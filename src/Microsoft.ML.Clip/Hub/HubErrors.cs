using System.Net;

namespace Microsoft.ML.Clip;

/// <summary>What a hub's refusals mean, and what to do about them.</summary>
/// <param name="Repository">What was asked for.</param>
/// <param name="Endpoint">Where.</param>
/// <param name="HasToken">Whether a token was sent.</param>
/// <param name="Cached">The ids of what is cached, for a suggestion.</param>
internal sealed record HubErrors(HubRepository Repository, string Endpoint, bool HasToken, Func<IEnumerable<string>> Cached)
{
    private const int LongestMessage = 200;

    private const string TokenAdvice = "set HF_TOKEN, sign in with 'hf auth login', or pass ClipHubOptions.Token";

    private string Page => $"{Endpoint}/{Repository.Id}";

    public ClipHubException New(ClipHubProblem problem, string message, Exception? cause = null) => new(problem, Repository.Id, message, cause);

    /// <summary>The error for an answer that is none.</summary>
    /// <param name="response">The answer.</param>
    /// <param name="what">What was asked for.</param>
    public ClipHubException Refused(HttpResponseMessage response, string what)
    {
        string? code = Header(response, "X-Error-Code"), said = Header(response, "X-Error-Message");
        string addition = said is null ? "" : $" The hub says: {said}";
        bool isTokenWrong = response.StatusCode == HttpStatusCode.Unauthorized && HasToken && said?.Contains("Invalid", StringComparison.OrdinalIgnoreCase) == true;
        return (code, response.StatusCode) switch
        {
            ("GatedRepo", _) => New(ClipHubProblem.Gated, $"'{Repository.Id}' is gated: open {Page} in a browser, accept its conditions, and {TokenAdvice}.{Sent}{addition}"),
            ("RevisionNotFound", _) => New(ClipHubProblem.RevisionNotFound, $"'{Repository.Id}' has no such branch, tag or commit: {what}. {Page}/tree/main shows those that it has.{addition}"),
            ("EntryNotFound", _) => New(ClipHubProblem.FileNotFound, $"'{Repository.Id}' has no such file: {what}.{addition}"),
            _ when isTokenWrong => New(ClipHubProblem.InvalidToken, $"{Endpoint} does not take the token: it is wrong or has expired. To use another, {TokenAdvice}; for what is public an empty one will do.{addition}"),
            ("RepoNotFound", _) or (null, HttpStatusCode.Unauthorized or HttpStatusCode.NotFound) => NotFound(addition),
            (_, HttpStatusCode.Forbidden) => New(ClipHubProblem.Gated, $"{Endpoint} refuses {what} of '{Repository.Id}' (403).{Sent} If it is private or gated, accept its conditions at {Page} and {TokenAdvice}.{addition}"),
            (_, HttpStatusCode.TooManyRequests) => New(ClipHubProblem.TooManyRequests, $"{Endpoint} counts too many requests (429); try again later, or {TokenAdvice}: with a token it allows more.{addition}"),
            (_, >= HttpStatusCode.InternalServerError) => New(ClipHubProblem.Unreachable, $"{Endpoint} fails to answer for {what} of '{Repository.Id}': {(int)response.StatusCode} {response.ReasonPhrase}.{addition}"),
            _ => New(ClipHubProblem.Refused, $"{Endpoint} answers {(int)response.StatusCode} {response.ReasonPhrase} for {what} of '{Repository.Id}'.{addition}"),
        };
    }

    /// <summary>The error for a refusal of the place that the hub names for a file; it knows no repositories.</summary>
    public ClipHubException RefusedElsewhere(HttpResponseMessage response, string what) => New(ClipHubProblem.Unreachable,
        $"{response.RequestMessage?.RequestUri?.Authority}, where {Endpoint} says that {what} of '{Repository.Id}' lies, answers {(int)response.StatusCode} {response.ReasonPhrase}, again and again. "
        + "What has come is kept: the next try goes on from there.");

    public ClipHubException Unreachable(string what, Exception cause) => New(ClipHubProblem.Unreachable,
        $"{Endpoint} cannot be reached for {what} of '{Repository.Id}': {cause.Message.TrimEnd('.')}. What has come is kept: the next try goes on from there. "
        + "Behind a proxy set HTTPS_PROXY; for a mirror HF_ENDPOINT or ClipHubOptions.Endpoint.", cause);

    private string Sent => HasToken ? " A token was sent." : " No token was sent.";

    private ClipHubException NotFound(string addition)
    {
        string[] similar = HubSuggestions.For(Repository.Id, Cached());
        string suggestion = similar.Length == 0 ? "" : $" Did you mean {string.Join(" or ", similar.Select(s => $"'{s}'"))}?";
        return New(ClipHubProblem.RepositoryNotFound,
            $"{Endpoint} has no repository '{Repository.Id}', or it is private.{suggestion} If it is private, {TokenAdvice}.{Sent}{addition}");
    }

    private static string? Header(HttpResponseMessage response, string name)
    {
        string? text = response.Headers.TryGetValues(name, out var values) ? string.Concat(string.Join(", ", values).Where(c => !char.IsControl(c))) : null;
        return text is { Length: > LongestMessage } ? text[..LongestMessage] + "..." : text;
    }
}

/// <summary>Ids that somebody may have meant.</summary>
internal static class HubSuggestions
{
    private const int Most = 3;

    // Exports to ONNX that people use, as they are spelt.
    private static readonly string[] Known =
    [
        "Xenova/clip-vit-base-patch32", "onnx-community/TinyCLIP-ViT-8M-16-Text-3M-YFCC15M-ONNX", "Qdrant/clip-ViT-B-32-vision", "Qdrant/clip-ViT-B-32-text",
        "Xenova/mobileclip_s0", "plhery/mobileclip2-onnx", "jinaai/jina-clip-v1",
    ];

    public static string[] For(string id, IEnumerable<string> cached) =>
        [.. cached.Concat(Known).Distinct().Where(known => known != id).Select(known => (Id: known, Distance: Distance(id, known)))
            .Where(k => k.Distance <= id.Length / 4).OrderBy(k => k.Distance).ThenBy(k => k.Id, StringComparer.Ordinal).Take(Most).Select(k => k.Id)];

    // Somebody forgets the organisation, or has the wrong one: the name alone counts, too.
    private static int Distance(string id, string known) =>
        Math.Min(Edits(id, known), NameOf(id).Length < 4 ? int.MaxValue : Edits(NameOf(id), NameOf(known)) + 1);

    private static string NameOf(string id) => id[(id.LastIndexOf('/') + 1)..];

    /// <summary>How many letters have to be put in, taken out or changed (Levenshtein), whatever their case.</summary>
    private static int Edits(string a, string b)
    {
        (a, b) = (a.ToUpperInvariant(), b.ToUpperInvariant());
        int[] row = [.. Enumerable.Range(0, b.Length + 1)];
        for (int i = 0; i < a.Length; i++)
        {
            int diagonal = row[0];
            row[0] = i + 1;
            for (int j = 0; j < b.Length; j++)
            {
                int changed = diagonal + (a[i] == b[j] ? 0 : 1);
                diagonal = row[j + 1];
                row[j + 1] = Math.Min(changed, Math.Min(row[j], row[j + 1]) + 1);
            }
        }
        return row[b.Length];
    }
}
