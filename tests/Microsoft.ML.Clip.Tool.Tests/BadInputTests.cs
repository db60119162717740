using System.Text.Json;

namespace Microsoft.ML.Clip.Tests;

/// <summary>What is wrong is said in one line, with what was expected, and ends with 42; no stack trace.</summary>
public sealed class BadInputTests
{
    [Theory]
    [InlineData("nonsense", "nonsense")]
    [InlineData("classify", "PATH", "classify")]
    [InlineData("--labels", "--labels", "classify", "IMAGES")]
    [InlineData("no name in it", "no name", "classify", "IMAGES", "--labels", ",", "--model", "tiny")]
    [InlineData("nowhere.txt", "nowhere.txt", "classify", "IMAGES", "--labels-file", "nowhere.txt", "--model", "tiny")]
    [InlineData("nowhere-at-all", "no file or folder", "classify", "nowhere-at-all", "--labels", "a,b", "--model", "tiny")]
    [InlineData("no-model", "expected a directory", "classify", "IMAGES", "--labels", "a,b", "--model", "no-model")]
    [InlineData("a photo", "no template", "classify", "IMAGES", "--labels", "a,b", "--model", "tiny", "--templates", "a photo")]
    [InlineData("'x'", "--top", "classify", "IMAGES", "--labels", "a,b", "--top", "x")]
    [InlineData("there is no CLIP model", "IMAGES", "search", "a dog", "IMAGES", "--model", "IMAGES")]
    [InlineData("none/none", "models download", "info", "none/none")]
    [InlineData("folder", "at least two", "probe", "train", "IMAGES", "--save", "probe.zip", "--model", "tiny")]
    [InlineData("2", "expected 0 to 0.9", "probe", "train", "IMAGES", "--save", "probe.zip", "--held-out", "2")]
    [InlineData("cat.png", "probe train", "probe", "apply", "IMAGES/cat.png", "IMAGES")]
    [InlineData("nowhere", "plan", "embed", "run", "--plan", "nowhere")]
    [InlineData("nowhere", "no file or folder", "embed", "plan", "nowhere", "--out", "job", "--model", "tiny")]
    [InlineData("--rows", "1 to 10,000,000", "embed", "plan", "IMAGES", "--out", "job", "--rows", "0")]
    [InlineData("ksh", "bash", "completion", "ksh")]
    public void Command_OfBadInput_SaysSoInALine(string first, string second, params string[] arguments)
    {
        string[] command = arguments.Length > 0 ? [.. arguments.Select(a => a.Replace("IMAGES", ToolRun.Photographs, StringComparison.Ordinal))] : [first];

        var run = ToolRun.Of(command).Expect(ExitCode.BadInput);

        Assert.Equal("", run.Out);
        string line = Assert.Single(run.Error.Split('\n', StringSplitOptions.RemoveEmptyEntries));
        Assert.StartsWith("mlclip: ", line, StringComparison.Ordinal);
        Assert.Contains(first, line, StringComparison.OrdinalIgnoreCase);
        Assert.Contains(second.Replace("IMAGES", ToolRun.Photographs, StringComparison.Ordinal), line, StringComparison.OrdinalIgnoreCase);
        Assert.DoesNotContain("   at ", line, StringComparison.Ordinal);
    }

    [Fact]
    public void Error_WithJson_IsJson()
    {
        var error = JsonDocument.Parse(ToolRun.Of("info", "no-model", "--json").Expect(ExitCode.BadInput).Error).RootElement;

        Assert.Equal(ExitCode.BadInput, error.GetProperty("exitCode").GetInt32());
        Assert.Contains("no-model", error.GetProperty("error").GetString(), StringComparison.Ordinal);
    }

    [Fact]
    public void Command_ThatIsStopped_EndsWithTheCodeOfWhatStoppedIt()
    {
        var run = ToolRun.Stopped(new CancellationToken(canceled: true), "search", "a dog", ToolRun.Photographs, "--model", "tiny");

        run.Expect(ExitCode.Stopped);
    }
}
