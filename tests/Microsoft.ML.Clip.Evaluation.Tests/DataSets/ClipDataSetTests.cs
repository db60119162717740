using Microsoft.ML.Data;

namespace Microsoft.ML.Clip.Tests;

public sealed class ClipDataSetTests
{
    private static readonly string[] Names = ["cat", "dog"];

    [Fact]
    public void ToDataView_Bytes_FitsTheProbeAndEvaluate()
    {
        var ml = new MLContext(seed: 1);
        int readings = 0;
        var set = new ClipDataSet("pets", Names, imagesAreFiles: false, Rows);

        var view = set.ToDataView(ml);
        Assert.Equal(0, readings);
        Assert.Equal(Enumerable.Range(0, 40).Select(i => (byte[])[(byte)i]), view.GetColumn<byte[]>("Image"));
        Assert.Equal(Enumerable.Range(0, 40).Select(i => (uint)(i % 2) + 1), view.GetColumn<uint>("Label"));
        Assert.Equal(Enumerable.Range(0, 40).Select(i => $"row {i}"), view.GetColumn<string>("Name"));
        VBuffer<ReadOnlyMemory<char>> names = default;
        view.Schema["Label"].GetKeyValues(ref names);
        Assert.Equal(Names, names.DenseValues().Select(n => n.ToString()));
        Assert.IsType<VectorDataViewType>(view.Schema["Image"].Type);

        var features = ml.Transforms.Conversion.MapKeyToVector("Features", "Label").Fit(view).Transform(view);
        var scored = ml.MulticlassClassification.Trainers.ClipLinearProbe().Fit(features).Transform(features);
        var metrics = ml.MulticlassClassification.Evaluate(scored);

        Assert.Equal(1, metrics.MacroAccuracy);

        IEnumerable<ClipDataSetRow> Rows()
        {
            readings++;
            return Enumerable.Range(0, 40).Select(i => new ClipDataSetRow($"row {i}", new byte[] { (byte)i }, i % 2));
        }
    }

    [Fact]
    public void ToDataView_Files_HasPaths()
    {
        var view = new ClipDataSet("pets", Names, imagesAreFiles: true, () => [new("a", "/x/a.png", 1)]).ToDataView(new MLContext());

        Assert.Equal(["/x/a.png"], view.GetColumn<string>("Image"));
        Assert.IsType<TextDataViewType>(view.Schema["Image"].Type);
    }

    [Fact]
    public void Read_ThroughAView_NamesTheRowThatIsWrong()
    {
        var view = new ClipDataSet("pets", Names, imagesAreFiles: true, () => [new("a", "a.png", 1), new("b", "b.png", 2)]).ToDataView(new MLContext());

        var error = Assert.ThrowsAny<Exception>(() => view.GetColumn<uint>("Label").Count());
        Assert.Contains("Row 1 (counted from 0) of 'pets', 'b', has the label 2; expected 0 to 1", error.GetBaseException().Message, StringComparison.Ordinal);
    }

    [Fact]
    public void Read_IsLazy()
    {
        int made = 0;
        var set = new ClipDataSet("pets", Names, imagesAreFiles: true, () => Enumerable.Range(0, int.MaxValue).Select(i => new ClipDataSetRow("a", "a", made++ % 2)));

        Assert.Equal(3, set.Read().Take(3).Count());
        Assert.Equal(3, made);
    }

    [Fact]
    public void Read_NotWhatTheSetSays_IsNamed()
    {
        SetFiles.Refused(() => SetFiles.Drain(new ClipDataSet("s", Names, imagesAreFiles: true, () => [new("a", SetFiles.NoImage, 0)])), "'a'", "expected a file");
        SetFiles.Refused(() => SetFiles.Drain(new ClipDataSet("s", Names, imagesAreFiles: false, () => [new("a", "a.png", 0)])), "'a'", "expected bytes");
        SetFiles.Refused(() => SetFiles.Drain(new ClipDataSet("s", Names, imagesAreFiles: true, () => [new("a", "a.png", -1)])), "label -1");
        SetFiles.Refused(() => SetFiles.Drain(new ClipDataSet("s", Names, imagesAreFiles: true, () => [new("a", "a.png", 0)]) { Count = 2 }), "ended after 1 rows; expected 2");
    }

    [Fact]
    public void Constructor_OneClassOrNoName_IsRefused()
    {
        Assert.Contains("at least two", Assert.Throws<ArgumentException>(() => new ClipDataSet("s", ["cat"], true, () => [])).Message, StringComparison.Ordinal);
        Assert.Contains("Class 1", Assert.Throws<ArgumentException>(() => new ClipDataSet("s", ["cat", " "], true, () => [])).Message, StringComparison.Ordinal);
    }

    [Fact]
    public void Summarize_CountsAndShowsExamples()
    {
        var set = new ClipDataSet("s", ["cat", "dog", "missile", "missile"], imagesAreFiles: true, () => [new("a", "a", 2), new("b", "b", 0), new("c", "c", 2)]);

        var summary = set.Summarize();

        Assert.Equal([new("cat", 1, "b"), new("dog", 0, null), new("missile", 2, "a"), new ClipDataSetClass("missile", 0, null)], summary.Classes);
        Assert.Equal((3, false, 0), (summary.Rows, summary.IsOneClass, summary.Skipped));
        Assert.Equal(["dog", "missile"], summary.EmptyClasses);
        Assert.True(new ClipDataSet("s", Names, imagesAreFiles: true, () => [new("a", "a", 1), new("b", "b", 1)]).Summarize().IsOneClass);
        Assert.Throws<OperationCanceledException>(() => set.Summarize(new CancellationToken(canceled: true)));
    }
}
