using System.Globalization;
using System.Text;

namespace Microsoft.ML.Clip;

/// <summary>Where things lie in the output directory.</summary>
/// <remarks>
/// Data files carry a part of their hash in their names: results that differ, of two workers on one shard, do not overwrite each other, and a marker never
/// speaks of bytes that somebody has exchanged.
/// </remarks>
internal sealed class ShardLayout(string root)
{
    /// <summary>The kinds of files that a shard has, as their names end.</summary>
    public const string Images = "img.npy", Texts = "text.npy", Metadata = "jsonl";

    private const int DigitsOfHash = 16;

    public string Root => root;

    public string Data => Path.Combine(root, "data");

    public string Done => Path.Combine(root, "done");

    public string Failed => Path.Combine(root, "failed");

    public string Temporary => Path.Combine(root, "tmp");

    /// <summary>What this process is called in the names of temporary files.</summary>
    public static string Worker { get; } = $"{Plain(Environment.MachineName)}.{Environment.ProcessId}";

    public string Marker(int shard) => Path.Combine(Done, $"{Number(shard)}.json");

    public string Failure(int shard) => Path.Combine(Failed, $"{Number(shard)}.json");

    /// <summary>The name of a data file, relative to the output directory, as markers have it.</summary>
    public static string DataName(int shard, string sha256, string kind) => $"data/{Number(shard)}.{sha256[..DigitsOfHash]}.{kind}";

    /// <summary>A temporary file that nobody else has; several runs of one process on one shard have several.</summary>
    public string NewTemporary(int shard, Guid run, string kind) => Path.Combine(Temporary, $"{Number(shard)}.{Worker}.{run:N}.{kind}");

    /// <summary>The shard that a file name begins with; null if it does not.</summary>
    public static int? ShardOf(string fileName)
    {
        int dot = fileName.IndexOf('.', StringComparison.Ordinal);
        return dot > 0 && int.TryParse(fileName.AsSpan(0, dot), NumberStyles.None, CultureInfo.InvariantCulture, out int shard)
            && fileName.StartsWith(Number(shard), StringComparison.Ordinal) ? shard : null;
    }

    public void CreateFolders()
    {
        foreach (string folder in (string[])[Data, Done, Failed, Temporary])
        {
            Directory.CreateDirectory(folder);
        }
        // Otherwise a machine that goes down may lose a folder whose files have reached the disk.
        DirectorySync.Flush(root);
    }

    // Zeros, so that listings are in order; a million shards have six digits.
    public static string Number(int shard) => shard.ToString("D6", CultureInfo.InvariantCulture);

    private static string Plain(string name)
    {
        var text = new StringBuilder();
        foreach (char c in name)
        {
            text.Append(char.IsAsciiLetterOrDigit(c) || c == '-' ? c : '_');
        }
        return text.ToString();
    }
}
