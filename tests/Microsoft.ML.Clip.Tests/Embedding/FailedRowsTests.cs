using Microsoft.ML.Data;
using Microsoft.ML.Runtime;

namespace Microsoft.ML.Clip.Tests;

/// <summary>Rows that fail where the user asked to go on: each says why, in a column and in the log, whoever reads it and however.</summary>
public sealed class FailedRowsTests(StepFixture fixture) : IClassFixture<StepFixture>
{
    private const string NoSuchFile = "/no/such/image.jpg";

    // In the first batch, at the seam of two, and at the end.
    private static readonly int[] Bad = [0, 4, 5, 22];

    private readonly MLContext _ml = new(seed: 1);

    public static TheoryData<string> ImageSteps => new("Image Path", "Image Bytes", "Image Image", "ZeroShot Path", "ZeroShot Bytes", "ZeroShot Image");

    [Theory, MemberData(nameof(ImageSteps))]
    public void View_BadRows_EachSaysWhy(string step)
    {
        var data = Data();
        using var model = Fit(step, data);

        string[] errors = [.. model.Transform(data).GetColumn<string>("Error")];
        float[][] values = model.Transform(data).GetColumnOf(StepFixture.OutputOf(step));

        Assert.Equal(StepFixture.RowCount, errors.Length);
        for (int i = 0; i < errors.Length; i++)
        {
            Assert.Equal(Bad.Contains(i), errors[i].Length > 0);
            Assert.Equal(Bad.Contains(i), float.IsNaN(values[i][0]));
        }
        AssertCause(step, errors[4]);
    }

    [Theory, MemberData(nameof(ImageSteps))]
    public void Engine_BadAndGoodRows_DoNotMix(string step)
    {
        using var model = Fit(step, Data());
        using var engine = _ml.Model.CreatePredictionEngine<StepRow, Output>(model);

        foreach (int i in (int[])[0, 1, 4, 5, 1, 1, 22, 2])
        {
            var output = engine.Predict(Row(i));
            Assert.Equal(Bad.Contains(i), output.Error.Length > 0);
            if (Bad.Contains(i))
            {
                AssertCause(step, output.Error);
            }
        }
    }

    [Theory, MemberData(nameof(ImageSteps))]
    public void SavedAndLoaded_KeepsTheColumn(string step)
    {
        var data = Data();
        using var model = Fit(step, data);
        string file = fixture.TemporaryFile("model.zip");
        _ml.Model.Save(model, data.Schema, file);

        var loaded = new MLContext().Model.Load(file, out _);

        Assert.Equal(model.Transform(data).GetColumn<string>("Error"), loaded.Transform(data).GetColumn<string>("Error"));
        ((IDisposable)loaded).Dispose();
    }

    [Fact]
    public void View_AnyColumnsActive_TheErrorIsTheRowsOwn()
    {
        var data = Data();
        using var model = Fit("Image Path", data);
        var view = model.Transform(data);
        string[][] columns = [["Error"], ["Error", "Number"], ["Error", "Output"], ["Error", "Path", "Number", "Output"]];

        foreach (string[] names in columns)
        {
            using var cursor = view.GetRowCursor(names.Select(n => view.Schema[n]));
            Check(cursor);
        }

        void Check(DataViewRowCursor cursor)
        {
            var error = cursor.GetGetter<ReadOnlyMemory<char>>(view.Schema["Error"]);
            var text = "left from before".AsMemory();
            while (cursor.MoveNext())
            {
                error(ref text);
                Assert.Equal(Bad.Contains((int)cursor.Position), !text.IsEmpty);
            }
        }
    }

    [Fact]
    public void View_Shuffled_TheErrorIsTheRowsOwn()
    {
        var data = _ml.Data.Cache(Data(withImages: false));
        using var model = Fit("Image Path", data);
        var view = model.Transform(data);
        using var cursor = view.GetRowCursor(view.Schema, new Random(3));
        var error = cursor.GetGetter<ReadOnlyMemory<char>>(view.Schema["Error"]);
        var number = cursor.GetGetter<float>(view.Schema["Number"]);
        var seen = new List<float>();
        ReadOnlyMemory<char> text = default;
        float value = 0;

        while (cursor.MoveNext())
        {
            error(ref text);
            number(ref value);
            Assert.Equal(Bad.Contains((int)value), !text.IsEmpty);
            seen.Add(value);
        }

        Assert.NotEqual(seen.Order(), seen);
        Assert.Equal(StepFixture.RowCount, seen.Count);
    }

