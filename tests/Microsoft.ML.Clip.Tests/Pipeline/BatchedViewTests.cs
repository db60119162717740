using Microsoft.ML.Data;
using Microsoft.ML.Runtime;

namespace Microsoft.ML.Clip.Tests;

/// <summary>The batched cursor, with an encoder that only doubles numbers and writes down what it was asked for.</summary>
public sealed class BatchedViewTests
{
    private readonly MLContext _ml = new(seed: 1);

    [Theory]
    [InlineData(0)]
    [InlineData(1)]
    [InlineData(6)]
    [InlineData(7)]
    [InlineData(8)]
    [InlineData(40)]
    public void Cursor_AnyNumberOfRows_GivesEachRowItsOwnValuesInOrder(int rows)
    {
        var encoder = new Doubling();
        var view = encoder.Apply(_ml, Numbers(rows), batchSize: 7);

        var read = _ml.Data.CreateEnumerable<OutputRow>(view, reuseRowObject: false).ToList();

        Assert.Equal(Enumerable.Range(0, rows).Select(i => (float)i), read.Select(r => r.Value));
        Assert.Equal(Enumerable.Range(0, rows).Select(i => 2f * i), read.Select(r => r.Output[0]));
        Assert.Equal(Enumerable.Range(0, rows).Select(i => $"row {i}"), read.Select(r => r.Name));
        Assert.Equal(rows, encoder.Batches.Sum());
        Assert.All(encoder.Batches.SkipLast(1), size => Assert.Equal(7, size));
    }

    [Fact]
    public void Cursor_OneShotSource_IsEnumeratedOnce()
    {
        int enumerations = 0;
        IEnumerable<Row> Source()
        {
            enumerations++;
            for (int i = 0; i < 20; i++)
            {
                yield return new Row { Value = i };
            }
        }
        var view = new Doubling().Apply(_ml, _ml.Data.LoadFromEnumerable(Source()), batchSize: 3);
        enumerations = 0;

        Assert.Equal(20, view.GetColumn<float[]>("Output").Count());

        Assert.Equal(1, enumerations);
    }

    [Fact]
    public void Cursor_OutputNotAskedFor_ComputesNothing()
    {
        var encoder = new Doubling();
        var view = encoder.Apply(_ml, Numbers(20), batchSize: 3);

        Assert.Equal(20, view.GetColumn<string>("Name").Count());

        Assert.Empty(encoder.Batches);
        Assert.Equal(0, encoder.Prepared);
    }

    [Fact]
    public void Cursor_SlowConsumer_HoldsTheSourceBack()
    {
        const int batchSize = 4;
        var encoder = new Doubling();
        int produced = 0;
        var source = _ml.Data.LoadFromEnumerable(Enumerable.Range(0, 10_000)
            .Select(i => { Volatile.Write(ref produced, i + 1); return new Row { Value = i }; }));
        var view = encoder.Apply(_ml, source, batchSize);
        using var cursor = view.GetRowCursor(view.Schema);

        Assert.True(cursor.MoveNext());
        int before;
        do
        {
            before = Volatile.Read(ref produced);
            Thread.Sleep(200);
        }
        while (before != Volatile.Read(ref produced));

        // One batch with the consumer and two ahead; the source itself may look one row ahead.
        Assert.InRange(before, batchSize, 3 * batchSize + 1);
    }

    [Fact]
    public void Dispose_HalfWay_EndsTheThreads()
    {
        var encoder = new Doubling();
        int produced = 0;
        IEnumerable<Row> Endless()
        {
            for (int i = 0; ; i++)
            {
                Volatile.Write(ref produced, i);
                yield return new Row { Value = i };
            }
        }
        var view = encoder.Apply(_ml, _ml.Data.LoadFromEnumerable(Endless()), batchSize: 4);

        using (var cursor = view.GetRowCursor(view.Schema))
        {
            for (int i = 0; i < 10; i++)
            {
                Assert.True(cursor.MoveNext());
            }
        }

        var (rows, batches) = (Volatile.Read(ref produced), encoder.Batches.Count);
        Thread.Sleep(100);
        Assert.Equal((rows, batches), (Volatile.Read(ref produced), encoder.Batches.Count));
    }

