using System.Globalization;
using System.Runtime.InteropServices;

namespace Microsoft.ML.Clip;

/// <summary>
/// How many cores there are to compute on. Two hardware threads of one core share its multipliers, so a matrix product gains nothing from the second;
/// .NET counts the threads.
/// </summary>
internal static class PhysicalCores
{
    private const string LinuxSmt = "/sys/devices/system/cpu/smt/active";

    private const string LinuxOnline = "/sys/devices/system/cpu/online";

    /// <summary>
    /// Whether the process may use fewer processors than the machine has (a container's quota, an affinity, a setting of .NET's). Native libraries count the
    /// machine's, and their threads then wait for each other.
    /// </summary>
    public static bool IsLimited { get; } = Environment.ProcessorCount < ProcessorsOfMachine();

    public static int Count { get; } = Estimate(Environment.ProcessorCount, HasTwoThreadsPerCore());

    /// <summary>Half of the processors where each core has two, and at least one.</summary>
    public static int Estimate(int processors, bool twoThreadsPerCore) => Math.Max(1, twoThreadsPerCore ? processors / 2 : processors);

    /// <summary>How many processors a list such as "0-3,8,10-11" names; 0 if it is none.</summary>
    public static int CountList(string list)
    {
        int count = 0;
        foreach (string range in list.Trim().Split(','))
        {
            string[] ends = range.Split('-');
            if (!int.TryParse(ends[0], CultureInfo.InvariantCulture, out int first) || !int.TryParse(ends[^1], CultureInfo.InvariantCulture, out int last))
            {
                return 0;
            }
            count += last - first + 1;
        }
        return count;
    }

    // 0 where nothing tells.
    private static int ProcessorsOfMachine()
    {
        if (OperatingSystem.IsWindows())
        {
            return int.TryParse(Environment.GetEnvironmentVariable("NUMBER_OF_PROCESSORS"), CultureInfo.InvariantCulture, out int count) ? count : 0;
        }
        try
        {
            return File.Exists(LinuxOnline) ? CountList(File.ReadAllText(LinuxOnline)) : 0;
        }
        catch (Exception e) when (e is IOException or UnauthorizedAccessException)
        {
            return 0;
        }
    }

    // Linux tells; of other systems, x64 machines mostly have it and Arm ones do not.
    private static bool HasTwoThreadsPerCore()
    {
        if (!OperatingSystem.IsLinux())
        {
            return RuntimeInformation.ProcessArchitecture == Architecture.X64;
        }
        try
        {
            return File.ReadAllText(LinuxSmt).Trim() == "1";
        }
        catch (Exception e) when (e is IOException or UnauthorizedAccessException)
        {
            return false;
        }
    }
}
