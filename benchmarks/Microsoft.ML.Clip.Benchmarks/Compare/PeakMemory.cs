using System.Globalization;

namespace Microsoft.ML.Clip.Benchmarks;

/// <summary>The peak of the process's resident memory (Linux).</summary>
internal static class PeakMemory
{
    public static long Now => Read("VmHWM");

    /// <summary>Starts a new peak at what is resident now, and returns that.</summary>
    public static long Reset()
    {
        GC.Collect(2, GCCollectionMode.Aggressive, blocking: true, compacting: true);
        try
        {
            File.WriteAllText("/proc/self/clear_refs", "5");
        }
        catch (IOException)
        {
        }
        return Read("VmRSS");
    }

    private static long Read(string key)
    {
        foreach (string line in File.ReadLines("/proc/self/status"))
        {
            if (line.StartsWith(key, StringComparison.Ordinal))
            {
                return 1024 * long.Parse(line.Split(' ', StringSplitOptions.RemoveEmptyEntries)[^2], CultureInfo.InvariantCulture);
            }
        }
        return 0;
    }
}
