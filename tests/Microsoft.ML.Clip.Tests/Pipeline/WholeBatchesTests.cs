using Microsoft.ML.Data;
using Microsoft.ML.Runtime;

namespace Microsoft.ML.Clip.Tests;

/// <summary>Rows that are computed together are the same ones on machines with other numbers of cores, where that is asked for.</summary>
public sealed class WholeBatchesTests
{
    private const int BatchSize = 8;

    private readonly MLContext _ml = new(seed: 1);

    [Theory]
    [InlineData(1, 50)]
    [InlineData(2, 50)]
    [InlineData(4, 50)]
    [InlineData(4, 8)]
    [InlineData(4, 3)]
    public void Rows_StandInTheBatchOfTheirNumber(int encoders, int rows)
    {
        var expected = Enumerable.Range(0, rows).Select(row => (float)Math.Min(BatchSize, rows - (row / BatchSize * BatchSize)));

        Assert.Equal(expected, Embed(encoders, rows, wholeBatches: true));
    }

    // What the option is for: without it, the number of cores is seen.
    [Fact]
    public void Rows_OtherwiseStandInBatchesOfTheMachine() =>
        Assert.NotEqual(Embed(encoders: 1, rows: 50, wholeBatches: false), Embed(encoders: 4, rows: 50, wholeBatches: false));

    [Fact]
    public void Option_ReachesTheReader()
    {
        using var directory = new TemporaryDirectory();
        using var clip = ClipModel.Load(TinyClip.WriteTo(directory));
        var rows = _ml.Data.LoadFromEnumerable(Enumerable.Range(0, 5).Select(_ => new Row()));

        foreach (bool whole in (bool[])[false, true])
        {
            using var step = _ml.Transforms.ClipImageEmbedding("Output", nameof(Row.Path), clip, new() { WholeBatches = whole }).Fit(rows);
            Assert.Equal(whole, step.HasWholeBatches);
        }
    }

    /// <summary>Every row becomes the number of rows that it was encoded with.</summary>
    private float[] Embed(int encoders, int rows, bool wholeBatches)
    {
        var source = _ml.Data.LoadFromEnumerable(Enumerable.Range(0, rows).Select(i => new Row { Value = i }).ToArray());
        var output = new DataViewSchema.DetachedColumn("Output", new VectorDataViewType(NumberDataViewType.Single, 1));
        var outputs = new RowOutputs([output], (_, values) => VectorColumn.MakeGetter(values));
        var share = new WorkShare(BatchSize, encoders, Threads: 1, PreparingThreads: 1);
        var mapper = new BatchMapper<float>(source.Schema[nameof(Row.Value)], outputs, BatchSize, capacity => new Counting(capacity), share)
        {
            WholeBatches = wholeBatches,
        };
        return [.. mapper.CreateView(((IHostEnvironment)_ml).Register("Test"), source).GetColumn<float[]>("Output").Select(v => v[0])];
    }

    private sealed class Row
    {
        public float Value { get; set; }

        public string Path { get; set; } = "";
    }

    private sealed class Counting(int capacity) : RowWork<float>(capacity, rowLength: 1)
    {
        protected override ClipException? PrepareCore(int row, in float input) => null;

        protected override void EncodeCore(int count)
        {
            for (int i = 0; i < count; i++)
            {
                Output[i][0] = count;
            }
        }
    }
}
