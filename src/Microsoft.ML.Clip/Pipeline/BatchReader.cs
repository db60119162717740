using System.Collections.Concurrent;
using Microsoft.ML.Data;
using Microsoft.ML.Runtime;

namespace Microsoft.ML.Clip;

/// <summary>
/// Runs ahead of a consumer: one thread enumerates the source (once) and prepares batches, fanning out over the processors; others run the
/// encoder, each on a batch of its own; finished batches wait for the consumer, who gives them back. There are only as many batches as can be worked on,
/// so memory is bounded and a slow consumer slows the source down.
/// </summary>
/// <remarks>The consumer gets the batches in the order in which they were read. Created, consumed and disposed by one thread.</remarks>
internal sealed class BatchReader<TInput> : IDisposable
{
    // Besides those in the encoder: one with the consumer, one being prepared.
    private const int OtherBatches = 2;

    private readonly IHost _host;
    private readonly DataViewRowCursor _source;
    private readonly DataViewSchema.Column _input;
    private readonly bool _inputIsShared;
    private readonly int _chunkLength;
    private readonly ValueGetter<DataViewRowId> _idGetter;
    private readonly CancellationTokenSource _cancellation = new();
    private readonly BlockingCollection<RowBatch<TInput>> _free = [];
    private readonly BlockingCollection<RowBatch<TInput>> _prepared = [];
    private readonly BlockingCollection<RowBatch<TInput>> _inOrder = [];
    private readonly List<RowBatch<TInput>> _batches = [];
    private readonly int _preparingThreads;
    private readonly Thread[] _threads;
    private long _rowsRead;
    private long _missingRows;
    private bool _ended;

    public BatchReader(IHost host, DataViewRowCursor source, IEnumerable<DataViewSchema.Column> passThrough,
        BatchMapper<TInput> mapper)
    {
        (_host, _source, _input) = (host, source, mapper.Input);
        int batchSize = mapper.BatchSize, encoders = mapper.Share.Batches;
        _preparingThreads = mapper.Share.PreparingThreads;
        _idGetter = source.GetIdGetter();
        var kept = passThrough.ToArray();
        _inputIsShared = kept.Any(c => c.Index == _input.Index);
        // Decoded images are large: hold no more of them than can be worked on at once, unless the consumer wants to see them anyway.
        _chunkLength = typeof(TInput) == typeof(MLImage) && !_inputIsShared ? Math.Min(batchSize, Environment.ProcessorCount) : batchSize;
        for (int i = 0; i < encoders + OtherBatches; i++)
        {
            _batches.Add(CreateBatch(kept, mapper.CreateBatch(batchSize)));
        }
        _batches.ForEach(_free.Add);
        _threads = [StartThread(ReadAll, "CLIP batch reader"), .. Enumerable.Range(0, encoders).Select(_ => StartThread(EncodeAll, "CLIP encoder"))];
    }

    /// <summary>Rows that had no usable value, so far.</summary>
    public long MissingRows => Interlocked.Read(ref _missingRows);

    /// <summary>The next batch, or <see langword="null"/> after the last. The caller gives it back with <see cref="Return"/>.</summary>
    public RowBatch<TInput>? Take()
    {
        if (!_inOrder.TryTake(out var batch, Timeout.Infinite))
        {
            return null;
        }
        batch.Encoded.Wait();
        return batch;
    }

    public void Return(RowBatch<TInput> batch) => _free.Add(batch);

    /// <summary>Stops the threads (after the encoder runs they may be in) and closes the source.</summary>
    public void Dispose()
    {
        _cancellation.Cancel();
        foreach (var thread in _threads)
        {
            thread.Join();
        }
        _source.Dispose();
        _cancellation.Dispose();
        _free.Dispose();
        _prepared.Dispose();
        _inOrder.Dispose();
        foreach (var batch in _batches)
        {
            batch.Encoded.Dispose();
            batch.Encoder.Dispose();
        }
    }

    private static Thread StartThread(ThreadStart start, string name)
    {
        var thread = new Thread(start) { IsBackground = true, Name = name };
        thread.Start();
        return thread;
    }

    private RowBatch<TInput> CreateBatch(DataViewSchema.Column[] kept, RowWork<TInput> encoder)
    {
        var passThrough = new ColumnBuffer?[_source.Schema.Count];
        foreach (var column in kept)
        {
            passThrough[column.Index] = ColumnBuffer.Create(_source, column, encoder.Capacity);
        }
        var inputs = (ColumnBuffer<TInput>?)passThrough[_input.Index] ?? new ColumnBuffer<TInput>(_source, _input, _chunkLength);
        return new RowBatch<TInput>(encoder, inputs, passThrough);
    }

