using System.Formats.Tar;
using System.IO.Compression;
using Microsoft.ML.Data;

namespace Microsoft.ML.Clip.Tests;

/// <summary>samples/Evaluate as a user starts it.</summary>
public sealed class EvaluateSampleTests : IDisposable
{
    private readonly TemporaryDirectory _directory = new();

    public void Dispose() => _directory.Dispose();

    [Fact]
    public void Run_Folders_WritesAReport_AndASecondRunReadsWhatIsThere()
    {
        foreach (var (name, grey) in new[] { ("dark", 20), ("light", 230) })
        {
            foreach (var (split, count) in new[] { ("train", 8), ("test", 4) })
            {
                for (int i = 0; i < count; i++)
                {
                    string file = _directory.Combine($"images/{split}/{name}/{i}.png");
                    Directory.CreateDirectory(Path.GetDirectoryName(file)!);
                    byte value = (byte)(grey + (2 * i) + split.Length);
                    using var image = MLImage.CreateFromPixels(8, 8, MLPixelFormat.Bgra32,
                        [.. Enumerable.Range(0, 256).Select(j => j % 4 == 3 ? byte.MaxValue : value)]);
                    image.Save(file);
                }
            }
        }
        string[] arguments = [BuildFacts.Evaluate, $"my set={_directory.Combine("images")}", "--output", _directory.Combine("report"), "--cache", _directory.Combine("cache"), "--few-shot", "1,2"];

        string first = Processes.Dotnet(arguments), second = Processes.Dotnet(arguments);

        Assert.Contains("my set", first, StringComparison.Ordinal);
        Assert.Contains("linear probe; 8 of 8 images", first, StringComparison.Ordinal);
        Assert.Equal(first, second);
        Assert.All(new[] { "report.html", "report.md", "report.json", "results.csv" }, f => Assert.True(File.Exists(_directory.Combine($"report/{f}")), f));
        var rows = ClipBenchmarkCsv.Read(_directory.Combine("report/results.csv"));
        Assert.Equal([("my set", "zeroshot_classification"), ("my set", "linear_probe")], rows.Select(r => (r.Dataset, r.Task)));
    }

    [Theory]
    [InlineData("There is no benchmark 'pets-of-mine'; there are food101, ", "--benchmark", "pets-of-mine")]
    [InlineData("There is no file 'no-names.txt'", "--names", "no-names.txt")]
    [InlineData("There is no file 'no-templates.txt'", "--templates", "no-templates.txt")]
    [InlineData("Cannot make sense of '--few-shot 1,many'", "--few-shot", "1,many")]
    [InlineData("Cannot make sense of '--few-shot 4,2'", "--few-shot", "4,2")]
    [InlineData("'--few-shot' has no value behind it", "--few-shot")]
    [InlineData("'--few-shot' has no value behind it", "--few-shot", "--halves")]
    [InlineData("--benchmark says what a single set is; there are 2", "--benchmark", "mnist", "again=FOLDER")]
    public void Run_AnOptionThatDoesNotFit_IsSaid(string message, params string[] options)
    {
        foreach (string name in new[] { "a/1.png", "b/1.png" })
        {
            Directory.CreateDirectory(Path.GetDirectoryName(_directory.Combine(name))!);
            File.WriteAllText(_directory.Combine(name), "");
        }

        var (code, _, error) = Processes.RunDotnet([BuildFacts.Evaluate, _directory.FullName,
            .. options.Select(o => o.Replace("FOLDER", _directory.FullName, StringComparison.Ordinal)),
            "--output", Path.Combine(_directory.FullName, "report"), "--cache", Path.Combine(_directory.FullName, ".cache")]);

        Assert.Equal(2, code);
        Assert.Contains(message, error, StringComparison.Ordinal);
        Assert.DoesNotContain("   at ", error, StringComparison.Ordinal);
    }

