using Microsoft.ML.Data;
using Microsoft.ML.Runtime;

namespace Microsoft.ML.Clip.Tests;

/// <summary>The batched cursor where several batches are in the encoder at the same time, in whatever order they come out.</summary>
public sealed class ConcurrentBatchTests
{
    private readonly MLContext _ml = new(seed: 1);

    [Fact]
    public void Cursor_BatchesFinishOutOfOrder_GivesRowsInOrder()
    {
        // Every third batch takes long.
        var view = Apply(Numbers(300), batchSize: 7, encoders: 3, encode: first => Thread.Sleep((int)first / 7 % 3 == 0 ? 20 : 0));

        Assert.Equal(Enumerable.Range(0, 300).Select(i => 2f * i), view.GetColumn<float[]>("Output").Select(v => v[0]));
    }

    [Fact]
    public void Cursor_SeveralEncoders_WorkAtTheSameTime()
    {
        // Batches of 1, 1 and 2, then three of 4.
        using var meeting = new Barrier(3);
        var view = Apply(Numbers(16), batchSize: 4, encoders: 3,
            encode: _ => Assert.True(meeting.SignalAndWait(TimeSpan.FromSeconds(30), TestContext.Current.CancellationToken)));

        Assert.Equal(16, view.GetColumn<float[]>("Output").Count());
    }

    [Fact]
    public void Cursor_SlowConsumer_HoldsTheSourceBack()
    {
        const int batchSize = 4, encoders = 3;
        int produced = 0;
        var source = _ml.Data.LoadFromEnumerable(Enumerable.Range(0, 10_000)
            .Select(i => { Volatile.Write(ref produced, i + 1); return new Row { Value = i }; }));
        var view = Apply(source, batchSize, encoders);
        using var cursor = view.GetRowCursor(view.Schema);

        Assert.True(cursor.MoveNext());
        int before;
        do
        {
            before = Volatile.Read(ref produced);
            Thread.Sleep(200);
        }
        while (before != Volatile.Read(ref produced));

        // One batch with the consumer, one for each encoder, one being prepared; the source itself may look one row ahead.
        Assert.InRange(before, batchSize, (encoders + 2) * batchSize + 1);
    }

    [Fact]
    public void MoveNext_AMiddleBatchFails_GivesTheRowsBeforeItThenThrows()
    {
        // Batches of 1, 1 and 2, then of 5. The one before it finishes last.
        var view = Apply(Numbers(100), batchSize: 5, encoders: 3, encode: first =>
        {
            if (first == 9)
            {
                Thread.Sleep(50);
            }
            if (first == 14)
            {
                throw new InvalidOperationException("batch of row 14");
            }
        });
        using var cursor = view.GetRowCursor(view.Schema);
        int good = 0;

        var error = Assert.Throws<InvalidOperationException>(() =>
        {
            for (; cursor.MoveNext(); good++)
            {
            }
        });

        Assert.Equal((14, "batch of row 14"), (good, error.Message));
    }

    [Fact]
    public void MoveNext_ContextIsCancelled_Stops()
    {
        var view = Apply(Numbers(1_000_000), batchSize: 4, encoders: 3);
        using var cursor = view.GetRowCursor(view.Schema);
        Assert.True(cursor.MoveNext());

        _ml.CancelExecution();

        Assert.Throws<OperationCanceledException>(() =>
        {
            while (cursor.MoveNext())
            {
            }
        });
    }

    private IDataView Numbers(int count) => _ml.Data.LoadFromEnumerable(Enumerable.Range(0, count).Select(i => new Row { Value = i }));

    private IDataView Apply(IDataView source, int batchSize, int encoders, Action<float>? encode = null)
    {
        var output = new DataViewSchema.DetachedColumn("Output", new VectorDataViewType(NumberDataViewType.Single, 1));
        var outputs = new RowOutputs([output], (_, values) => VectorColumn.MakeGetter(values));
        var mapper = new BatchMapper<float>(source.Schema["Value"], outputs, batchSize, capacity => new Batch(encode, capacity),
            new WorkShare(batchSize, encoders, Threads: null, PreparingThreads: 2));
        return mapper.CreateView(((IHostEnvironment)_ml).Register("Test"), source);
    }

    private sealed class Row
    {
        public float Value { get; set; }
    }

    private sealed class Batch(Action<float>? encode, int capacity) : RowWork<float>(capacity, 1)
    {
        protected override ClipException? PrepareCore(int row, in float input)
        {
            Output[row][0] = input;
            return null;
        }

        protected override void EncodeCore(int count)
        {
            encode?.Invoke(Output[0][0]);
            for (int i = 0; i < count; i++)
            {
                Output[i][0] *= 2;
            }
        }
    }
}
