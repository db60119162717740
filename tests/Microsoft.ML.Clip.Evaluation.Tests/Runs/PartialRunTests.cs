using Microsoft.ML.Data;

namespace Microsoft.ML.Clip.Tests;

/// <summary>What can be measured of a set is measured, and what cannot is said.</summary>
public sealed class PartialRunTests : IDisposable
{
    private static readonly string TinyClip = Path.Combine(BuildFacts.RepositoryRoot, "samples", "models", "tiny-clip");

    private readonly ClipModel _model = ClipModel.Load(TinyClip);
    private readonly TemporaryDirectory _directory = new();

    public void Dispose()
    {
        _model.Dispose();
        _directory.Dispose();
    }

    [Fact]
    public void Run_TrainingImagesOfOtherClasses_CostTheProbeAlone()
    {
        var task = new ClipClassificationTask("set", Greys("test", 3, "dark", "light", "middle")) { Train = Greys("train", 3, "dark", "light", "none") };
        string kept = _directory.Combine("kept");

        var results = Run(_model, new() { ResultsDirectory = kept }, task);

        Assert.Equal([ClipEvaluationKind.ZeroShot, ClipEvaluationKind.ZeroShotOtherPrompt], results.Records.Select(r => r.Kind));
        string reason = Assert.Single(results.Skipped).Reason;
        Assert.Contains("3 classes ('none' alone) and those to test on 3 classes ('middle' alone)", reason, StringComparison.Ordinal);
        // What is not whole is no result of an earlier run.
        Assert.Empty(Directory.GetFiles(kept));
    }

    [Fact]
    public void Run_AModelWithoutTexts_HasProbes_AndSaysWhatItDoesNotMeasure()
    {
        foreach (string file in new[] { "config.json", "preprocessor_config.json", "onnx/vision_model.onnx" })
        {
            Directory.CreateDirectory(Path.GetDirectoryName(_directory.Combine($"images/{file}"))!);
            File.Copy(Path.Combine(TinyClip, file), _directory.Combine($"images/{file}"));
        }
        using var model = ClipModel.Load(_directory.Combine("images"));
        var test = Greys("test", 3, "dark", "light");
        string[] files = [.. test.Read().Select(r => r.Path!)];

        var results = Run(model, new(), new ClipClassificationTask("bare", test), new ClipClassificationTask("probe", test) { Train = Greys("train", 3, "dark", "light") },
            new ClipRetrievalTask("captions", new ClipCaptionSet("captions", files, files, [.. Enumerable.Range(0, files.Length)])));

        var probe = Assert.Single(results.Records);
        Assert.Equal(ClipEvaluationKind.LinearProbe, probe.Kind);
        Assert.Contains("no zero-shot", Assert.Single(probe.Remarks), StringComparison.Ordinal);
        Assert.Equal(["bare", "captions"], results.Skipped.Select(s => s.Task));
        Assert.All(results.Skipped, s => Assert.Contains("no text encoder", s.Reason, StringComparison.Ordinal));
    }

    [Fact]
    public void Run_AClassWhoseImagesAllFail_IsNamed()
    {
        var set = Greys("test", 2, "dark", "light", "middle");
        foreach (var row in set.Read().Where(r => r.Label == 1))
        {
            File.WriteAllText(row.Path!, "no image");
        }

        var record = Run(_model, new(), new ClipClassificationTask("set", set)).Records[0];

        Assert.Equal(new ClipEvaluationRows(6, 4, 2, 0), record.Rows);
        Assert.Contains("No image of 1 of 3 classes could be read", Assert.Single(record.Remarks), StringComparison.Ordinal);
        Assert.EndsWith("light.", record.Remarks[0], StringComparison.Ordinal);
    }

    [Fact]
    public void Run_NamesAndCaptionsThatTheModelCannotTellApart_OrCuts_AreRemarks()
    {
        string[] names = ["cat", "dog", "Cat", string.Join(' ', Enumerable.Repeat("ship", 100))];
        var set = Greys("test", 2, "a", "b", "c", "d");
        string[] files = [.. set.Read().Select(r => r.Path!)];
        string[] captions = [.. files.Select((_, i) => i == 1 ? names[3] : "a cat")];

        var results = Run(_model, new(), new ClipClassificationTask("set", set) { ClassNames = [.. names.Select(n => (IReadOnlyList<string>)[n])] },
            new ClipClassificationTask("plain", set), new ClipRetrievalTask("captions", new ClipCaptionSet("captions", files, captions, [.. Enumerable.Range(0, files.Length)])));

        var remarks = results.Find("tiny", "set", ClipEvaluationKind.ZeroShot)!.Remarks;
        Assert.Contains(remarks, r => r.StartsWith("1 of 4 names are longer than", StringComparison.Ordinal) && r.Contains("ship ship", StringComparison.Ordinal));
        Assert.Contains(remarks, r => r.StartsWith("1 pair of classes", StringComparison.Ordinal) && r.Contains("cat (class 0) and Cat (class 2)", StringComparison.Ordinal));
        Assert.Empty(results.Find("tiny", "plain", ClipEvaluationKind.ZeroShot)!.Remarks);
        Assert.StartsWith("1 of 8 captions are longer than", Assert.Single(results.Find("tiny", "captions", ClipEvaluationKind.Retrieval)!.Remarks), StringComparison.Ordinal);
    }

