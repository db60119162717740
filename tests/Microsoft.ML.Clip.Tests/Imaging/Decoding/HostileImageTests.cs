using System.Globalization;

namespace Microsoft.ML.Clip.Tests;

/// <summary>Small files that ask for much, each in processes of their own, whose memory is looked at.</summary>
[Collection(nameof(AloneCollection))]
public sealed class HostileImageTests : IDisposable
{
    // Issue 11: what any one file may cost.
    private const long MostMemory = 900L << 20;
    private const double MostSeconds = 10;

    // A process with a model and 64 threads, but for what it decodes with. Measured: 210 MB.
    private const long RestOfProcess = 500L << 20;

    private readonly TemporaryDirectory _directory = new();
    private readonly string _model;

    public HostileImageTests() => _model = TinyClip.WriteTo(_directory.Combine("model"));

    public static TheoryData<string, string> Attacks => new()
    {
        { "gif-45-bytes-690MB.gif", "MaximumDecodingMemory" },
        { "ico-24bit-and-mask.ico", "embedded" },
        { "jpeg-94-scans-22s.jpg", "more than 20 scans" },
        { "jpeg-dc-quantiser-127.jpg", "embedded" },
        { "mnist-idx3-ubyte.jpg", "Expected an image (JPEG, PNG, GIF, WebP, BMP or ICO)" },
        { "png-16bit-interlaced-2GB.png", "needs 2155570065 bytes" },
        { "wbmp-12-bytes.jpg", "Expected an image (JPEG, PNG, GIF, WebP, BMP or ICO)" },
        { "webp-38-bytes-776MB.webp", "MaximumDecodingMemory, is 536870912" },
    };

    public void Dispose() => _directory.Dispose();

    [Theory, MemberData(nameof(Attacks))]
    public void Encode_AnAttack_CostsLittleAndSaysWhatIsWrong(string name, string expected)
    {
        var (lines, peak) = Soak(null, "each", _model, SharedFolder.Require($"fixtures/attack/{name}"));

        string[] fields = Assert.Single(lines).Split('\t');
        Assert.Contains(expected, fields[2], StringComparison.Ordinal);
        Assert.InRange(double.Parse(fields[1], CultureInfo.InvariantCulture), 0, MostSeconds);
        Assert.InRange(peak, 0, MostMemory);
    }

    [Fact]
    public void Encode_WorstFilesOn64Threads_StaysWithinTheBudget()
    {
        const long Limit = 96L << 20;
        string[] files = [.. HostileFiles.Write(_directory.Combine("hostile"))];

        var (lines, peak) = Soak(new() { ["LIMIT"] = Limit.ToString(CultureInfo.InvariantCulture) }, ["together", "64", _model, .. files]);

        // All threads see the same of each file, and nobody starves.
        Assert.Equal(files.Length, lines.Length);
        Assert.All(lines, line => Assert.EndsWith("\t64", line, StringComparison.Ordinal));
        Assert.Equal(files.Where(f => f.Contains("-fits", StringComparison.Ordinal)).Select(f => $"{Path.GetFileName(f)}\tembedded\t64").Order(StringComparer.Ordinal),
            lines.Where(l => l.Contains("embedded", StringComparison.Ordinal)));
        Assert.InRange(peak, 0, Limit + RestOfProcess);
    }

    [Fact]
    public void Encode_InLittleMemory_NamesEveryBadFileAndLives()
    {
        Assert.SkipUnless(OperatingSystem.IsLinux(), "needs ulimit -v");
        string[] files = [.. HostileFiles.Write(_directory.Combine("hostile")), .. TestImages.Write(Directory.CreateDirectory(_directory.Combine("good")).FullName, 3)];
        // Address space, of which .NET's heap alone would take 256 GB if it were not told.
        var environment = new Dictionary<string, string?> { ["DOTNET_GCHeapHardLimit"] = "0x8000000", ["LIMIT"] = "100000000000" };

        var (code, output, error) = Processes.Run("bash",
            ["-c", "ulimit -v 2000000; exec dotnet \"$@\"", "bash", BuildFacts.Soak, "each", _model, .. files], environment: environment);

        Assert.True(code == 0, $"exit code {code}\n{output}\n{error}");
        string[] lines = output.Split('\n', StringSplitOptions.RemoveEmptyEntries)[..^1];
        Assert.Equal(files.Length, lines.Length);
        Assert.Contains(lines, l => l.Contains("There is not enough memory for the image", StringComparison.Ordinal));
        Assert.All(lines.Where(l => !l.EndsWith("\tembedded", StringComparison.Ordinal)),
            l => Assert.Contains(l.Split('\t')[0] + "': ", l.Split('\t')[2], StringComparison.Ordinal));
        Assert.All(lines[^3..], l => Assert.EndsWith("\tembedded", l, StringComparison.Ordinal));
    }

    private static (string[] Lines, long Peak) Soak(Dictionary<string, string?>? environment, params string[] arguments)
    {
        string[] lines = Processes.Dotnet([BuildFacts.Soak, .. arguments], environment: environment).Split('\n', StringSplitOptions.RemoveEmptyEntries);
        return (lines[..^1], long.Parse(lines[^1], CultureInfo.InvariantCulture));
    }
}
