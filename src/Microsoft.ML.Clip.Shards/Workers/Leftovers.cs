using System.Diagnostics;
using System.Globalization;

namespace Microsoft.ML.Clip;

/// <summary>What workers that were killed have left behind.</summary>
internal static class Leftovers
{
    // Containers of one machine may have its name and other numbers for processes: whose file was written just now is not called dead.
    private static readonly TimeSpan Quiet = TimeSpan.FromMinutes(10);

    /// <summary>Removes a shard's temporary files of processes of this machine that are no more, if nothing was written to them for ten minutes.</summary>
    public static void RemoveOwn(ShardLayout layout, int shard)
    {
        string machine = ShardLayout.Worker[..ShardLayout.Worker.LastIndexOf('.')];
        foreach (string path in Directory.EnumerateFiles(layout.Temporary, $"{ShardLayout.Number(shard)}.{machine}.*"))
        {
            string[] parts = Path.GetFileName(path).Split('.');
            if (parts.Length > 3 && int.TryParse(parts[2], NumberStyles.None, CultureInfo.InvariantCulture, out int process) && !IsAlive(process)
                && DateTime.UtcNow - File.GetLastWriteTimeUtc(path) > Quiet)
            {
                Remove(path);
            }
        }
    }

    /// <summary>Removes a file if it can be.</summary>
    public static void Remove(string path)
    {
        try
        {
            File.Delete(path);
        }
        catch (Exception e) when (e is IOException or UnauthorizedAccessException)
        {
            // It takes space and nothing else.
        }
    }

    private static bool IsAlive(int process)
    {
        try
        {
            using var found = Process.GetProcessById(process);
            return true;
        }
        catch (ArgumentException)
        {
            return false;
        }
    }
}