    private void ReadAll()
    {
        try
        {
            while (!_ended)
            {
                var batch = _free.Take(_cancellation.Token);
                (batch.FirstRow, batch.Count, batch.Error) = (_rowsRead, 0, null);
                batch.Encoded.Reset();
                ReadBatch(batch);
                if (batch.Count > 0 || batch.Error is not null)
                {
                    _inOrder.Add(batch);
                    _prepared.Add(batch);
                }
            }
        }
        catch (OperationCanceledException) when (_cancellation.IsCancellationRequested)
        {
            // The consumer left.
        }
        finally
        {
            _prepared.CompleteAdding();
            _inOrder.CompleteAdding();
        }
    }

    private void ReadBatch(RowBatch<TInput> batch)
    {
        while (!_ended && batch.Count < batch.Encoder.Capacity)
        {
            int start = batch.Count;
            int end = Fetch(batch, start, Math.Min(start + _chunkLength, batch.Encoder.Capacity));
            Prepare(batch, start, end);
        }
    }

    /// <summary>Reads rows of the source into the slots from <paramref name="start"/> on. An error ends the batch after the rows read so far.</summary>
    /// <returns>The end of what was read.</returns>
    private int Fetch(RowBatch<TInput> batch, int start, int end)
    {
        int row = start;
        try
        {
            while (row < end)
            {
                _cancellation.Token.ThrowIfCancellationRequested();
                _host.CheckAlive();
                if (!_source.MoveNext())
                {
                    _ended = true;
                    break;
                }
                FetchRow(batch, row, _inputIsShared ? row : row - start);
                row++;
            }
        }
        catch (Exception error) when (!_cancellation.IsCancellationRequested)
        {
            (batch.Error, _ended) = (error, true);
        }
        return row;
    }

    private void FetchRow(RowBatch<TInput> batch, int row, int inputSlot)
    {
        _idGetter(ref batch.Ids[row]);
        foreach (var column in batch.PassThrough)
        {
            column?.Fetch(row);
        }
        if (!_inputIsShared)
        {
            batch.Inputs.Fetch(inputSlot);
        }
    }

    private void Prepare(RowBatch<TInput> batch, int start, int end)
    {
        int firstSlot = _inputIsShared ? start : 0;
        // Rows after the first bad one are lost anyway; those before it must still be prepared, and are.
        var work = new NumberedWork(start, end, row => batch.Encoder.Prepare(row, batch.Inputs[row - start + firstSlot])).RunOn(_preparingThreads);
        batch.Count = work.Failed;
        // This row comes before whatever else went wrong.
        if (work.Error is { } error)
        {
            (batch.Error, _ended) = (RowErrors.Wrap(_host, batch.FirstRow + work.Failed, _input.Name, error), true);
        }
        _rowsRead += end - start;
    }

    private void EncodeAll()
    {
        try
        {
            while (_prepared.TryTake(out var batch, Timeout.Infinite, _cancellation.Token))
            {
                Encode(batch);
                batch.Encoded.Set();
            }
        }
        catch (OperationCanceledException) when (_cancellation.IsCancellationRequested)
        {
            // The consumer left.
        }
    }

    private void Encode(RowBatch<TInput> batch)
    {
        try
        {
            _host.CheckAlive();
            if (batch.Count > 0)
            {
                Interlocked.Add(ref _missingRows, batch.Encoder.Encode(batch.Count));
            }
        }
        catch (ClipEncodingException error)
        {
            (batch.Count, batch.Error) = (0, RowErrors.Wrap(_host, batch.FirstRow + error.Row, _input.Name, error));
        }
        catch (Exception error)
        {
            (batch.Count, batch.Error) = (0, error);
        }
    }
}

/// <summary>Consecutive rows on their way from the source to the consumer.</summary>
internal sealed class RowBatch<TInput>(RowWork<TInput> encoder, ColumnBuffer<TInput> inputs, ColumnBuffer?[] passThrough)
{
    /// <summary>What turns <see cref="Inputs"/> into the added columns.</summary>
    public RowWork<TInput> Encoder { get; } = encoder;

    /// <summary>The input column. May hold fewer slots than the batch has rows; see <see cref="BatchReader{TInput}"/>.</summary>
    public ColumnBuffer<TInput> Inputs { get; } = inputs;

    /// <summary>The active columns of the source, by their index there.</summary>
    public ColumnBuffer?[] PassThrough { get; } = passThrough;

    /// <summary>The rows' ids.</summary>
    public DataViewRowId[] Ids { get; } = new DataViewRowId[encoder.Capacity];

    /// <summary>The position of the first row in the source.</summary>
    public long FirstRow { get; set; }

    /// <summary>Whether the encoder is done with the batch.</summary>
    public ManualResetEventSlim Encoded { get; } = new();

    /// <summary>How many good rows there are.</summary>
    public int Count { get; set; }

    /// <summary>What ended the enumeration after these rows, if anything did.</summary>
    public Exception? Error { get; set; }
}