    [Fact]
    public void ZeroShotOnEmbeddings_OfMissingImages_SaysSo()
    {
        var data = Data();
        var options = new ClipImageEmbeddingOptions { OnInvalidImage = ClipOnInvalidImage.Missing };
        var pipeline = _ml.Transforms.ClipImageEmbedding("Features", "Path", fixture.Model, options)
            .Append(_ml.Transforms.ClipZeroShotClassification("Features", fixture.Model, ["cat", "dog"], options: new() { ErrorColumnName = "Error" }));
        using var model = pipeline.Fit(data);

        string[] errors = [.. model.Transform(data).GetColumn<string>("Error")];

        Assert.Equal(Bad, Enumerable.Range(0, errors.Length).Where(i => errors[i].Length > 0));
        Assert.Contains("NaN", errors[4], StringComparison.Ordinal);
    }

    [Theory]
    [InlineData("Features")]
    [InlineData("Path")]
    public void Log_TwoStepsOfOnePipeline_NameARowOnce(string zeroShotInput)
    {
        var warnings = Warnings();
        var data = _ml.Data.LoadFromEnumerable(Enumerable.Range(0, 60).Select(i => new StepRow { Path = i % 2 == 0 ? $"/no/such/{i}.jpg" : fixture.Rows[1].Path }));
        var options = new ClipImageEmbeddingOptions { OnInvalidImage = ClipOnInvalidImage.Missing, BatchSize = 6 };
        var zeroShot = new ClipZeroShotOptions { OnInvalidImage = ClipOnInvalidImage.Missing };
        var pipeline = _ml.Transforms.ClipImageEmbedding("Features", "Path", fixture.Model, options)
            .Append(_ml.Transforms.CopyColumns("Copy", "Number"))
            .Append(_ml.Transforms.ClipZeroShotClassification(zeroShotInput, fixture.Model, ["cat", "dog"], options: zeroShot));
        var view = pipeline.Fit(data).Transform(data);

        for (int pass = 0; pass < 2; pass++)
        {
            warnings.Clear();
            using (var cursor = view.GetRowCursor(view.Schema))
            {
                while (cursor.MoveNext())
                {
                }
            }

            Assert.Equal(21, warnings.Count);
            Assert.All(warnings.Take(20).Index(), w => Assert.Contains($"Row {2 * w.Index} (counted from 0), column 'Path': ", w.Item, StringComparison.Ordinal));
            Assert.Contains("30 of the rows read had no usable value in column 'Path'", warnings[20], StringComparison.Ordinal);
        }
    }

    // Nobody has told of these.
    [Fact]
    public void Log_EmbeddingsThatCameAsNaN_AreNamed()
    {
        var warnings = Warnings();
        float[] missing = [.. Enumerable.Repeat(float.NaN, fixture.Model.EmbeddingDimension)];
        var rows = Enumerable.Range(0, 5).Select(i => new StepRow { Path = $"/no/such/{i}.jpg", Embedding = i == 3 ? missing : fixture.Rows[1].Embedding });
        var data = _ml.Data.LoadFromEnumerable(rows, fixture.Data.Schema);
        var pipeline = _ml.Transforms.ClipImageEmbedding("Features", "Path", fixture.Model, new() { OnInvalidImage = ClipOnInvalidImage.Missing })
            .Append(_ml.Transforms.ClipZeroShotClassification("Embedding", fixture.Model, ["cat", "dog"]));
        var view = pipeline.Fit(data).Transform(data);
        using (var cursor = view.GetRowCursor(view.Schema))
        {
            while (cursor.MoveNext())
            {
            }
        }

        Assert.Single(warnings, w => w.Contains("Row 3 (counted from 0), column 'Embedding': The embedding is NaN throughout", StringComparison.Ordinal));
        Assert.Single(warnings, w => w.Contains("1 of the rows read had no usable value in column 'Embedding'", StringComparison.Ordinal));
    }

    [Theory]
    [InlineData(3)]
    [InlineData(20)]
    [InlineData(33)]
    public void Log_NamesTheFirst20InOrderAndCountsTheRest(int bad)
    {
        var warnings = Warnings();
        var data = _ml.Data.LoadFromEnumerable(Enumerable.Range(0, 40).Select(i => new StepRow { Path = i < bad ? $"/no/such/{i}.jpg" : fixture.Rows[1].Path }));
        var options = new ClipImageEmbeddingOptions { OnInvalidImage = ClipOnInvalidImage.Missing, BatchSize = 6 };

        _ml.Transforms.ClipImageEmbedding("Features", "Path", fixture.Model, options).Fit(data).Transform(data).GetColumnOf("Features");

        int named = Math.Min(bad, 20);
        Assert.Equal(named + 1, warnings.Count);
        for (int i = 0; i < named; i++)
        {
            Assert.Contains($"Row {i} (counted from 0), column 'Path': ", warnings[i], StringComparison.Ordinal);
            Assert.Contains($"/no/such/{i}.jpg", warnings[i], StringComparison.Ordinal);
        }
        Assert.Contains($"{bad} of the rows read had no usable value in column 'Path'", warnings[^1], StringComparison.Ordinal);
        Assert.Equal(bad > 20, warnings[^1].Contains($"{bad - 20} of them are not named", StringComparison.Ordinal));
    }

