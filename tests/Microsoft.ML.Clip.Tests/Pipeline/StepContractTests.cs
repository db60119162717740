using Microsoft.ML.Data;
using Microsoft.ML.Runtime;

namespace Microsoft.ML.Clip.Tests;

/// <summary>What every CLIP step promises, whatever it computes.</summary>
public sealed class StepContractTests(StepFixture fixture) : IClassFixture<StepFixture>
{
    public static TheoryData<string> Steps => StepFixture.Steps;

    private MLContext ML => fixture.ML;

    [Theory, MemberData(nameof(Steps))]
    public void Schema_OfEstimatorTransformerAndData_Agree(string step)
    {
        var estimator = fixture.Create(step);
        var data = fixture.Data;

        var shape = estimator.GetOutputSchema(SchemaShape.Create(data.Schema));
        var transformer = estimator.Fit(data);
        var schema = transformer.GetOutputSchema(data.Schema);
        var view = transformer.Transform(data);

        Assert.Equal(schema.Select(c => (c.Name, c.Type)), view.Schema.Select(c => (c.Name, c.Type)));
        var actual = SchemaShape.Create(schema);
        Assert.Equal(actual.Select(c => c.Name).Order(), shape.Select(c => c.Name).Order());
        foreach (var column in actual)
        {
            Assert.True(shape.TryFindColumn(column.Name, out var promised));
            Assert.Equal((column.Kind, column.ItemType, column.IsKey), (promised.Kind, promised.ItemType, promised.IsKey));
            Assert.Equal(column.Annotations.Select(a => a.Name).Order(), promised.Annotations.Select(a => a.Name).Order());
        }
        var vector = Assert.IsType<VectorDataViewType>(schema[StepFixture.OutputOf(step)].Type);
        Assert.True(vector.IsKnownSize);
        Assert.All(view.GetColumn<float[]>(StepFixture.OutputOf(step)), v => Assert.Equal(vector.Size, v.Length));
    }

    [Theory, MemberData(nameof(Steps))]
    public void Transform_AnyBatchSize_GivesTheSameRows(string step)
    {
        float[][] whole = fixture.Run(fixture.Create(step, batchSize: StepFixture.RowCount).Fit(fixture.Data), step);

        foreach (int batchSize in (int[])[1, 2, 5, 64])
        {
            AssertClose(whole, fixture.Run(fixture.Create(step, batchSize).Fit(fixture.Data), step));
        }
    }

    [Theory, MemberData(nameof(Steps))]
    public void Transform_PermutedRows_PermutesTheOutput(string step)
    {
        var transformer = fixture.Create(step).Fit(fixture.Data);
        float[][] straight = fixture.Run(transformer, step);

        float[][] reversed = transformer.Transform(ML.Data.LoadFromEnumerable(fixture.Rows.Reverse())).GetColumn<float[]>(StepFixture.OutputOf(step)).ToArray();

        AssertClose(straight, [.. reversed.Reverse()]);
    }

    [Theory, MemberData(nameof(Steps))]
    public void PredictionEngine_RowByRow_GivesWhatTheBatchGives(string step)
    {
        var transformer = fixture.Create(step).Fit(fixture.Data);
        float[][] batch = fixture.Run(transformer, step);

        using var engine = ML.Model.CreatePredictionEngine<StepRow, StepOutput>(transformer);
        float[][] single = fixture.Rows.Select(r => engine.Predict(r)).Select(o => step.StartsWith("ZeroShot", StringComparison.Ordinal) ? o.Score : o.Output)
            .ToArray();

        AssertClose(batch, single);
    }

    [Theory, MemberData(nameof(Steps))]
    public void SaveAndLoad_InThisProcess_GivesTheSameRows(string step)
    {
        var transformer = fixture.Create(step).Fit(fixture.Data);
        string file = fixture.TemporaryFile("model.zip");
        ML.Model.Save(transformer, fixture.Data.Schema, file);

        var loaded = new MLContext().Model.Load(file, out var schema);

        // ML.NET cannot save the type of decoded images, and leaves such columns out of the schema.
        Assert.Equal(fixture.Data.Schema.Select(c => c.Name).Where(n => n != "Image"), schema.Select(c => c.Name));
        Assert.Equal(fixture.Run(transformer, step), fixture.Run(loaded, step));
        ((IDisposable)loaded).Dispose();
    }

    [Theory, MemberData(nameof(Steps))]
    public void SaveAndLoad_Twice_GivesTheSameRows(string step)
    {
        var transformer = fixture.Create(step).Fit(fixture.Data);
        string first = fixture.TemporaryFile("first.zip"), second = fixture.TemporaryFile("second.zip");
        ML.Model.Save(transformer, fixture.Data.Schema, first);
        var once = ML.Model.Load(first, out var schema);
        ML.Model.Save(once, schema, second);

        var twice = ML.Model.Load(second, out _);

        Assert.Equal(fixture.Run(transformer, step), fixture.Run(twice, step));
        ((IDisposable)once).Dispose();
        Assert.Equal(fixture.Run(transformer, step), fixture.Run(twice, step));
        ((IDisposable)twice).Dispose();
    }

