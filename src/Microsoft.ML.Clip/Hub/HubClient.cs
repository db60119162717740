using System.IO.Compression;
using System.Net;
using System.Net.Http.Headers;
using System.Text.Json;
using System.Text.RegularExpressions;

namespace Microsoft.ML.Clip;

/// <summary>
/// Speaks to a hub: which commit a revision is, which files it has, where they lie, and their bytes. Redirects are followed by hand, because those of a hub
/// tell of the file, and so that the token goes to the hub alone. Thread-safe.
/// </summary>
internal sealed partial class HubClient : IDisposable
{
    private const int MaximumRedirects = 10, MaximumPages = 2_000, LongestAnswer = 64 << 20, BufferSize = 1 << 16;

    private readonly HttpClient _http;
    private readonly string _endpoint;
    private readonly string? _token;
    private readonly TimeSpan _timeout;
    private readonly HubErrors _errors;
    private readonly Func<TimeSpan, CancellationToken, Task> _wait;

    /// <param name="endpoint">The address of the hub, without a slash at its end.</param>
    /// <param name="token">The token; null for none.</param>
    /// <param name="timeout">How long to wait for an answer.</param>
    /// <param name="errors">What refusals mean.</param>
    /// <param name="wait">Waits between tries.</param>
    public HubClient(string endpoint, string? token, TimeSpan timeout, HubErrors errors, Func<TimeSpan, CancellationToken, Task> wait)
    {
        (_endpoint, _token, _timeout, _errors, _wait) = (endpoint, token, timeout, errors, wait);
        // Cookies have no place here; a proxy comes from the environment or the system, as for any HttpClient.
        _http = new HttpClient(new SocketsHttpHandler { AllowAutoRedirect = false, AutomaticDecompression = DecompressionMethods.None, UseCookies = false })
        {
            Timeout = System.Threading.Timeout.InfiniteTimeSpan,
        };
        string version = typeof(HubClient).Assembly.GetName().Version!.ToString(3);
        _http.DefaultRequestHeaders.UserAgent.Add(new ProductInfoHeaderValue("Microsoft.ML.Clip", version));
        // Ranges and lengths would be those of the packed bytes.
        _http.DefaultRequestHeaders.AcceptEncoding.Add(new StringWithQualityHeaderValue("identity"));
    }

    /// <summary>The commit that a revision is now.</summary>
    public async Task<string> ResolveAsync(HubRepository repository, string revision, int tries, CancellationToken cancellationToken)
    {
        string what = $"revision '{revision}'";
        var (json, _) = await AskAsync($"{_endpoint}{repository.ApiPath}/revision/{Uri.EscapeDataString(revision)}", what, tries, cancellationToken).ConfigureAwait(false);
        try
        {
            string? commit = JsonFile.Parse(json, $"The answer of {_endpoint}")["sha"].FindText();
            return commit is not null && HubRepository.IsCommit(commit) ? commit
                : throw _errors.New(ClipHubProblem.Refused, $"The answer of {_endpoint} for {what} of '{repository.Id}' names no commit ('sha'); pass a commit as ClipHubOptions.Revision.");
        }
        catch (InvalidDataException e)
        {
            throw _errors.New(ClipHubProblem.Refused, $"{_endpoint} answers for {what} of '{repository.Id}' with what is no hub's answer: {e.Message}", e);
        }
    }

    /// <summary>The files of a commit.</summary>
    public async Task<HubListing> ListAsync(HubRepository repository, string commit, CancellationToken cancellationToken)
    {
        string address = $"{_endpoint}{repository.ApiPath}/tree/{commit}?recursive=true&expand=false";
        var files = new List<HubFile>();
        var seen = new HashSet<string>(StringComparer.Ordinal);
        for (string? next = address; next is not null;)
        {
            // Half a list would be taken for all that there is.
            if (!seen.Add(next) || seen.Count > MaximumPages)
            {
                throw _errors.New(ClipHubProblem.Refused, $"{_endpoint} lists the files of '{repository.Id}' without end: {(seen.Count > MaximumPages ? $"more than {MaximumPages:N0} pages" : "one page twice")}.");
            }
            (byte[] json, string? link) = await AskAsync(next, "the list of files", HubRetry.DefaultTries, cancellationToken).ConfigureAwait(false);
            try
            {
                files.AddRange(HubListing.ReadPage(json, $"{_endpoint}/{repository.Id}"));
            }
            catch (InvalidDataException e)
            {
                throw _errors.New(ClipHubProblem.Refused, e.Message, e);
            }
            next = link is null ? null : NextPage(next, link, repository);
        }
        try
        {
            return new HubListing(files);
        }
        catch (InvalidDataException e)
        {
            throw _errors.New(ClipHubProblem.Refused, $"{_endpoint} lists the files of '{repository.Id}' in a way that cannot be: {e.Message}", e);
        }
    }

