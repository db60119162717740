using System.Runtime.InteropServices;

namespace Microsoft.ML.Clip.Tests;

/// <summary>What a build leaves behind (Directory.Build.targets).</summary>
public sealed class OutputTests
{
    /// <summary>With the native libraries of all platforms, the outputs of this repository take 13 GB, and full disks have failed builds.</summary>
    [Fact]
    public void NativeLibraries_InTheOutput_AreOfThisPlatformAlone()
    {
        string system = OperatingSystem.IsWindows() ? "win" : OperatingSystem.IsMacOS() ? "osx" : "linux";
        string platform = $"{system}-{RuntimeInformation.OSArchitecture.ToString().ToLowerInvariant()}";

        var platforms = Directory.GetDirectories(Path.Combine(AppContext.BaseDirectory, "runtimes"))
            .Where(directory => Directory.Exists(Path.Combine(directory, "native")))
            .Select(directory => Path.GetFileName(directory).Replace("-musl", "", StringComparison.Ordinal))
            .ToHashSet();
        Assert.Contains(platform, platforms);
        platforms.ExceptWith([platform, system, "any", "unix"]);

        Assert.True(platforms.Count == 0, $"Libraries for {string.Join(", ", platforms)}: copied by this build, or left by an older one (then delete bin).");
    }
}
