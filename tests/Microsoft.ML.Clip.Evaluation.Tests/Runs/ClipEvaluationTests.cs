using Microsoft.ML.Data;

namespace Microsoft.ML.Clip.Tests;

/// <summary>Whole runs with the repository's own model on small folders: what is measured, what adds up, what a stop costs.</summary>
public sealed class ClipEvaluationTests : IDisposable
{
    private static readonly string Samples = Path.Combine(BuildFacts.RepositoryRoot, "samples");

    private readonly ClipModel _model = ClipModel.Load(Path.Combine(Samples, "models", "tiny-clip"));
    private readonly DirectoryInfo _folder = Directory.CreateTempSubdirectory("clip-test-");
    private readonly List<ClipEvaluationProgress> _progress = [];

    public void Dispose()
    {
        _model.Dispose();
        _folder.Delete(recursive: true);
    }

    [Fact]
    public void Run_Classification_GivesZeroShotItsPromptsAndTheProbe_WithRowsThatAddUp()
    {
        var task = new ClipClassificationTask("shapes", Shapes("test", broken: true)) { Train = Shapes("train"), Templates = ["a drawing of a {}.", "a {}."] };

        var results = Run([task], new() { FewShot = new() { Shots = [1, 2], Seeds = [0, 1] } });

        Assert.Empty(results.Skipped);
        Assert.Equal(
            [
                (ClipEvaluationKind.ZeroShot, "2 templates"), (ClipEvaluationKind.ZeroShotOtherPrompt, ClipPrompts.Simple[0]),
                (ClipEvaluationKind.ZeroShotOtherPrompt, "bare names"), (ClipEvaluationKind.LinearProbe, null), (ClipEvaluationKind.FewShot, null),
            ],
            results.Records.Select(r => (r.Kind, r.Prompts)));
        Assert.All(results.Records, r =>
        {
            Assert.Equal(new ClipEvaluationRows(13, 12, 1, 0), r.Rows);
            Assert.Equal("broken.png", Path.GetFileName(Assert.Single(r.Failed).Name));
            Assert.Equal((64, 64), (r.ModelHash.Length, r.SetHash.Length));
            Assert.InRange(r.Value, 0, 1);
        });
        var zeroShot = results.Records[0];
        var embedded = ClipEmbeddedSet.Of(_model, Shapes("test", broken: true));
        var expected = embedded.Classify(ClipEmbeddedSet.CreateClassifier(_model, [["dark"], ["light"]], task.Templates));
        Assert.Equal((expected.Hits, expected.Count), (zeroShot.Classification!.Hits, zeroShot.Classification.Count));
        Assert.Equal(expected.Interval, zeroShot.Interval);
        Assert.Equal(expected.Hits, zeroShot.Hits!.Count(h => h == '1'));
        var probe = results.Records[3];
        Assert.Equal((1.0, ClipFeatures.Encoder, 20), (probe.Value, probe.Features, probe.TrainingRows));
        Assert.Equal([1, 2, null], results.Records[4].FewShot!.Points.Select(p => p.Shots));
    }

    [Fact]
    public void Run_ACurveWithItsOwnSettings_TrainsItsOwnProbeOnAllImages()
    {
        // Regularised so strongly, a probe says the more frequent class of everything.
        var strong = new ClipLinearProbeTrainer.Options { L2Regularization = 1e9f };
        var all = Shapes("train");
        var uneven = new ClipDataSet("uneven", all.ClassNames, all.ImagesAreFiles, () => all.Read().Take(14));
        var task = new ClipClassificationTask("shapes", Shapes("test")) { Train = uneven };

        var results = Run([task], new() { FewShot = new() { Shots = [1], Seeds = [0], Probe = strong } });

        Assert.Equal(1, results.Find("tiny", "shapes", ClipEvaluationKind.LinearProbe)!.Value);
        Assert.Equal(0.5, results.Find("tiny", "shapes", ClipEvaluationKind.FewShot)!.FewShot!.Points[^1].Mean);
    }