    [Fact]
    public void MoveNext_RowThatCannotBePrepared_GivesTheRowsBeforeItAndNamesIt()
    {
        var view = new Doubling { Bad = 17 }.Apply(_ml, Numbers(40), batchSize: 7);
        using var cursor = view.GetRowCursor(view.Schema);
        var getter = cursor.GetGetter<VBuffer<float>>(view.Schema["Output"]);
        VBuffer<float> value = default;
        int good = 0;

        var error = Assert.Throws<InvalidOperationException>(() =>
        {
            for (; cursor.MoveNext(); good++)
            {
                getter(ref value);
                Assert.Equal(2f * good, value.GetValues()[0]);
            }
        });

        Assert.Equal(17, good);
        Assert.Contains("Row 17 (counted from 0), column 'Value': 17 is bad", error.Message, StringComparison.Ordinal);
    }

    [Fact]
    public void MoveNext_SourceThrows_TheErrorReachesTheConsumerAfterTheGoodRows()
    {
        var source = _ml.Data.LoadFromEnumerable(Enumerable.Range(0, 100).Select(i => i == 9 ? throw new FormatException("line 9") : new Row { Value = i }));
        var view = new Doubling().Apply(_ml, source, batchSize: 4);
        using var cursor = view.GetRowCursor(view.Schema);
        int good = 0;

        var error = Assert.Throws<FormatException>(() =>
        {
            while (cursor.MoveNext())
            {
                good++;
            }
        });

        Assert.Equal("line 9", error.Message);
        Assert.Equal(9, good);
    }

    [Fact]
    public void MoveNext_EncoderThrows_TheErrorReachesTheConsumer()
    {
        var view = new Doubling { FailInEncoder = true }.Apply(_ml, Numbers(10), batchSize: 4);

        var error = Assert.Throws<InvalidOperationException>(() => view.GetColumn<float[]>("Output").Count());

        Assert.Equal("the encoder is out of order", error.Message);
    }

    [Fact]
    public void MoveNext_ContextIsCancelled_Stops()
    {
        var view = new Doubling().Apply(_ml, _ml.Data.LoadFromEnumerable(Endless()), batchSize: 4);
        using var cursor = view.GetRowCursor(view.Schema);
        Assert.True(cursor.MoveNext());

        _ml.CancelExecution();

        Assert.Throws<OperationCanceledException>(() =>
        {
            while (cursor.MoveNext())
            {
            }
        });

        static IEnumerable<Row> Endless()
        {
            for (int i = 0; ; i++)
            {
                yield return new Row { Value = i };
            }
        }
    }

    [Theory]
    [InlineData(2)]
    [InlineData(4)]
    public async Task Cursors_SeveralAtOnce_DoNotDisturbEachOther(int cursors)
    {
        var view = new Doubling().Apply(_ml, Numbers(500), batchSize: 8);
        float[] expected = Enumerable.Range(0, 500).Select(i => 2f * i).ToArray();

        float[][] results = await Task.WhenAll(Enumerable.Range(0, cursors)
            .Select(_ => Task.Run(() => view.GetColumn<float[]>("Output").Select(v => v[0]).ToArray())));

        Assert.All(results, r => Assert.Equal(expected, r));
    }

    [Fact]
    public void Cursor_MissingRows_AreNaNAndTheRestIsUntouched()
    {
        var log = new List<string>();
        _ml.Log += (_, e) => { lock (log) { log.Add(e.Message); } };
        var view = new Doubling { Missing = i => i % 10 == 3 }.Apply(_ml, Numbers(40), batchSize: 7);

        float[] values = view.GetColumn<float[]>("Output").Select(v => v[0]).ToArray();

        for (int i = 0; i < values.Length; i++)
        {
            Assert.Equal(i % 10 == 3 ? float.NaN : 2f * i, values[i]);
        }
        Assert.Contains(log, m => m.Contains("4 of the rows read had no usable value", StringComparison.Ordinal));
    }

