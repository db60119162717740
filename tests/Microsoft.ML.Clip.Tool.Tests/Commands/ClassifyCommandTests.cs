namespace Microsoft.ML.Clip.Tests;

public sealed class ClassifyCommandTests : IDisposable
{
    private const string Labels = "tabby cat,dog,koala,red panda,bison,espresso";

    private static readonly (string File, string Label)[] Known =
        [("bison.jpg", "bison"), ("cat.png", "tabby cat"), ("coffee.png", "espresso"), ("dog.jpg", "dog"), ("koala.jpg", "koala"), ("red-panda.jpg", "red panda")];

    private readonly TemporaryDirectory _directory = new();

    public void Dispose() => _directory.Dispose();

    [Fact]
    public void Run_OfAFolder_PrintsPathLabelAndProbability()
    {
        var run = ToolRun.Of("classify", ToolRun.Photographs, "--labels", Labels, "--model", "tiny").Expect(0);

        string[][] lines = [.. run.Lines.Select(l => l.Split('\t'))];
        Assert.Equal(Known.Select(k => (ToolRun.Photograph(k.File), k.Label)), lines.Select(l => (l[0], l[1])));
        Assert.All(lines, l => Assert.Matches(@"^\d+\.\d %$", l[2]));
        Assert.Equal("", run.Error);
    }

    [Fact]
    public void Run_WithJson_PrintsAnObjectForEachPicture()
    {
        // The same names from a file, in published templates, as classifier and pipeline of the library have it.
        string names = _directory.Write("names.txt", Labels.Replace(",", "\n", StringComparison.Ordinal) + "\n\n");
        var rows = ToolRun.Of("classify", ToolRun.Photographs, "--labels-file", names, "--templates", "imagenet7", "--top", "2", "--model", "tiny", "--json").Expect(0).JsonLines;
        using var clip = ClipModel.Load(Path.Combine(BuildFacts.RepositoryRoot, "samples", "models", "tiny-clip"));
        var classifier = ClipZeroShotClassifier.Create(clip, Labels.Split(','), ClipPrompts.ImageNet7);

        Assert.Equal(Known.Length, rows.Length);
        Assert.All(rows, row =>
        {
            var expected = classifier.Classify(clip.EncodeImage(row.GetProperty("path").GetString()!));
            Assert.Equal(expected.Label, row.GetProperty("label").GetString());
            // The last bits of an embedding depend on its batch.
            Assert.Equal(expected.Score, row.GetProperty("score").GetSingle(), 1e-4f);
            Assert.Equal(2, row.GetProperty("top").GetArrayLength());
        });
    }

    [Fact]
    public void Run_LabelsFromStandardInput_AreRead() =>
        Assert.Contains("\tdog\t", ToolRun.WithInput("dog\nkoala\n", "classify", ToolRun.Photograph("dog.jpg"), "--labels-file", "-", "--model", "tiny").Expect(0).Out, StringComparison.Ordinal);

    [Fact]
    public void Run_OfAFileThatIsNoPicture_SaysSoInItsPlace()
    {
        _directory.Copy(ToolRun.Photograph("dog.jpg"), "b.jpg");
        _directory.Write("a.png", "no picture");

        var run = ToolRun.Of("classify", _directory, "--labels", Labels, "--model", "tiny", "--json").Expect(0);

        Assert.Equal([true, false], run.JsonLines.Select(r => r.GetProperty("error").GetString() is { Length: > 0 }));
        Assert.Equal("dog", run.JsonLines[1].GetProperty("label").GetString());
        Assert.Contains("1 of 2 pictures could not be read", run.Error, StringComparison.Ordinal);
        File.Delete(_directory.Combine("b.jpg"));
        ToolRun.Of("classify", _directory, "--labels", Labels, "--model", "tiny").Expect(ExitCode.BadInput);
    }

    [Fact]
    public void Run_MinimumCosine_LeavesWhatFitsNothing()
    {
        var row = ToolRun.Of("classify", ToolRun.Photograph("dog.jpg"), "--labels", Labels, "--minimum-cosine", "0.99", "--model", "tiny", "--json").Expect(0).Json;

        Assert.Null(row.GetProperty("label").GetString());
    }

    [Fact]
    public void Run_OnATerminal_IsATableInWhichMarkupAndControlsAreText()
    {
        Assert.SkipWhen(OperatingSystem.IsWindows(), "Windows has no such file names.");
        _directory.Copy(ToolRun.Photograph("dog.jpg"), "[red]\u001b[31m.jpg");

        var run = ToolRun.OnTerminal("classify", _directory, "--labels", Labels, "--model", "tiny").Expect(0);

        // The table breaks what is long.
        string words = string.Concat(run.Out.Where(c => !char.IsWhiteSpace(c) && c != '│'));
        Assert.Contains(@"[red]\u001b[31m.jpg", words, StringComparison.Ordinal);
        Assert.Contains("probability", run.Out, StringComparison.Ordinal);
        Assert.DoesNotContain('\u001b', run.Out);
    }
}