    [Fact]
    public void Run_StoppedBetweenTwoSets_GoesOn_AndIsTheSame()
    {
        using var stop = new CancellationTokenSource();
        string kept = Path.Combine(_folder.FullName, ".results");
        ClipDataSet first = Shapes("test"), other = Shapes("train");
        var interrupted = new ClipDataSet("other", other.ClassNames, other.ImagesAreFiles, () =>
        {
            stop.Cancel();
            return other.Read();
        });

        Assert.ThrowsAny<OperationCanceledException>(() => ClipEvaluation.Run([new("tiny", _model)],
            [new ClipClassificationTask("first", first), new ClipClassificationTask("second", interrupted)], new() { ResultsDirectory = kept }, stop.Token));
        string file = Assert.Single(Directory.GetFiles(kept));
        var written = File.GetLastWriteTimeUtc(file);
        var results = Run([new ClipClassificationTask("first", first), new ClipClassificationTask("second", other)], new() { ResultsDirectory = kept });

        Assert.Equal(written, File.GetLastWriteTimeUtc(file));
        Assert.Equal(2, Directory.GetFiles(kept).Length);
        var whole = Run([new ClipClassificationTask("first", first), new ClipClassificationTask("second", other)], new());
        Assert.Equal(whole.Records.Select(Text), results.Records.Select(Text));
        Assert.Empty(results.Messages);

        static string Text(ClipEvaluationRecord record) => $"{record with { Seconds = 0 }} {record.Classification} {record.Hits}";
    }

    [Fact]
    public void Run_AResultThatIsDamaged_IsMadeAnew_AndSaid()
    {
        string kept = Path.Combine(_folder.FullName, ".results");
        Run([new ClipClassificationTask("set", Shapes("test"))], new() { ResultsDirectory = kept });
        string file = Assert.Single(Directory.GetFiles(kept));
        File.WriteAllText(file, File.ReadAllText(file)[..200]);

        var results = Run([new ClipClassificationTask("set", Shapes("test"))], new() { ResultsDirectory = kept });

        Assert.Contains(file, Assert.Single(results.Messages), StringComparison.Ordinal);
        Assert.Equal([ClipEvaluationKind.ZeroShot, ClipEvaluationKind.ZeroShotOtherPrompt], results.Records.Select(r => r.Kind));
    }

    [Fact]
    public void Run_OtherNamesTemplatesOrSettings_AreOtherResults()
    {
        string kept = Path.Combine(_folder.FullName, ".results");
        var set = Shapes("test");
        ClipClassificationTask[] tasks =
        [
            new("a", set), new("b", set) { Templates = ["a {}."] }, new("c", set) { ClassNames = [["night"], ["day"]] },
            new("d", set) { ClassNames = [["night", "black"], ["day"]] }, new("e", set) { Metric = ClipBenchmarkMetric.MeanPerClass },
        ];

        Run(tasks, new() { ResultsDirectory = kept });
        Run(tasks[..1], new() { ResultsDirectory = kept, ComparesPrompts = false });
        Run([new ClipClassificationTask("another name", set)], new() { ResultsDirectory = kept });

        Assert.Equal(6, Directory.GetFiles(kept).Length);
    }

    [Fact]
    public void Run_ASetThatFails_IsListed_AndTheOthersAreMeasured()
    {
        var bad = new ClipDataSet("bad", ["a", "b"], imagesAreFiles: true, () => [new("row", "file", 7)]);

        var results = Run([new ClipClassificationTask("bad set", bad), new ClipClassificationTask("good", Shapes("test"))], new());

        var skipped = Assert.Single(results.Skipped);
        Assert.Equal(("tiny", "bad set"), (skipped.Model, skipped.Task));
        Assert.Contains("label 7", skipped.Reason, StringComparison.Ordinal);
        Assert.All(results.Records, r => Assert.Equal("good", r.Task));
        Assert.Throws<InvalidDataException>(() => Run([new ClipClassificationTask("bad set", bad)], new() { StopsOnError = true }));
    }

