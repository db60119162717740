namespace Microsoft.ML.Clip;

/// <summary>
/// The threads of GNU OpenMP, on which libtorch computes. One that waits for the others keeps its core busy for a while; where other processes want the
/// cores, the one that is waited for is not on any, and a step takes ten times as long. So they are told to wait asleep.
/// </summary>
internal static class OpenMpThreads
{
    private const string Policy = "OMP_WAIT_POLICY", SpinCount = "GOMP_SPINCOUNT";

    /// <summary>Has them wait asleep, unless the environment says how they wait, or they are there already. Elsewhere than on Linux does nothing.</summary>
    public static void WaitAsleep()
    {
        if (Environment.GetEnvironmentVariable(SpinCount) is null)
        {
            NativeEnvironment.SetIfMissing(Policy, "PASSIVE");
        }
    }
}