    /// <summary>Where the bytes of a file lie now, which may hold for minutes only, and how many there are, if the hub says so.</summary>
    public async Task<(Uri Address, long? Size)> LocateAsync(HubRepository repository, string commit, HubFile file, CancellationToken cancellationToken)
    {
        var address = new Uri(_endpoint + repository.FilePath(commit, file.Name));
        for (int i = 0; i < MaximumRedirects; i++)
        {
            using var response = await SendAsync(HttpMethod.Head, address, 0, cancellationToken).ConfigureAwait(false);
            long? size = response.Headers.TryGetValues("X-Linked-Size", out var sizes) && long.TryParse(sizes.First(), out long linked) ? linked : null;
            if (Redirect(response, address) is { } next)
            {
                if (!IsHub(next))
                {
                    return (next, size);
                }
                address = next;
                continue;
            }
            // Where only GET is known, that is left to say what is wrong.
            return response.IsSuccessStatusCode || response.StatusCode is HttpStatusCode.MethodNotAllowed or HttpStatusCode.NotImplemented ? (address, size)
                : throw new HubRefusal(_errors.Refused(response, $"'{file.Name}'"), response);
        }
        throw TooManyRedirects();
    }

    /// <summary>Asks for the bytes of a file from a place on; whatever the answer is, it is the caller's, to be disposed.</summary>
    public async Task<HttpResponseMessage> GetAsync(Uri address, long from, CancellationToken cancellationToken)
    {
        for (int i = 0; i < MaximumRedirects; i++)
        {
            var response = await SendAsync(HttpMethod.Get, address, from, cancellationToken).ConfigureAwait(false);
            if (Redirect(response, address) is not { } next)
            {
                return response;
            }
            response.Dispose();
            address = next;
        }
        throw TooManyRedirects();
    }

    /// <summary>The bytes of an answer as they were before a server, or a proxy, packed them unasked.</summary>
    public static Stream Unpacked(Stream body, HttpContentHeaders headers) => headers.ContentEncoding.LastOrDefault()?.ToUpperInvariant() switch
    {
        "GZIP" or "X-GZIP" => new GZipStream(body, CompressionMode.Decompress),
        "DEFLATE" => new ZLibStream(body, CompressionMode.Decompress),
        "BR" => new BrotliStream(body, CompressionMode.Decompress),
        _ => body,
    };

    public static bool IsPacked(HttpContentHeaders headers) => headers.ContentEncoding.Any(e => !e.Equals("identity", StringComparison.OrdinalIgnoreCase));

    /// <summary>Reads what comes next; waits for it as long as the caller of <paramref name="idle"/> says, each time anew.</summary>
    public static async ValueTask<int> ReadAsync(
        Stream body, Memory<byte> buffer, CancellationTokenSource idle, TimeSpan timeout, CancellationToken cancellationToken)
    {
        idle.CancelAfter(timeout);
        try
        {
            return await body.ReadAsync(buffer, idle.Token).ConfigureAwait(false);
        }
        catch (Exception e) when (e is OperationCanceledException or ObjectDisposedException && !cancellationToken.IsCancellationRequested)
        {
            throw new TimeoutException($"no byte came within {timeout.TotalSeconds:0.###} s", e);
        }
        catch (InvalidDataException e)
        {
            throw new IOException($"packed bytes came damaged: {e.Message}", e);
        }
    }

    /// <summary>Whether an address is the hub's own, port included: what lies elsewhere, on the same host too, never sees the token.</summary>
    public bool IsHub(Uri address) => new Uri(_endpoint) is var hub && hub.Scheme == address.Scheme && hub.Host == address.Host && hub.Port == address.Port;

    public void Dispose() => _http.Dispose();

    private async Task<(byte[] Json, string? Link)> AskAsync(string address, string what, int tries, CancellationToken cancellationToken)
    {
        var retry = new HubRetry(_wait, tries);
        while (true)
        {
            ClipHubException error;
            TimeSpan? asked = null;
            try
            {
                using var response = await GetAsync(new Uri(address), 0, cancellationToken).ConfigureAwait(false);
                if (response.IsSuccessStatusCode)
                {
                    string links = response.Headers.TryGetValues("Link", out var values) ? string.Join(", ", values) : "";
                    string? link = NextLink().Match(links) is { Success: true } next ? next.Groups[1].Value : null;
                    return (await ReadWholeAsync(response, cancellationToken).ConfigureAwait(false), link);
                }
                error = _errors.Refused(response, what);
                asked = HubRetry.Asked(response);
                if (!HubRetry.IsTransient(response.StatusCode))
                {
                    throw error;
                }
            }
            catch (Exception e) when (HubRetry.IsTransient(e))
            {
                error = _errors.Unreachable(what, e);
            }
            catch (HttpRequestException e)
            {
                throw _errors.Unreachable(what, e);
            }
            if (!await retry.NextAsync(asked, cancellationToken).ConfigureAwait(false))
            {
                throw error;
            }
        }
    }

