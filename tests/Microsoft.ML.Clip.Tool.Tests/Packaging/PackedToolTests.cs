using System.Globalization;
using System.IO.Compression;
using System.Reflection;

namespace Microsoft.ML.Clip.Tests;

/// <summary>The tool as its users get it: packed, installed, started by its name.</summary>
public sealed class PackedToolTests : IDisposable
{
    private readonly TemporaryDirectory _directory = new();

    public void Dispose() => _directory.Dispose();

    [Fact]
    public void Tool_PackedAndInstalled_Runs()
    {
        string version = $"0.0.1-test{DateTime.UtcNow.Ticks.ToString(CultureInfo.InvariantCulture)}";
        string configuration = typeof(PackedToolTests).Assembly.GetCustomAttribute<AssemblyConfigurationAttribute>()!.Configuration;
        string project = Path.Combine(BuildFacts.RepositoryRoot, "src", "Microsoft.ML.Clip.Tool", "Microsoft.ML.Clip.Tool.csproj");
        Processes.Dotnet(["pack", project, "--no-build", "-c", configuration, "-o", _directory.Combine("packages"), $"-p:PackageVersion={version}", "--nologo", "-v", "q"]);
        // Nowhere else to look for it, and nothing of it stays in the user's folder.
        string sources = _directory.Write("nuget.config", """
            <configuration>
              <config><add key="globalPackagesFolder" value="restored" /></config>
              <packageSources><clear /><add key="packed" value="packages" /></packageSources>
            </configuration>
            """);

        Processes.Dotnet(["tool", "install", "Microsoft.ML.Clip.Tool", "--version", version, "--tool-path", _directory.Combine("tools"), "--configfile", sources], _directory);
        string command = _directory.Combine(OperatingSystem.IsWindows() ? "tools/mlclip.exe" : "tools/mlclip");
        var (code, output, error) = Processes.Run(command, ["classify", ToolRun.Photograph("dog.jpg"), "--labels", "dog,koala", "--model", "tiny"]);

        Assert.Equal((0, ""), (code, error));
        Assert.StartsWith($"{ToolRun.Photograph("dog.jpg")}\tdog\t", output, StringComparison.Ordinal);
        string package = Directory.GetFiles(_directory.Combine("packages"), "*.nupkg").Single();
        Assert.InRange(new FileInfo(package).Length, 1, 100_000_000);
        // Built for the platform at hand, packed for all.
        Assert.Equal(["linux-arm64", "linux-x64", "osx-arm64", "win-arm64", "win-x64"], PlatformsOfOnnxRuntime(package));
    }

    private static string[] PlatformsOfOnnxRuntime(string package)
    {
        using var archive = ZipFile.OpenRead(package);
        return [.. archive.Entries.Where(entry => entry.Name is "onnxruntime.dll" or "libonnxruntime.so" or "libonnxruntime.dylib")
            .Select(entry => entry.FullName.Split('/')[^3])
            .Order(StringComparer.Ordinal)];
    }
}
