namespace Microsoft.ML.Clip.Tests;

/// <summary>The fix of TorchSharp's native library, on copies of it: what lies in the package cache or beside the tests is not touched.</summary>
public sealed class ClipTorchRuntimeTests
{
    [Fact]
    public void MakeWeak_OnACopy_ChangesOneBitAndOnlyOnce()
    {
        byte[] original = File.ReadAllBytes(Original());
        byte[] file = [.. original];
        var needs = new ElfVersionNeeds(file);

        Assert.True(needs.Requires(ClipTorchRuntime.Version));
        Assert.True(needs.MakeWeak(ClipTorchRuntime.Version));
        Assert.False(needs.Requires(ClipTorchRuntime.Version));
        Assert.False(needs.MakeWeak(ClipTorchRuntime.Version));
        Assert.False(needs.Requires("GLIBCXX_9.9.9"));
        Assert.True(needs.Requires("GLIBCXX_3.4"));
        Assert.Equal(1, Enumerable.Range(0, file.Length).Sum(i => System.Numerics.BitOperations.PopCount((uint)(file[i] ^ original[i]))));
    }

    [Fact]
    public void Patch_OnACopy_ReplacesItAndKeepsItsMode()
    {
        Assert.SkipUnless(OperatingSystem.IsLinux(), "the library is Linux's");
        using var directory = new TemporaryDirectory();
        string copy = directory.Combine("libLibTorchSharp.so");
        File.Copy(Original(), copy);
        var mode = Mode(copy);

        Assert.True(ClipTorchRuntime.Patch(copy, "GLIBCXX_3.4.30"));
        Assert.False(ClipTorchRuntime.Patch(copy, "GLIBCXX_3.4.30"));
        Assert.False(new ElfVersionNeeds(File.ReadAllBytes(copy)).Requires(ClipTorchRuntime.Version));
        Assert.Equal(mode, Mode(copy));
        Assert.Equal([copy], Directory.GetFiles(directory));
    }

    [Fact]
    public void Patch_OnWhatIsNoLibrary_NamesFileAndVersions()
    {
        using var directory = new TemporaryDirectory();
        string file = directory.Combine("libLibTorchSharp.so");
        File.WriteAllText(file, "not a library");

        string message = Assert.Throws<PlatformNotSupportedException>(() => ClipTorchRuntime.Patch(file, "GLIBCXX_3.4.30")).Message;
        Assert.Contains(file, message, StringComparison.Ordinal);
        Assert.Contains(ClipTorchRuntime.Version, message, StringComparison.Ordinal);
        Assert.Contains("GLIBCXX_3.4.30", message, StringComparison.Ordinal);
        Assert.Equal("not a library", File.ReadAllText(file));
    }

    [Theory]
    [InlineData(20)]
    [InlineData(100)]
    [InlineData(5000)]
    public void ElfVersionNeeds_OfATruncatedLibrary_SaysSo(int length)
    {
        byte[] part = File.ReadAllBytes(Original())[..length];
        Assert.Throws<InvalidDataException>(() => new ElfVersionNeeds(part).Requires(ClipTorchRuntime.Version));
    }

    [Fact]
    public void Prepare_OnThisSystem_LetsTheLibraryLoad()
    {
        ClipTorchRuntime.Prepare();
        ClipTorchRuntime.Prepare();
        Assert.Equal(3, TorchSharp.torch.arange(3).shape[0]);
    }

    private static UnixFileMode? Mode(string path) => OperatingSystem.IsWindows() ? null : File.GetUnixFileMode(path);

    /// <summary>The library as the package has it.</summary>
    private static string Original()
    {
        string packages = Environment.GetEnvironmentVariable("NUGET_PACKAGES") ?? Path.Combine(Environment.GetFolderPath(Environment.SpecialFolder.UserProfile), ".nuget", "packages");
        string version = typeof(TorchSharp.torch).Assembly.GetName().Version!.ToString(3);
        string path = Path.Combine(packages, "torchsharp", version, "runtimes", "linux-x64", "native", "libLibTorchSharp.so");
        Assert.SkipUnless(File.Exists(path), $"needs the package TorchSharp for linux-x64 in the package cache ({path})");
        return path;
    }
}
