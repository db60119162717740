using System.Globalization;

namespace Microsoft.ML.Clip.Tests;

/// <summary>The code of the package's README, compiled and run.</summary>
public sealed class ReadmeTests
{
    [Fact]
    public void Readme_Code_IsThisAndRuns()
    {
        var culture = CultureInfo.CurrentCulture;
        var output = new StringWriter(CultureInfo.InvariantCulture);
        CultureInfo.CurrentCulture = CultureInfo.InvariantCulture;
        try
        {
            Run(output);
        }
        finally
        {
            CultureInfo.CurrentCulture = culture;
        }

        Assert.Equal("100.0 %, 99.5% interval 5.0 % to 100.0 %, chance 33.3 %", output.ToString().Trim());
        string code = File.ReadAllText(Path.Combine(BuildFacts.RepositoryRoot, "src", "Microsoft.ML.Clip.Evaluation", "README.md")).Split("```")[1];
        string source = File.ReadAllText(Path.Combine(BuildFacts.RepositoryRoot, "tests", "Microsoft.ML.Clip.Evaluation.Tests", "Metrics", "ReadmeTests.cs"));
        string compiled = source.Split("// README\n")[1].Split("// end")[0].Replace("output.WriteLine", "Console.WriteLine", StringComparison.Ordinal);
        Assert.Equal(Words(code)["csharp using Microsoft.ML.Clip; ".Length..], Words(compiled));
    }

    private static void Run(StringWriter output)
    {
        // README
        var meter = new ClipClassificationMeter(["cat", "dog", "espresso"]);
        meter.Add(label: 0, scores: [0.8f, 0.1f, 0.1f]);
        meter.Add(label: 1, scores: [0.2f, 0.7f, 0.1f]);
        var result = meter.ToResult();
        output.WriteLine($"{result.Accuracy:P1}, 99.5% interval {result.Interval.Lower:P1} to {result.Interval.Upper:P1}, chance {result.Chance:P1}");
        // end
    }

    private static string Words(string text) => string.Join(' ', text.Split((char[]?)null, StringSplitOptions.RemoveEmptyEntries));
}