    [Fact]
    public void Run_AModelThatCannotBeLoaded_IsListed_AndTheOthersAreMeasured()
    {
        var results = ClipEvaluation.Run([new("gone", () => ClipModel.Load("/no/such/model")), new("tiny", _model)], [new ClipClassificationTask("set", Shapes("test"))],
            cancellationToken: TestContext.Current.CancellationToken);

        Assert.Equal(("gone", "*"), (results.Skipped.Single().Model, results.Skipped.Single().Task));
        Assert.Equal("tiny", Assert.Single(results.Models).Name);
    }

    [Fact]
    public void Run_NoImageThatCanBeRead_IsListedWithItsCount()
    {
        var folder = Directory.CreateDirectory(Path.Combine(_folder.FullName, "nothing"));
        foreach (string name in new[] { "a", "b" })
        {
            File.WriteAllText(Path.Combine(folder.CreateSubdirectory(name).FullName, "x.png"), "no image");
        }

        var results = Run([new ClipClassificationTask("nothing", ClipDataSet.FromFolders(folder.FullName))], new());

        Assert.Contains("none of its images could be read", Assert.Single(results.Skipped).Reason, StringComparison.Ordinal);
    }

    [Fact]
    public void Run_AClassWithoutImages_OneClassOnly_AndOtherNamesThanPublished_AreRemarks()
    {
        var set = Shapes("test");
        var empty = new ClipDataSet("empty", ["dark", "light", "none"], imagesAreFiles: true, set.Read);
        var one = new ClipDataSet("one", ["dark", "light"], imagesAreFiles: true, () => set.Read().Where(r => r.Label == 0));

        var results = Run([new ClipClassificationTask("empty", empty), new ClipClassificationTask("one", one),
            new ClipClassificationTask("mnist", set) { Benchmark = ClipBenchmarks.Find("mnist") }], new());

        Assert.Contains("1 of 3 classes have no image", Remarks("empty"), StringComparison.Ordinal);
        Assert.Contains("All images are of one class", Remarks("one"), StringComparison.Ordinal);
        Assert.Contains("Not as published", Remarks("mnist"), StringComparison.Ordinal);

        string Remarks(string task) => string.Join(' ', results.Find("tiny", task, ClipEvaluationKind.ZeroShot)!.Remarks);
    }

    [Fact]
    public void Run_NamesThatDoNotFitTheClasses_AreAnErrorOfThatSet()
    {
        var results = Run([new ClipClassificationTask("set", Shapes("test")) { ClassNames = [["dark"]] }], new());

        Assert.Contains("names for 1 classes", Assert.Single(results.Skipped).Reason, StringComparison.Ordinal);
    }

    [Fact]
    public void Run_Retrieval_LeavesOutABrokenImageWithItsCaptions_AndSaysSo()
    {
        string[] files = [.. Shapes("test").Read().Select(r => r.Path!), Path.Combine(_folder.FullName, "test", "dark", "broken.png")];
        Shapes("test", broken: true);
        var captions = new ClipCaptionSet("captions", files, [.. files.SelectMany(f => new[] { Path.GetFileName(f), $"a picture called {f}" })],
            [.. files.SelectMany((_, i) => new[] { i, i })]);

        var results = Run([new ClipRetrievalTask("captions", captions)], new());

        Assert.Equal(6, results.Records.Count);
        Assert.All(results.Records, r => Assert.Equal(new ClipEvaluationRows(13, 12, 1, 0), r.Rows));
        Assert.Equal((12, 24), (results.Records[0].Retrieval!.ImageToText.Queries, results.Records[0].Retrieval!.TextToImage.Queries));
        Assert.Contains(results.Records[0].Remarks, r => r.StartsWith("2 captions are left out", StringComparison.Ordinal));
        Assert.Contains("captions: 2 captions are left out", results.ToReport("R").ToMarkdown(), StringComparison.Ordinal);
        Assert.Equal(1.0 / 12, results.Records.Single(r => r.Metric == "text to image R@1").Chance!.Value, 1e-12);
        Assert.Equal(2.0 / 24, results.Records.Single(r => r.Metric == "image to text R@1").Chance!.Value, 1e-12);
    }