    [Fact]
    public void Log_OfAnEngine_NamesTheFirst20AndCountsFromTimeToTime()
    {
        var warnings = Warnings();
        using var model = Fit("Image Path", Data());
        using var engine = _ml.Model.CreatePredictionEngine<StepRow, Output>(model);

        engine.Predict(Row(1));
        for (int i = 0; i < 101; i++)
        {
            engine.Predict(Row(4));
        }

        Assert.Equal(21, warnings.Count);
        Assert.Contains("Row 1 (", warnings[0], StringComparison.Ordinal);
        Assert.Contains("Row 20 (", warnings[19], StringComparison.Ordinal);
        Assert.Contains("100 of the rows read", warnings[20], StringComparison.Ordinal);
    }

    [Fact]
    public void Default_AddsNoColumn()
    {
        var data = fixture.Data;

        Assert.Null(new ClipImageEmbeddingOptions().ErrorColumnName);
        Assert.Equal(data.Schema.Count + 1, fixture.Create("Image Path").Fit(data).GetOutputSchema(data.Schema).Count);
        Assert.Equal(data.Schema.Count + 2, fixture.Create("ZeroShot Path").Fit(data).GetOutputSchema(data.Schema).Count);
    }

    [Theory]
    [InlineData("")]
    [InlineData(" ")]
    [InlineData("Output")]
    [InlineData("Score")]
    public void Name_ThatIsNoneOrTaken_IsRefused(string name)
    {
        var error = Assert.ThrowsAny<ArgumentException>(() => Create(name == "Score" ? "ZeroShot Path" : "Image Path", name));

        Assert.Contains("ErrorColumnName", error.Message, StringComparison.Ordinal);
    }

    [Fact]
    public void Throw_BehindMlNetsSplitter_TheInnermostExceptionSaysAll()
    {
        var view = fixture.Create("Image Path").Fit(fixture.Data).Transform(Data());
        var cursors = DataViewUtils.CreateSplitCursors(((IHostEnvironment)_ml).Register("Test"), view.GetRowCursor([view.Schema["Output"]]), 2);

        // What ML.NET's parallel steps do: a thread for each cursor.
        var error = Assert.ThrowsAny<Exception>(() => Parallel.ForEach(cursors, cursor =>
        {
            using (cursor)
            {
                while (cursor.MoveNext())
                {
                }
            }
        }));

        var failures = Assert.IsType<AggregateException>(error).Flatten().InnerExceptions;
        var outer = failures.First(e => e.Message.Contains("Splitter/consolidator", StringComparison.Ordinal));
        var inner = Assert.IsType<ClipImageException>(outer.GetBaseException());
        Assert.Equal((0L, "Path", NoSuchFile), (inner.Row, inner.Column, inner.Path));
        Assert.All(["Row 0", "'Path'", NoSuchFile], part => Assert.Contains(part, inner.Message, StringComparison.Ordinal));
    }

    private static void AssertCause(string step, string error)
    {
        string expected = StepFixture.InputOf(step) switch { "Path" => NoSuchFile, "Bytes" => "is empty", _ => "no image (null)" };
        Assert.Contains(expected, error, StringComparison.Ordinal);
    }

    private List<string> Warnings()
    {
        var warnings = new List<string>();
        _ml.Log += (_, e) =>
        {
            if (e.Kind == ChannelMessageKind.Warning)
            {
                warnings.Add(e.Message);
            }
        };
        return warnings;
    }

    private TransformerChain<ITransformer> Fit(string step, IDataView data) => new EstimatorChain<ITransformer>().Append(Create(step, "Error")).Fit(data);

    private IEstimator<ITransformer> Create(string step, string errorColumn)
    {
        string input = StepFixture.InputOf(step);
        return step.StartsWith("Image", StringComparison.Ordinal)
            ? _ml.Transforms.ClipImageEmbedding("Output", input, fixture.Model,
                new() { BatchSize = 5, OnInvalidImage = ClipOnInvalidImage.Missing, ErrorColumnName = errorColumn })
            : _ml.Transforms.ClipZeroShotClassification(input, fixture.Model, ["cat", "dog"],
                options: new() { BatchSize = 5, OnInvalidImage = ClipOnInvalidImage.Missing, ErrorColumnName = errorColumn });
    }

    private StepRow Row(int i, bool withImages = true) => Bad.Contains(i)
        ? new StepRow { Path = NoSuchFile, Image = null!, Embedding = new float[6], Number = i }
        : withImages ? fixture.Rows[i] : new StepRow { Path = fixture.Rows[i].Path, Embedding = new float[6], Number = i };

    private IDataView Data(bool withImages = true) => _ml.Data.LoadFromEnumerable(Enumerable.Range(0, StepFixture.RowCount).Select(i => Row(i, withImages)));

    private sealed class Output
    {
        public string Error { get; set; } = "";
    }
}