    [Theory, MemberData(nameof(Steps))]
    public async Task Cursors_SeveralAtOnce_Agree(string step)
    {
        var transformer = fixture.Create(step).Fit(fixture.Data);
        float[][] expected = fixture.Run(transformer, step);

        float[][][] results = await Task.WhenAll(Enumerable.Range(0, 4).Select(_ => Task.Run(() => fixture.Run(transformer, step))));

        Assert.All(results, r => Assert.Equal(expected, r));
    }

    [Theory, MemberData(nameof(Steps))]
    public void Transform_InAChain_PassesTheOtherColumnsThrough(string step)
    {
        var chain = fixture.Create(step).Append(ML.Transforms.CopyColumns("Copy", "Number")).Fit(fixture.Data);
        var view = chain.Transform(fixture.Data);

        Assert.Equal(fixture.Rows.Select(r => r.Number), view.GetColumn<float>("Copy"));
        Assert.Equal(fixture.Rows.Select(r => r.Text), view.GetColumn<string>("Text"));
        Assert.Equal(fixture.Rows.Select(r => r.Bytes), view.GetColumn<byte[]>("Bytes"));
    }

    [Theory, MemberData(nameof(Steps))]
    public void Transform_InputColumnAskedForToo_IsHandedOn(string step)
    {
        var transformer = fixture.Create(step).Fit(fixture.Data);
        var view = transformer.Transform(fixture.Data);
        var input = view.Schema[StepFixture.InputOf(step)];
        using var cursor = view.GetRowCursor([input, view.Schema[StepFixture.OutputOf(step)]]);

        int rows = 0;
        while (cursor.MoveNext())
        {
            rows++;
        }

        Assert.Equal(StepFixture.RowCount, rows);
        Assert.All(fixture.Rows, r => Assert.True(r.Image.Width > 0));
    }

    [Theory, MemberData(nameof(Steps))]
    public void Fit_MissingColumn_NamesItAndTheOthers(string step)
    {
        var estimator = fixture.Create(step, inputColumn: "Nowhere");

        var error = Assert.ThrowsAny<ArgumentException>(() => estimator.Fit(fixture.Data));

        Assert.Contains("no column 'Nowhere'", error.Message, StringComparison.Ordinal);
        Assert.Contains("'Path'", error.Message, StringComparison.Ordinal);
        error = Assert.ThrowsAny<ArgumentException>(() => estimator.GetOutputSchema(SchemaShape.Create(fixture.Data.Schema)));
        Assert.Contains("no column 'Nowhere'", error.Message, StringComparison.Ordinal);
    }

    [Theory, MemberData(nameof(Steps))]
    public void Fit_WrongType_SaysWhatWasWantedAndFound(string step)
    {
        var estimator = fixture.Create(step, inputColumn: "Number");

        var error = Assert.ThrowsAny<ArgumentException>(() => estimator.Fit(fixture.Data));

        Assert.Contains("Column 'Number' has to be ", error.Message, StringComparison.Ordinal);
        Assert.Contains("but is Single", error.Message, StringComparison.Ordinal);
        error = Assert.ThrowsAny<ArgumentException>(() => estimator.GetOutputSchema(SchemaShape.Create(fixture.Data.Schema)));
        Assert.Contains("Column 'Number' has to be ", error.Message, StringComparison.Ordinal);
    }

    [Theory, MemberData(nameof(Steps))]
    public void Transform_EmptyData_IsEmpty(string step)
    {
        var transformer = fixture.Create(step).Fit(fixture.Data);

        Assert.Empty(transformer.Transform(ML.Data.LoadFromEnumerable(Array.Empty<StepRow>())).GetColumn<float[]>(StepFixture.OutputOf(step)));
    }

    private static void AssertClose(float[][] expected, float[][] actual)
    {
        Assert.Equal(expected.Length, actual.Length);
        for (int i = 0; i < expected.Length; i++)
        {
            Assert.Equal(expected[i].Length, actual[i].Length);
            for (int j = 0; j < expected[i].Length; j++)
            {
                Assert.True(MathF.Abs(expected[i][j] - actual[i][j]) <= Tolerances.BatchSize, $"row {i}, value {j}: expected {expected[i][j]}, found {actual[i][j]}");
            }
        }
    }

    private sealed class StepOutput
    {
        public float[] Output { get; set; } = [];

        public float[] Score { get; set; } = [];
    }
}
