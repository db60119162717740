using System.Runtime.InteropServices;

namespace Microsoft.ML.Clip.Tests;

/// <summary>How the threads that libtorch computes on wait for each other.</summary>
public sealed class OpenMpThreadsTests
{
    [Fact]
    public void Prepare_NothingSaysHowToWait_TheNativeEnvironmentSaysAsleep()
    {
        Assert.SkipUnless(OperatingSystem.IsLinux(), "libtorch computes on GNU OpenMP's threads only on Linux");
        Assert.SkipWhen(new[] { "OMP_WAIT_POLICY", "GOMP_SPINCOUNT" }.Any(name => Environment.GetEnvironmentVariable(name) is not null), "the environment says it");

        ClipTorchRuntime.Prepare();

        Assert.Equal("PASSIVE", Marshal.PtrToStringUTF8(GetEnvironmentVariable("OMP_WAIT_POLICY\0"u8.ToArray())));
    }

    [DllImport("libc.so.6", EntryPoint = "getenv")]
    private static extern nint GetEnvironmentVariable(byte[] name);
}