    /// <summary>No folder by that name: an id on a hub, where nothing is cached and nothing may be asked.</summary>
    [Fact]
    public void Run_AModelThatIsNotThere_IsListed()
    {
        string images = _directory.Combine("images");
        foreach (string name in new[] { "a/1.png", "b/1.png" })
        {
            Directory.CreateDirectory(Path.GetDirectoryName(Path.Combine(images, name))!);
            File.WriteAllText(Path.Combine(images, name), "");
        }

        var (code, output, error) = Processes.RunDotnet([BuildFacts.Evaluate, images, "--models", "no-model", "--output", _directory.Combine("report"), "--cache", _directory.Combine("cache")],
            environment: new Dictionary<string, string?> { ["HF_HUB_OFFLINE"] = "1", ["HF_HUB_CACHE"] = _directory.Combine("hub") });

        Assert.Equal(1, code);
        Assert.Contains("There is no folder 'no-model': it is taken for an id on the hub", error, StringComparison.Ordinal);
        Assert.Contains("not measured", output, StringComparison.Ordinal);
        Assert.DoesNotContain("   at ", error, StringComparison.Ordinal);
    }

    [Fact]
    public void Run_ASetThatIsNotThere_IsSaid_AndNothingElseIsMeasuredInItsPlace()
    {
        var (code, output, error) = Processes.RunDotnet([BuildFacts.Evaluate, _directory.Combine("missing"), "--output", _directory.Combine("report"), "--cache", _directory.Combine("cache")]);

        Assert.Equal(2, code);
        Assert.Contains(_directory.Combine("missing"), error, StringComparison.Ordinal);
        Assert.Empty(output);
        Assert.False(Directory.Exists(_directory.Combine("report")));
    }

    [Fact]
    public void Run_ArchivesOfOneName_AreEachUnpacked_AndAgainOnceTheyChange()
    {
        Archive("a/set.v1.tar.gz", 3);
        Archive("b/set.v1.tar.gz", 4);
        Archive("a/set.v2.tar.gz", 5);
        string[] arguments = [BuildFacts.Evaluate, _directory.Combine("a/set.v1.tar.gz"), _directory.Combine("b/set.v1.tar.gz"), _directory.Combine("a/set.v2.tar.gz"),
            "--output", _directory.Combine("report"), "--cache", _directory.Combine("cache")];

        Assert.Equal([("set.v1", "6"), ("set.v1 (2)", "8"), ("set.v2", "10")], Rows());
        Archive("a/set.v1.tar.gz", 6);
        Assert.Equal([("set.v1", "12"), ("set.v1 (2)", "8"), ("set.v2", "10")], Rows());

        IEnumerable<(string, string)> Rows()
        {
            Processes.Dotnet(arguments);
            return ClipBenchmarkCsv.Read(_directory.Combine("report/results.csv")).Select(r => (r.Dataset, r.Others["images_read"]));
        }
    }

    [Fact]
    public void Run_ATemplateWithoutAPlaceForTheName_IsRefusedWithItsLine()
    {
        Archive("set.tar.gz", 2);
        File.WriteAllText(_directory.Combine("templates.txt"), "\uFEFFa {}.\r\na photo\r\n");

        var (code, output, error) = Processes.RunDotnet([BuildFacts.Evaluate, _directory.Combine("set.tar.gz"), "--templates", _directory.Combine("templates.txt"),
            "--output", _directory.Combine("report"), "--cache", _directory.Combine("cache")]);

        Assert.Equal((2, ""), (code, output));
        Assert.Contains("Line 2 of", error, StringComparison.Ordinal);
        Assert.DoesNotContain("   at ", error, StringComparison.Ordinal);
    }

    private void Archive(string name, int perClass)
    {
        string folder = _directory.Combine(Guid.NewGuid().ToString("N")), file = _directory.Combine(name);
        for (int i = 0; i < 2 * perClass; i++)
        {
            string image = Path.Combine(folder, i % 2 == 0 ? "dark" : "light", $"{i}.png");
            Directory.CreateDirectory(Path.GetDirectoryName(image)!);
            using var pixels = MLImage.CreateFromPixels(8, 8, MLPixelFormat.Bgra32,
                [.. Enumerable.Range(0, 256).Select(j => (byte)(j % 4 == 3 ? 255 : 20 + i))]);
            pixels.Save(image);
        }
        Directory.CreateDirectory(Path.GetDirectoryName(file)!);
        using var stream = File.Create(file);
        using var packed = new GZipStream(stream, CompressionLevel.Fastest);
        TarFile.CreateFromDirectory(folder, packed, includeBaseDirectory: true);
    }
}
