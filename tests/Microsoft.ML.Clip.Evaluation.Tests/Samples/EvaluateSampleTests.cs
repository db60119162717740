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

    [Fact]
    public void Run_ASetThatIsNotThere_IsSaid_AndNothingElseIsMeasuredInItsPlace()
    {
        var (code, output, error) = Processes.RunDotnet([BuildFacts.Evaluate, _directory.Combine("missing"), "--output", _directory.Combine("report"), "--cache", _directory.Combine("cache")]);

        Assert.Equal(2, code);
        Assert.Contains(_directory.Combine("missing"), error, StringComparison.Ordinal);
        Assert.Empty(output);
        Assert.False(Directory.Exists(_directory.Combine("report")));
    }
}