    [Fact]
    public void Cursor_ShuffledSource_KeepsRowsTogether()
    {
        var view = new Doubling().Apply(_ml, _ml.Data.Cache(Numbers(100)), batchSize: 7);
        Assert.True(view.CanShuffle);
        using var cursor = view.GetRowCursor(view.Schema, new Random(5));
        var input = cursor.GetGetter<float>(view.Schema["Value"]);
        var output = cursor.GetGetter<VBuffer<float>>(view.Schema["Output"]);
        var seen = new List<float>();
        float value = 0;
        VBuffer<float> doubled = default;

        while (cursor.MoveNext())
        {
            input(ref value);
            output(ref doubled);
            Assert.Equal(2 * value, doubled.GetValues()[0]);
            seen.Add(value);
        }

        Assert.NotEqual(seen.Order(), seen);
        Assert.Equal(Enumerable.Range(0, 100).Select(i => (float)i), seen.Order());
    }

    [Fact]
    public void PassThrough_VectorsOfVaryingSize_AreCopied()
    {
        var rows = Enumerable.Range(0, 30).Select(i => new VectorRow { Value = i, Vector = [.. Enumerable.Repeat((float)i, i % 4)] }).ToArray();
        var view = new Doubling().Apply(_ml, _ml.Data.LoadFromEnumerable(rows), batchSize: 4);

        var read = _ml.Data.CreateEnumerable<VectorRow>(view, reuseRowObject: false).ToArray();

        Assert.Equal(rows.Select(r => r.Vector), read.Select(r => r.Vector));
    }

    [Fact]
    public void GetGetter_BeforeTheFirstRow_ThrowsOnlyWhenCalled()
    {
        var view = new Doubling().Apply(_ml, Numbers(3), batchSize: 2);
        using var cursor = view.GetRowCursor(view.Schema);
        var getter = cursor.GetGetter<VBuffer<float>>(view.Schema["Output"]);
        VBuffer<float> value = default;

        Assert.Throws<InvalidOperationException>(() => getter(ref value));
    }

    private IDataView Numbers(int count) => _ml.Data.LoadFromEnumerable(Enumerable.Range(0, count).Select(i => new Row { Value = i, Name = $"row {i}" }));

    private sealed class Row
    {
        public float Value { get; set; }

        public string Name { get; set; } = "";
    }

    private sealed class OutputRow
    {
        public float Value { get; set; }

        public string Name { get; set; } = "";

        public float[] Output { get; set; } = [];
    }

    private sealed class VectorRow
    {
        public float Value { get; set; }

        public float[] Vector { get; set; } = [];
    }

    private sealed class Doubling
    {
        private int _prepared;

        public int? Bad { get; init; }

        public bool FailInEncoder { get; init; }

        public string? ErrorColumnName { get; init; }

        public Func<float, bool> Missing { get; init; } = _ => false;

        public List<int> Batches { get; } = [];

        public int Prepared => _prepared;

        public IDataView Apply(MLContext ml, IDataView source, int batchSize)
        {
            var output = new DataViewSchema.DetachedColumn("Output", new VectorDataViewType(NumberDataViewType.Single, 1));
            var outputs = new RowOutputs([output], (_, values) => VectorColumn.MakeGetter(values), ErrorColumnName);
            var mapper = new BatchMapper<float>(source.Schema["Value"], outputs, batchSize, capacity => new Batch(this, capacity));
            return mapper.CreateView(((IHostEnvironment)ml).Register("Test"), source);
        }

        private sealed class Batch(Doubling owner, int capacity) : RowWork<float>(capacity, 1)
        {
            protected override ClipException? PrepareCore(int row, in float input)
            {
                Interlocked.Increment(ref owner._prepared);
                if (input == owner.Bad)
                {
                    throw new ArgumentException($"{input} is bad");
                }
                Output[row][0] = input;
                return owner.Missing(input) ? new ClipRowException($"{input} is missing") : null;
            }

            protected override void EncodeCore(int count)
            {
                if (owner.FailInEncoder)
                {
                    throw new InvalidOperationException("the encoder is out of order");
                }
                owner.Batches.Add(count);
                for (int i = 0; i < count; i++)
                {
                    Output[i][0] *= 2;
                }
            }
        }
    }
}