    private async Task<byte[]> ReadWholeAsync(HttpResponseMessage response, CancellationToken cancellationToken)
    {
        using var idle = CancellationTokenSource.CreateLinkedTokenSource(cancellationToken);
        using var body = Unpacked(await response.Content.ReadAsStreamAsync(cancellationToken).ConfigureAwait(false), response.Content.Headers);
        using var whole = new MemoryStream();
        byte[] buffer = new byte[BufferSize];
        for (int count; (count = await ReadAsync(body, buffer, idle, _timeout, cancellationToken).ConfigureAwait(false)) > 0;)
        {
            whole.Write(buffer, 0, count);
            if (whole.Length > LongestAnswer)
            {
                throw _errors.New(ClipHubProblem.Refused, $"{_endpoint} answers with more than {LongestAnswer:N0} bytes.");
            }
        }
        return whole.ToArray();
    }

    private async Task<HttpResponseMessage> SendAsync(HttpMethod method, Uri address, long from, CancellationToken cancellationToken)
    {
        using var request = new HttpRequestMessage(method, address);
        if (_token is not null && IsHub(address))
        {
            request.Headers.Authorization = new AuthenticationHeaderValue("Bearer", _token);
        }
        if (from > 0)
        {
            request.Headers.Range = new RangeHeaderValue(from, null);
        }
        using var limit = CancellationTokenSource.CreateLinkedTokenSource(cancellationToken);
        limit.CancelAfter(_timeout);
        try
        {
            return await _http.SendAsync(request, HttpCompletionOption.ResponseHeadersRead, limit.Token).ConfigureAwait(false);
        }
        catch (OperationCanceledException e) when (!cancellationToken.IsCancellationRequested)
        {
            throw new TimeoutException($"no answer within {_timeout.TotalSeconds:0.###} s", e);
        }
    }

    /// <summary>Where an answer leads; null if it is no redirect.</summary>
    private Uri? Redirect(HttpResponseMessage response, Uri address)
    {
        bool isRedirect = (int)response.StatusCode is 301 or 302 or 303 or 307 or 308;
        if (!isRedirect || response.Headers.Location is not { } location)
        {
            return null;
        }
        if (!Uri.TryCreate(address, location, out var next))
        {
            throw _errors.New(ClipHubProblem.Refused, $"{_endpoint} leads from {address.Scheme}://{address.Authority} to '{ClipException.Shown(location.OriginalString)}', which is no address.");
        }
        bool isSafe = next.Scheme == Uri.UriSchemeHttps || (next.Scheme == Uri.UriSchemeHttp && address.Scheme == Uri.UriSchemeHttp);
        return isSafe ? next : throw _errors.New(ClipHubProblem.Refused, $"{_endpoint} leads from {address.Scheme} to {next.Scheme}://{next.Authority}; that is not followed.");
    }

    /// <summary>The next page's address; a mirror may hand on the address of the hub that it mirrors, which is then asked of the mirror.</summary>
    private string NextPage(string current, string link, HubRepository repository)
    {
        if (Uri.TryCreate(new Uri(current), link, out var next) && next.Scheme is "http" or "https")
        {
            // A repository that was renamed goes by another name there.
            int api = next.AbsoluteUri.IndexOf(repository.ApiRoot, StringComparison.Ordinal);
            if (IsHub(next) || api >= 0)
            {
                return IsHub(next) ? next.AbsoluteUri : _endpoint + next.AbsoluteUri[api..];
            }
        }
        throw _errors.New(ClipHubProblem.Refused, $"{_endpoint} says that the list of files goes on at '{ClipException.Shown(link)}', which is no page of a hub.");
    }

    private ClipHubException TooManyRedirects() => _errors.New(ClipHubProblem.Refused, $"{_endpoint} leads from one address to the next, more than {MaximumRedirects} times.");

    [GeneratedRegex("""<([^>]*)>\s*;[^,]*\brel="?next"?""", RegexOptions.IgnoreCase)]
    private static partial Regex NextLink();
}

/// <summary>A refusal of a file, which may pass: what it means if it does not.</summary>
/// <param name="error">What it means.</param>
/// <param name="response">The refusal.</param>
/// <param name="mayBeOver">Whether the address held for some time only, so that the hub would give another.</param>
internal sealed class HubRefusal(ClipHubException error, HttpResponseMessage response, bool mayBeOver = false) : Exception(error.Message, error)
{
    public ClipHubException Error { get; } = error;

    public bool MayPass { get; } = mayBeOver || HubRetry.IsTransient(response.StatusCode);

    public TimeSpan? Asked { get; } = HubRetry.Asked(response);
}