    [Fact]
    public void Run_Chance_IsThatOfTheMetric()
    {
        string[] six = ["a", "b", "c", "d", "e", "f"];
        ClipEvaluationRecord Record(ClipDataSet set, ClipBenchmarkMetric metric) =>
            Run(_model, new(), new ClipClassificationTask("set", set) { Metric = metric }).Records[0];

        Assert.Equal(((1.0 / 6) + (5.0 / 6)) / 2, Record(Greys("six", 2, six), ClipBenchmarkMetric.MeanOfTop1AndTop5).Chance!.Value, 1e-12);
        Assert.Equal(1.0 / 6, Record(Greys("six", 2, six), ClipBenchmarkMetric.MeanPerClass).Chance!.Value, 1e-12);
        Assert.Equal(0.5, Record(Greys("two", 2, "a", "b"), ClipBenchmarkMetric.RocAuc).Chance);
    }

    [Fact]
    public void Run_FilesAmongTheImages_AreCountedAnew_WhereResultsAreKept()
    {
        string kept = _directory.Combine("kept");
        var before = Run(_model, new() { ResultsDirectory = kept }, new ClipClassificationTask("set", Greys("test", 2, "dark", "light")));
        File.WriteAllText(_directory.Combine("test/dark/notes.txt"), "");

        var after = Run(_model, new() { ResultsDirectory = kept }, new ClipClassificationTask("set", Greys("test", 2, "dark", "light")));

        Assert.Equal((0, 1), (before.Records[0].Rows.Skipped, after.Records[0].Rows.Skipped));
        Assert.Equal("1", ClipBenchmarkCsv.Parse(after.ToCsv())[0].Others["files_skipped"]);
    }

    [Fact]
    public void Run_Intervals_AreNoPoints_WhereEveryRowIsRight_OrAClassHasOne()
    {
        var one = Record("one", ClipBenchmarkMetric.MeanPerClass, [1, 1, 1, 1]);
        var accuracy = Record("one", ClipBenchmarkMetric.Accuracy, [1, 1, 1, 1]);
        var uneven = Record("uneven", ClipBenchmarkMetric.MeanPerClass, [3, 1]);
        var auc = Record("uneven", ClipBenchmarkMetric.RocAuc, [3, 1]);

        // Classes of one size: both metrics are the same number, with the same interval.
        Assert.Equal(accuracy.Value, one.Value);
        Assert.Equal(accuracy.Interval!.Value.Lower, one.Interval!.Value.Lower, 1e-12);
        Assert.Equal(accuracy.Interval.Value.Upper, one.Interval.Value.Upper, 1e-12);
        Assert.All(new[] { one, uneven, auc }, r =>
        {
            Assert.InRange(r.Value, r.Interval!.Value.Lower, r.Interval.Value.Upper);
            Assert.True(r.Interval.Value.Upper - r.Interval.Value.Lower > 0.5, $"{r.Metric}: {r.Interval}");
        });

        ClipEvaluationRecord Record(string folder, ClipBenchmarkMetric metric, int[] perClass)
        {
            var rows = Greys(folder, perClass.Max(), [.. perClass.Select((_, i) => $"class {i}")]).Read().ToArray();
            int[] taken = new int[perClass.Length];
            ClipDataSetRow[] some = [.. rows.Where(r => taken[r.Label]++ < perClass[r.Label])];
            var set = new ClipDataSet(folder, [.. perClass.Select((_, i) => $"class {i}")], imagesAreFiles: true, () => some);
            return Run(_model, new(), new ClipClassificationTask("set", set) { Metric = metric }).Records[0];
        }
    }

    private static ClipEvaluationResults Run(ClipModel model, ClipEvaluationOptions options, params IReadOnlyList<ClipEvaluationTask> tasks) =>
        ClipEvaluation.Run([new("tiny", model)], tasks, options, TestContext.Current.CancellationToken);

    private ClipDataSet Greys(string folder, int perClass, params IReadOnlyList<string> names)
    {
        for (int i = 0; i < names.Count * perClass; i++)
        {
            string file = _directory.Combine($"{folder}/{names[i / perClass]}/{i % perClass}.png");
            Directory.CreateDirectory(Path.GetDirectoryName(file)!);
            byte grey = (byte)(10 + (7 * i));
            using var image = MLImage.CreateFromPixels(8, 8, MLPixelFormat.Bgra32,
                [.. Enumerable.Range(0, 256).Select(j => j % 4 == 3 ? byte.MaxValue : grey)]);
            image.Save(file);
        }
        return ClipDataSet.FromFolders(_directory.Combine(folder));
    }
}
