using System.Globalization;

namespace Microsoft.ML.Clip.Tests;

/// <summary>Memory does not grow with the number of rows.</summary>
public sealed class GrowthTests(StepFixture fixture) : IClassFixture<StepFixture>
{
    /// <summary>
    /// How much higher the peak of ten times the rows may be: heaps, the native one among them, settle slowly, over the first 20,000 rows on fast processors.
    /// </summary>
    private const double Noise = 1.1;

    [Theory]
    [InlineData("Image Path")]
    [InlineData("Text Text")]
    public void Transform_TenTimesTheRows_NeedsNoMoreMemory(string step)
    {
        string file = fixture.TemporaryFile("model.zip");
        fixture.ML.Model.Save(fixture.Create(step, batchSize: 32).Fit(fixture.Data), fixture.Data.Schema, file);

        long few = Peak(file, step, 10_000), many = Peak(file, step, 100_000);

        Assert.True(many <= Noise * few, $"10,000 rows peak at {few / 1e6:F0} MB, 100,000 at {many / 1e6:F0} MB");
    }

    private long Peak(string file, string step, int rows)
    {
        // A small, fixed nursery, which even 10,000 rows fill several times: the peak then shows what is kept, and not when the collector chose to run.
        var environment = new Dictionary<string, string?>
        {
            ["REPEAT"] = rows.ToString(CultureInfo.InvariantCulture),
            ["DOTNET_GCgen0size"] = "0x80000",
            ["DOTNET_gcConcurrent"] = "0",
            // Code is compiled once: compiling it again as it gets hot takes memory that grows with time, not with rows.
            ["DOTNET_TieredCompilation"] = "0",
        };
        var values = fixture.Rows.Select(r => step == "Text Text" ? r.Text : r.Path);
        string output = Processes.Dotnet([BuildFacts.FreshProcess, file, StepFixture.InputOf(step), StepFixture.OutputOf(step), .. values],
            environment: environment);
        return long.Parse(output, CultureInfo.InvariantCulture);
    }
}