    [Fact]
    public void Run_FromTheCache_IsTheSame_AndEmbedsNothing()
    {
        var cache = new ClipEmbeddingCache(Path.Combine(_folder.FullName, ".cache"));
        ClipClassificationTask[] tasks = [new("set", Shapes("test")) { Train = Shapes("train") }];
        var first = Run(tasks, new() { Cache = cache });
        var files = Directory.GetFiles(cache.Directory, "*.clipset").ToDictionary(f => f, File.GetLastWriteTimeUtc);

        var second = Run([new ClipClassificationTask("set", Shapes("test")) { Train = Shapes("train") }], new() { Cache = cache });

        Assert.Equal(files, Directory.GetFiles(cache.Directory, "*.clipset").ToDictionary(f => f, File.GetLastWriteTimeUtc));
        Assert.Equal(first.Records.Select(r => r.Value), second.Records.Select(r => r.Value));
        Assert.Equal(first.Records.Select(r => r.Hits), second.Records.Select(r => r.Hits));
    }

    [Fact]
    public void Run_TellsHowFarItIs_FromNothingToAll()
    {
        Run([new ClipClassificationTask("a", Shapes("test")), new ClipClassificationTask("b", Shapes("train"))], new());

        Assert.Equal(_progress.Select(p => p.Fraction), _progress.Select(p => p.Fraction).Order());
        Assert.Contains(_progress, p => p.Task == "b" && p.Fraction >= 12.0 / 32 && p.Remaining is not null);
        Assert.Contains("left", _progress[^1].ToString(), StringComparison.Ordinal);
    }

    [Fact]
    public void Results_MeansAreOverCommonSets_AndJsonKeepsAll()
    {
        var results = ClipEvaluation.Run([new("one", _model), new("two", _model)],
            [new ClipClassificationTask("a", Shapes("test")), new ClipClassificationTask("b", Shapes("train"))], cancellationToken: TestContext.Current.CancellationToken);
        var partial = results with { Records = [.. results.Records.Where(r => r.Model == "one" || r.Task == "a")] };

        Assert.Equal(["a", "b"], results.CommonTasks(ClipEvaluationKind.ZeroShot));
        Assert.Equal(["a"], partial.CommonTasks(ClipEvaluationKind.ZeroShot));
        Assert.Equal(partial.Find("one", "a", ClipEvaluationKind.ZeroShot)!.Value, partial.Mean("one", ClipEvaluationKind.ZeroShot));
        Assert.Null(results.Mean("one", ClipEvaluationKind.LinearProbe));
        Assert.Equal(new ClipMcNemar(0, 0), results.Compare("one", "two", "a", ClipEvaluationKind.ZeroShot));
        Assert.Equal($"{results}", $"{ClipEvaluationResults.FromJson(results.ToJson())}");
        Assert.Throws<InvalidDataException>(() => ClipEvaluationResults.FromJson("[1]"));
    }

