using System.Globalization;

namespace Microsoft.ML.Clip.Tests;

/// <summary>Steps in processes whose thread pool has other work than theirs, as a server's has.</summary>
[Collection(nameof(AloneCollection))]
public sealed class BusyPoolTests(StepFixture fixture) : IClassFixture<StepFixture>
{
    /// <summary>
    /// In milliseconds. The pool takes half a second or more to add a thread: with 60 requests ahead of its helpers, a step that waits for them takes 45 s.
    /// </summary>
    private const double FarBelowTheInjectionOfThreads = 8_000;

    [Theory]
    [InlineData("Image Path")]
    [InlineData("Text Text")]
    [InlineData("ZeroShot Path")]
    public void Requests_SixtyOnPoolThreads_AnswerFromTheStart(string step)
    {
        double[] ended = Answer(step, requests: 60);

        Assert.True(ended[0] < FarBelowTheInjectionOfThreads, $"the first of 60 requests ended after {ended[0]:F0} ms, the last after {ended[2]:F0}");
    }

    /// <summary>Opt-in, as it takes a minute: CLIP_SLOW_TESTS=1.</summary>
    [Fact]
    public void Requests_AThousandOnPoolThreads_AnswerSteadily()
    {
        Assert.SkipUnless(Environment.GetEnvironmentVariable("CLIP_SLOW_TESTS") == "1", "slow; set CLIP_SLOW_TESTS=1");

        double[] ended = Answer("Image Path", requests: 1000);

        TestContext.Current.TestOutputHelper?.WriteLine($"first, middle, last: {string.Join(", ", ended)} ms");
        Assert.True(ended[0] < FarBelowTheInjectionOfThreads, $"the first ended after {ended[0]:F0} ms");
        // At a steady rate half of them have ended after half of the time.
        Assert.InRange(ended[1], 0.2 * ended[2], 0.8 * ended[2]);
    }

    [Theory]
    [InlineData("Image Path")]
    [InlineData("Text Text")]
    [InlineData("ZeroShot Path")]
    public void Transform_EveryThreadOfThePoolIsBlocked_Ends(string step)
    {
        var (code, output, error) = Run(step, ("BLOCKED", "1"));

        Assert.True(code == 0, error);
        Assert.Equal(StepFixture.RowCount, output.Split('\n', StringSplitOptions.RemoveEmptyEntries).Length);
    }

    private double[] Answer(string step, int requests)
    {
        var (code, output, error) = Run(step, ("REQUESTS", requests.ToString(CultureInfo.InvariantCulture)));
        Assert.True(code == 0, error);
        return [.. output.Trim().Split(' ').Select(value => double.Parse(value, CultureInfo.InvariantCulture))];
    }

    private (int Code, string Output, string Error) Run(string step, (string Name, string Value) setting)
    {
        string file = fixture.TemporaryFile("model.zip");
        fixture.ML.Model.Save(fixture.Create(step).Fit(fixture.Data), fixture.Data.Schema, file);
        var values = fixture.Rows.Select(r => step == "Text Text" ? r.Text : r.Path);
        return Processes.RunDotnet([BuildFacts.FreshProcess, file, StepFixture.InputOf(step), StepFixture.OutputOf(step), .. values],
            environment: new Dictionary<string, string?> { [setting.Name] = setting.Value }, limit: TimeSpan.FromMinutes(2));
    }
}
