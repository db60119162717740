using System.Globalization;
using System.Text.RegularExpressions;

namespace Microsoft.ML.Clip;

/// <summary>The environment variables that Hugging Face's Python library knows, in its order (huggingface_hub/constants.py).</summary>
/// <param name="variable">Reads an environment variable.</param>
/// <param name="home">The user's folder, what <c>~</c> stands for.</param>
internal sealed partial class HubEnvironment(Func<string, string?> variable, string home)
{
    public const string PublicEndpoint = "https://huggingface.co";

    private const double DefaultTimeout = 10;

    public static HubEnvironment OfProcess { get; } =
        new(Environment.GetEnvironmentVariable, Environment.GetFolderPath(Environment.SpecialFolder.UserProfile));

    public string Endpoint => (First("HF_ENDPOINT") ?? PublicEndpoint).TrimEnd('/');

    public string CacheDirectory => Folder("HF_HUB_CACHE") ?? Folder("HUGGINGFACE_HUB_CACHE") ?? Path.Combine(Home, "hub");

    /// <summary>The token of the environment, or of the file that signing in leaves; null if there is none or none is to be used.</summary>
    public string? Token => IsTrue("HF_HUB_DISABLE_IMPLICIT_TOKEN") ? null : First("HF_TOKEN") ?? First("HUGGING_FACE_HUB_TOKEN") ?? TokenOfFile();

    public bool IsOffline => IsTrue("HF_HUB_OFFLINE") || IsTrue("TRANSFORMERS_OFFLINE");

    public bool DisablesLinks => IsTrue("HF_HUB_DISABLE_SYMLINKS");

    public TimeSpan AnswerTimeout => Seconds("HF_HUB_ETAG_TIMEOUT");

    public TimeSpan DownloadTimeout => Seconds("HF_HUB_DOWNLOAD_TIMEOUT");

    private string Home => Folder("HF_HOME") ?? Path.Combine(Folder("XDG_CACHE_HOME") ?? Path.Combine(home, ".cache"), "huggingface");

    private string? TokenOfFile()
    {
        string file = Folder("HF_TOKEN_PATH") ?? Path.Combine(Home, "token");
        try
        {
            return RegularFile.WhyNot(file) is null && File.Exists(file) && File.ReadAllText(file).Trim() is { Length: > 0 } token ? token : null;
        }
        catch (Exception e) when (e is IOException or UnauthorizedAccessException)
        {
            return null;
        }
    }

    private string? First(string name) => variable(name)?.Trim() is { Length: > 0 } value ? value : null;

    private string? Folder(string name) => First(name) is { } value ? Expand(value) : null;

    /// <summary>What Python's expanduser and expandvars make of a path; variables that are not set stay as they are written.</summary>
    private string Expand(string path)
    {
        path = path == "~" || path.StartsWith("~/", StringComparison.Ordinal) || path.StartsWith("~\\", StringComparison.Ordinal) ? home + path[1..] : path;
        return Variable().Replace(path, m => variable(m.Groups["name"].Value) ?? m.Value);
    }

    private bool IsTrue(string name) => First(name)?.ToUpperInvariant() is "1" or "ON" or "YES" or "TRUE";

    private TimeSpan Seconds(string name) => TimeSpan.FromSeconds(
        double.TryParse(First(name), CultureInfo.InvariantCulture, out double value) && value > 0 && value < int.MaxValue / 1000 ? value : DefaultTimeout);

    [GeneratedRegex(@"\$(?:(?<name>\w+)|\{(?<name>[^}]*)\})")]
    private static partial Regex Variable();
}