    [Fact]
    public void Report_HasEachValue_WhatWasSkipped_AndWhatCouldNotBeRead_AndItsTablesJoin()
    {
        var bad = new ClipDataSet("bad", ["a", "b"], imagesAreFiles: true, () => [new("row", "file", 7)]);
        var results = Run(
            [
                new ClipClassificationTask("shapes <b>", Shapes("test", broken: true)) { Train = Shapes("train"), Benchmark = ClipBenchmarks.Find("mnist"), Templates = ["a {}."] },
                new ClipClassificationTask("other", Shapes("train")) { Train = Shapes("test") },
                new ClipClassificationTask("bad set", bad),
            ],
            new() { FewShot = new() { Shots = [1, 2], Seeds = [0, 1] } });

        var report = results.ToReport("Title");
        string html = report.ToHtml(), markdown = report.ToMarkdown(), text = results.ToText();
        var rows = ClipBenchmarkCsv.Parse(results.ToCsv());

        Assert.Equal(["Results", "Zero-shot against a probe", "What prompts are worth", "From few images", "shapes <b>", "other", "How it was measured"],
            report.Sections.Select(s => s.Heading));
        Assert.DoesNotContain("shapes <b>", html, StringComparison.Ordinal);
        Assert.All(new[] { html, markdown }, page =>
        {
            Assert.Contains("label 7", page, StringComparison.Ordinal);
            Assert.Contains("broken.png", page, StringComparison.Ordinal);
            Assert.Contains("Not as published", page, StringComparison.Ordinal);
        });
        Assert.Contains("12 of 13 images", text, StringComparison.Ordinal);
        Assert.Contains("shapes <b>  Not as published: It has 2 classes; expected 10.", text, StringComparison.Ordinal);
        Assert.Contains($"shapes <b>  {results.Records[0].Remarks.Count - 3} more remarks are in the report.", text, StringComparison.Ordinal);
        Assert.Contains("not measured", text, StringComparison.Ordinal);
        Assert.Equal(["mnist/zeroshot_classification", "mnist/linear_probe", "other/zeroshot_classification", "other/linear_probe"], rows.Select(r => $"{r.Dataset}/{r.Task}"));
        Assert.Equal(results.Records[0].Value, rows[0].Accuracy);
        Assert.Equal("1", rows[0].Others["images_failed"]);
        report.Save(Path.Combine(_folder.FullName, "report"));
        Assert.True(File.Exists(Path.Combine(_folder.FullName, "report", "report.html")));
    }

    [Fact]
    public void Run_TwoOfOneName_AreRefused()
    {
        var set = new ClipClassificationTask("a", Shapes("test"));

        Assert.Contains("'a'", Assert.Throws<ArgumentException>(() => Run([set, set], new())).Message, StringComparison.Ordinal);
        Assert.Throws<ArgumentException>(() => Run([], new()));
    }

    private ClipEvaluationResults Run(IReadOnlyList<ClipEvaluationTask> tasks, ClipEvaluationOptions options) =>
        ClipEvaluation.Run([new("tiny", _model)], tasks, options with { Progress = new Reporter(_progress.Add) }, TestContext.Current.CancellationToken);

    private ClipDataSet Shapes(string split, bool broken = false)
    {
        int perClass = split == "train" ? 10 : 6;
        foreach (var (name, grey) in new[] { ("dark", 20), ("light", 230) })
        {
            var folder = Directory.CreateDirectory(Path.Combine(_folder.FullName, split, name));
            for (int i = 0; i < perClass; i++)
            {
                string file = Path.Combine(folder.FullName, $"{i}.png");
                if (!File.Exists(file))
                {
                    WriteImage(file, (byte)(grey + i + (split == "train" ? 11 : 0)));
                }
            }
        }
        if (broken)
        {
            File.WriteAllText(Path.Combine(_folder.FullName, split, "dark", "broken.png"), "no image");
        }
        return ClipDataSet.FromFolders(Path.Combine(_folder.FullName, split));
    }

    private static void WriteImage(string file, byte grey)
    {
        byte[] pixels = new byte[32 * 32 * 4];
        for (int i = 0; i < pixels.Length; i++)
        {
            pixels[i] = i % 4 == 3 ? byte.MaxValue : grey;
        }
        using var image = MLImage.CreateFromPixels(32, 32, MLPixelFormat.Bgra32, pixels);
        image.Save(file);
    }

    private sealed class Reporter(Action<ClipEvaluationProgress> report) : IProgress<ClipEvaluationProgress>
    {
        public void Report(ClipEvaluationProgress value) => report(value);
    }
}
