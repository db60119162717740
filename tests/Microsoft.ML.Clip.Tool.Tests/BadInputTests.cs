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
    [InlineData("--top is 0", "1 at least", "search", "a dog", "IMAGES", "--top", "0", "--model", "tiny")]
    [InlineData("--top is -3", "1 at least", "search", "a dog", "IMAGES", "--top", "-3", "--model", "tiny")]
    [InlineData("--top is 0", "1 at least", "classify", "IMAGES", "--labels", "a,b", "--top", "0", "--model", "tiny")]
    [InlineData("QUERY is empty", "search --help", "search", "", "IMAGES", "--model", "tiny")]
    [InlineData("QUERY is empty", "search --help", "search", " \n", "IMAGES", "--model", "tiny")]
    [InlineData("PATH is empty", "classify --help", "classify", "IMAGES", "", "--labels", "a,b", "--model", "tiny")]
    [InlineData("--plan is empty", "status --help", "embed", "status", "--plan", "")]
    [InlineData("--model is empty", "classify --help", "classify", "IMAGES", "--labels", "a,b", "--model", " ")]
    [InlineData("--out is empty", "merge --help", "embed", "merge", "--plan", "job", "--out", "")]
    [InlineData("--save is empty", "train --help", "probe", "train", "IMAGES", "--save", "")]
    [InlineData("MODEL is empty", "info --help", "info", "")]
    [InlineData("ID is empty", "download --help", "models", "download", "")]
    [InlineData("'dog' is there twice", "differ", "classify", "IMAGES", "--labels", "dog,cat,dog", "--model", "tiny")]
    [InlineData("--minimum-cosine is 2", "-1 to 1", "classify", "IMAGES", "--labels", "a,b", "--minimum-cosine", "2", "--model", "tiny")]
    [InlineData("--minimum-cosine is NaN", "-1 to 1", "classify", "IMAGES", "--labels", "a,b", "--minimum-cosine", "NaN", "--model", "tiny")]
    [InlineData("--rows-per-file is 0", "1 at least", "embed", "merge", "--plan", "job", "--out", "x", "--rows-per-file", "0")]
    [InlineData("../x", "id", "models", "download", "../x")]
    [InlineData("is a folder", "expected a file", "classify", "IMAGES", "--labels-file", "IMAGES")]
    [InlineData("is a folder", "expected a file", "probe", "apply", "IMAGES", "IMAGES")]
    [InlineData("is a file", "expected a folder", "probe", "train", "IMAGES/cat.png", "--save", "probe.zip")]
    [InlineData("is a file", "a model is a directory", "info", "IMAGES/cat.png")]
    [InlineData("is a file", "a model is a directory", "classify", "IMAGES", "--labels", "a,b", "--model", "IMAGES/cat.png")]
    [InlineData("is a file", "expected a folder", "quantize", "tiny", "IMAGES/cat.png")]
    [InlineData("is a file", "expected a folder", "embed", "plan", "IMAGES", "--out", "IMAGES/cat.png", "--model", "tiny")]
    [InlineData("is a file", "expected a folder", "embed", "plan", "IMAGES/cat.png", "--kind", "folder", "--out", "job", "--model", "tiny")]
    [InlineData("is a folder", "--kind coco takes a file", "embed", "plan", "IMAGES", "--kind", "coco", "--out", "job", "--model", "tiny")]
    [InlineData("is a picture", "a folder of them", "embed", "plan", "IMAGES/cat.png", "--out", "job", "--model", "tiny")]
    [InlineData("no folder 'img_emb'", "merge", "search", "a dog", "--index", "IMAGES/cat.png")]
    [InlineData("no template", "a photo", "classify", "IMAGES", "--labels", "a,b", "--templates", "a photo")]
    [InlineData("nowhere", "models download", "quantize", "none/nowhere", "x")]
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
        CommandWordsTests.RequireIn(line);
    }

    // Of the hub's messages those that name options; nothing is asked of it.
    [Fact]
    public void Command_OfAModelThatIsNotCached_NamesNoOptionOfTheLibrary()
    {
        using var directory = new TemporaryDirectory();
        var environment = new Dictionary<string, string?> { ["HF_HUB_CACHE"] = directory.Combine("cache"), ["HF_HUB_OFFLINE"] = "1" };

        string error = ToolProcess.Run(environment, "models", "download", "none/nowhere").Expect(ExitCode.BadInput).Error;

        Assert.Contains("HF_HUB_OFFLINE", error, StringComparison.Ordinal);
        CommandWordsTests.RequireIn(error);
    }

    [Fact]
    public void Command_OfAModelInSeveralVariants_SaysWhichOptionTakesOne()
    {
        using var directory = new TemporaryDirectory();
        string tiny = Path.Combine(BuildFacts.RepositoryRoot, "samples", "models", "tiny-clip");
        foreach (string file in Directory.GetFiles(tiny, "*", SearchOption.AllDirectories))
        {
            foreach (string variant in (string[])["fp16", "int8"])
            {
                directory.Copy(file, Path.GetRelativePath(tiny, file).Replace("_model.onnx", $"_model_{variant}.onnx", StringComparison.Ordinal));
            }
        }

        string error = ToolRun.Of("info", directory).Expect(ExitCode.BadInput).Error;

        Assert.Contains("Choose one with --variant", error, StringComparison.Ordinal);
        CommandWordsTests.RequireIn(error);
    }

    [Fact]
    public void Command_OfAnEndlessName_ShowsItsBeginning()
    {
        var run = ToolRun.WithInput($"dog\n{new string('x', 5_000_000)}\n", "classify", ToolRun.Photographs, "--labels-file", "-", "--model", "tiny").Expect(ExitCode.BadInput);

        Assert.InRange(run.Error.Length, 10, 300);
        Assert.Contains("more than 1,000 characters", run.Error, StringComparison.Ordinal);
    }

    [Fact]
    public void Error_OfAnEndlessArgument_IsCut()
    {
        string error = ToolRun.Of("info", new string('y', 100_000)).Expect(ExitCode.BadInput).Error;

        Assert.InRange(error.Length, 100, 5_000);
    }

    // A line feed in a name is a character of it, and no end of a line; nor is it a space, which would be another name.
    [Fact]
    public void Output_OfNamesWithControls_ShowsThemInOneLine()
    {
        Assert.SkipWhen(OperatingSystem.IsWindows(), "Windows has no such names.");
        using var directory = new TemporaryDirectory();
        string folder = directory.Combine("a\nb\u001b[2J"), picture = directory.Copy(ToolRun.Photograph("dog.jpg"), "a\nb\u001b[2J/dog\n1.jpg");
        directory.Write("a\nb\u001b[2J/bad\t.png", "no picture");
        string shown = picture.Replace("\n", @"\u000a", StringComparison.Ordinal).Replace("\u001b", @"\u001b", StringComparison.Ordinal);
        string job = Path.Combine(folder, "job");

        var classified = ToolRun.Of("classify", folder, "--labels", "dog,koala", "--model", "tiny").Expect(0);
        var found = ToolRun.Of("search", "a dog", folder, "--model", "tiny").Expect(0);
        var planned = ToolRun.Of("embed", "plan", folder, "--out", job, "--model", "tiny").Expect(0);
        var failed = ToolRun.Of("embed", "run", "--plan", job).Expect(ExitCode.BadInput);
        File.WriteAllText(Path.Combine(job, "failed", "x\ny"), "");
        var status = ToolRun.Of("embed", "status", "--plan", job).Expect(ExitCode.Retry);
        var unknown = ToolRun.Of("info", folder).Expect(ExitCode.BadInput);

        Assert.Equal(2, classified.Lines.Length);
        Assert.StartsWith($"{shown}\t", classified.Lines[1], StringComparison.Ordinal);
        Assert.EndsWith($"\t{shown}", Assert.Single(found.Lines), StringComparison.Ordinal);
        Assert.Contains(planned.Lines, l => l.StartsWith($"plan\t{Path.GetDirectoryName(shown)}", StringComparison.Ordinal));
        Assert.Contains(@"bad\u0009.png", failed.Error, StringComparison.Ordinal);
        Assert.Contains(@"not of this plan	failed/x\u000ay", status.Lines);
        Assert.Contains(status.Lines, l => l.StartsWith("shard 0\t", StringComparison.Ordinal) && l.Contains(@"bad\u0009.png", StringComparison.Ordinal));
        Assert.Contains(Path.GetDirectoryName(shown)!, unknown.Error, StringComparison.Ordinal);
        Assert.All([classified, found, planned, failed, status, unknown], r => Assert.DoesNotContain('\u001b', r.Out + r.Error));
        string[] said = [.. new[] { found, failed, unknown }.SelectMany(r => r.Error.Split('\n', StringSplitOptions.RemoveEmptyEntries))];
        Assert.All(said, l => Assert.StartsWith("mlclip: ", l, StringComparison.Ordinal));
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
