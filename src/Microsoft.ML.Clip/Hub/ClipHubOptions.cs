using System.Globalization;
using System.Text;

namespace Microsoft.ML.Clip;

/// <summary>
/// Where models and data sets come from and where they are kept. What is not set follows the environment variables of Hugging Face's Python library, so that
/// both share one cache.
/// </summary>
public sealed record ClipHubOptions
{
    /// <summary>
    /// A branch, a tag or a commit. A commit (40 hexadecimal digits) never changes: with it nothing is asked of the hub once the files are cached. For a
    /// branch the hub is asked once for each load; where it cannot be reached, what the branch was last is taken, with a message of the model.
    /// </summary>
    /// <value>The default is <see langword="null"/>: <c>main</c>.</value>
    public string? Revision { get; init; }

    /// <summary>The address of the hub, for mirrors: lists and files come from there alone, and the token goes there alone.</summary>
    /// <value>The default is <see langword="null"/>: <c>HF_ENDPOINT</c>, else <c>https://huggingface.co</c>.</value>
    public string? Endpoint { get; init; }

    /// <summary>The folder of the cache, in the layout of Hugging Face's Python library.</summary>
    /// <value>
    /// The default is <see langword="null"/>: <c>HF_HUB_CACHE</c>, else <c>HF_HOME</c> with <c>/hub</c>, else <c>XDG_CACHE_HOME</c> with <c>/huggingface/hub</c>,
    /// else <c>~/.cache/huggingface/hub</c>.
    /// </value>
    public string? CacheDirectory { get; init; }

    /// <summary>The access token, for private and gated repositories. It is sent to <see cref="Endpoint"/> and to no other host.</summary>
    /// <value>
    /// The default is <see langword="null"/>: <c>HF_TOKEN</c>, else the file that <c>hf auth login</c> writes; none with <c>HF_HUB_DISABLE_IMPLICIT_TOKEN</c>.
    /// Empty: none.
    /// </value>
    public string? Token { get; init; }

    /// <summary>Whether to take what is cached and make no request at all; what is missing is then an error that names it.</summary>
    /// <value>The default is <see langword="null"/>: yes if <c>HF_HUB_OFFLINE</c> or <c>TRANSFORMERS_OFFLINE</c> says so.</value>
    public bool? Offline { get; init; }

    /// <summary>
    /// Told how far the download is, at most ten times a second and at its end; not at all if nothing has to come. It is called on threads of the download, one
    /// at a time.
    /// </summary>
    /// <value>The default is <see langword="null"/>.</value>
    public IProgress<ClipHubProgress>? Progress { get; init; }

    /// <summary>How long to wait for a first answer or for the next bytes of a file, before trying again. A download as a whole has no limit.</summary>
    /// <value>
    /// The default is <see langword="null"/>: <c>HF_HUB_ETAG_TIMEOUT</c> for answers and <c>HF_HUB_DOWNLOAD_TIMEOUT</c> for files, in seconds, else 10 seconds.
    /// More than zero and less than 25 days.
    /// </value>
    public TimeSpan? Timeout { get; init; }

    // A token that stands in a log is everybody's.
    private bool PrintMembers(StringBuilder text)
    {
        text.Append(CultureInfo.InvariantCulture,
            $"Revision = {Revision}, Endpoint = {Endpoint}, CacheDirectory = {CacheDirectory}, Token = {(string.IsNullOrEmpty(Token) ? "" : "***")}, Offline = {Offline}, Timeout = {Timeout}");
        return true;
    }
}
