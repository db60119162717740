using System.Runtime.InteropServices;

namespace Microsoft.ML.Clip;

/// <summary>
/// The threads of GNU OpenMP, on which libtorch computes. One that waits for the others keeps its core busy for a while; where other processes want the
/// cores, the one that is waited for is not on any, and a step takes ten times as long. So they are told to wait asleep.
/// </summary>
internal static unsafe class OpenMpThreads
{
    private const string Policy = "OMP_WAIT_POLICY", SpinCount = "GOMP_SPINCOUNT";

    /// <summary>Has them wait asleep, unless the environment says how they wait, or they are there already. Elsewhere than on Linux does nothing.</summary>
    public static void WaitAsleep()
    {
        if (!OperatingSystem.IsLinux() || Environment.GetEnvironmentVariable(Policy) is not null || Environment.GetEnvironmentVariable(SpinCount) is not null
            || !NativeLibrary.TryLoad("libc.so.6", out nint library) || !NativeLibrary.TryGetExport(library, "setenv", out nint set))
        {
            return;
        }
        // The native environment, which the library looks at when it is loaded: Environment.SetEnvironmentVariable changes .NET's copy only.
        fixed (byte* name = "OMP_WAIT_POLICY\0"u8, value = "PASSIVE\0"u8)
        {
            _ = ((delegate* unmanaged<byte*, byte*, int, int>)set)(name, value, 0);
        }
    }
}
