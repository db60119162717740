using System.Runtime.InteropServices;

namespace Microsoft.ML.Clip;

/// <summary>
/// How many cores there are to compute on. Two hardware threads of one core share its multipliers, so a matrix product gains nothing from the second;
/// .NET counts the threads.
/// </summary>
internal static class PhysicalCores
{
    private const string LinuxSmt = "/sys/devices/system/cpu/smt/active";

    public static int Count { get; } = Estimate(Environment.ProcessorCount, HasTwoThreadsPerCore());

    /// <summary>Half of the processors where each core has two, and at least one.</summary>
    public static int Estimate(int processors, bool twoThreadsPerCore) => Math.Max(1, twoThreadsPerCore ? processors / 2 : processors);

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
