using System.Buffers;
using System.Text.RegularExpressions;

namespace Microsoft.ML.Clip;

/// <summary>A repository of a hub: its id, and what addresses and folders are called after it.</summary>
/// <param name="Name">organisation/name, or only a name.</param>
/// <param name="IsDataSet">Whether it holds data instead of a model.</param>
internal sealed partial record HubRepository(string Name, bool IsDataSet)
{
    private const string DataSets = "datasets", Models = "models", Separator = "--";

    /// <summary>As callers write it.</summary>
    public string Id => IsDataSet ? $"{DataSets}/{Name}" : Name;

    /// <summary>The name of its folder in the cache.</summary>
    public string FolderName => $"{(IsDataSet ? DataSets : Models)}{Separator}{Name.Replace("/", Separator, StringComparison.Ordinal)}";

    /// <summary>The path below the endpoint that tells of it.</summary>
    public string ApiPath => ApiRoot + Name;

    /// <summary>The same for all repositories of its kind.</summary>
    public string ApiRoot => $"/api/{(IsDataSet ? DataSets : Models)}/";

    /// <exception cref="ArgumentException">It is no id.</exception>
    public static HubRepository Parse(string id)
    {
        ArgumentException.ThrowIfNullOrWhiteSpace(id);
        bool isDataSet = id.StartsWith(DataSets + "/", StringComparison.Ordinal) && id.AsSpan().Count('/') > 1;
        string name = isDataSet ? id[(DataSets.Length + 1)..] : id;
        return IsName(name) ? new HubRepository(name, isDataSet) : throw new ArgumentException(
            $"'{ClipException.Shown(id)}' is no id of a hub's repository. Expected 'name', 'organisation/name' or 'datasets/organisation/name', of letters, digits, '-', '_' and '.', "
            + "such as 'Xenova/clip-vit-base-patch32', and no address. For a directory on disk use ClipModel.Load.", nameof(id));
    }

    /// <summary>The repository whose folder in the cache it is; null if it is another folder.</summary>
    public static HubRepository? OfFolder(string folder)
    {
        bool isDataSet = folder.StartsWith(DataSets + Separator, StringComparison.Ordinal);
        if (!isDataSet && !folder.StartsWith(Models + Separator, StringComparison.Ordinal))
        {
            return null;
        }
        string name = folder[(isDataSet ? DataSets : Models).Length..][Separator.Length..].Replace(Separator, "/", StringComparison.Ordinal);
        return IsName(name) ? new HubRepository(name, isDataSet) : null;
    }

    /// <summary>The path below the endpoint of a file.</summary>
    public string FilePath(string commit, string file) =>
        $"/{Id}/resolve/{commit}/{string.Join('/', file.Split('/').Select(Uri.EscapeDataString))}";

    /// <summary>Whether a revision cannot change.</summary>
    public static bool IsCommit(string revision) => Commit().IsMatch(revision);

    // A revision is a path below refs/ in the cache as well.
    /// <exception cref="ArgumentException">It is no branch, tag or commit.</exception>
    public static string CheckRevision(string revision) =>
        HubNames.WhyUnsafe(revision) is { } reason
            ? throw new ArgumentException($"'{ClipException.Shown(revision)}' is no branch, tag or commit: {reason}.", nameof(revision)) : revision;

    private static bool IsName(string name) => NamePattern().IsMatch(name) && !name.Contains(Separator, StringComparison.Ordinal)
        && !name.Contains("..", StringComparison.Ordinal) && !name.EndsWith(".git", StringComparison.Ordinal);

    [GeneratedRegex(@"^([A-Za-z0-9_][\w\-.]{0,95}/)?[A-Za-z0-9_]([\w\-.]{0,94}\w)?\z", RegexOptions.ECMAScript)]
    private static partial Regex NamePattern();

    [GeneratedRegex(@"^[0-9a-f]{40}\z")]
    private static partial Regex Commit();
}

/// <summary>Names that come from a hub and become paths on this machine.</summary>
internal static partial class HubNames
{
    // What Windows has other meanings for.
    private static readonly SearchValues<char> Reserved = SearchValues.Create(":*?\"<>|");

    /// <summary>Why a name must not become a path, to follow a colon; null if it may.</summary>
    public static string? WhyUnsafe(string name) => WhyUnsafe(name, OperatingSystem.IsWindows());

    /// <inheritdoc cref="WhyUnsafe(string)"/>
    internal static string? WhyUnsafe(string name, bool onWindows)
    {
        if (name.Length == 0 || name[0] == '/' || (name.Length > 1 && name[1] == ':'))
        {
            return "it is empty, or begins at the root of a disk";
        }
        if (name.Contains('\\', StringComparison.Ordinal) || (onWindows && name.AsSpan().ContainsAny(Reserved)))
        {
            return "it has characters that mean something else in a path";
        }
        if (name.Any(char.IsControl))
        {
            return "it has control characters";
        }
        string[] parts = name.Split('/');
        if (parts.Any(part => part is "" or "." or ".."))
        {
            return "it has empty parts, '.' or '..'";
        }
        // Windows drops dots and spaces at an end, so that '.. ' is '..', and knows its devices in every folder and by any extension.
        return onWindows && parts.Any(part => part[^1] is '.' or ' ' || Device().IsMatch(part)) ? "it has a part that Windows takes for another name, or for a device" : null;
    }

    [GeneratedRegex(@"^(con|prn|aux|nul|conin\$|conout\$|(com|lpt)[0-9\u00b9\u00b2\u00b3])\s*(\.|\z)", RegexOptions.IgnoreCase | RegexOptions.CultureInvariant)]
    private static partial Regex Device();
}
