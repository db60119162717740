using System.Collections.Concurrent;
using System.Runtime.ExceptionServices;
using Microsoft.ML.Data;
using Microsoft.ML.Runtime;

namespace Microsoft.ML.Clip;

/// <summary>The work of a <see cref="BatchReader{TInput}"/>: the batches, and the threads on which they are made.</summary>
internal sealed class ReadAhead<TInput> : IDisposable
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
    private readonly List<Thread> _threads = [];
    private readonly int _encoders;
    private readonly BatchSizes _sizes;
    private long _rowsRead;
    private bool _ended;
    private bool _isAbandoned;
    private Exception? _failure;

    public ReadAhead(IHost host, DataViewRowCursor source, IEnumerable<DataViewSchema.Column> passThrough,
        BatchMapper<TInput> mapper, long? rowCount = null)
    {
        (_host, _source, _input) = (host, source, mapper.Input);
        // Where it is known how much work there is, no memory is taken for more. A batch of one is what has the machine to itself, and none of these is that.
        int rows = (int)Math.Clamp(rowCount ?? int.MaxValue, 1, int.MaxValue), batchSize = Math.Clamp(rows, Math.Min(2, mapper.BatchSize), mapper.BatchSize);
        _encoders = Math.Min(ConcurrentBatches.Count(rows, batchSize), mapper.Share.Batches);
        _sizes = new BatchSizes(batchSize, mapper.WholeBatches ? 1 : _encoders, rowCount);
        _preparingThreads = mapper.Share.PreparingThreads;
        _idGetter = source.GetIdGetter();
        var kept = passThrough.ToArray();
        _inputIsShared = kept.Any(c => c.Index == _input.Index);
        // Decoded images are large: hold no more of them than can be worked on at once, unless the consumer wants to see them anyway.
        _chunkLength = typeof(TInput) == typeof(MLImage) && !_inputIsShared ? Math.Min(batchSize, Environment.ProcessorCount) : batchSize;
        for (int i = 0; i < _encoders + OtherBatches; i++)
        {
            _batches.Add(CreateBatch(kept, mapper.CreateBatch(batchSize)));
        }
        _batches.ForEach(_free.Add);
    }

    /// <summary>Starts the threads.</summary>
    public void Start()
    {
        try
        {
            StartThread(ReadAll, "CLIP batch reader");
            for (int i = 0; i < _encoders; i++)
            {
                StartThread(EncodeAll, "CLIP encoder");
            }
        }
        catch
        {
            // The system gives no more threads; those that there are would wait for ever.
            _cancellation.Cancel();
            throw;
        }
    }

    /// <summary>The next batch, or <see langword="null"/> after the last.</summary>
    public RowBatch<TInput>? Take()
    {
        if (!_inOrder.TryTake(out var batch, Timeout.Infinite))
        {
            if (Volatile.Read(ref _failure) is { } failure)
            {
                ExceptionDispatchInfo.Throw(failure);
            }
            return null;
        }
        try
        {
            batch.Encoded.Wait(_cancellation.Token);
        }
        catch (OperationCanceledException) when (Volatile.Read(ref _failure) is not null)
        {
            ExceptionDispatchInfo.Throw(_failure!);
        }
        return batch;
    }

    public void Return(RowBatch<TInput> batch) => _free.Add(batch);

    /// <summary>Has the threads end when they can, without waiting for them, and close the source: the consumer is no more. Called by the finalizer.</summary>
    public void Abandon()
    {
        try
        {
            Volatile.Write(ref _isAbandoned, true);
            _cancellation.Cancel();
        }
        catch (ObjectDisposedException)
        {
            // Closed by whoever was interrupted while making it.
        }
    }

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
            batch.Dispose();
        }
    }

    private void StartThread(ThreadStart start, string name)
    {
        var thread = new Thread(start) { IsBackground = true, Name = name };
        thread.Start();
        _threads.Add(thread);
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
        catch (Exception error)
        {
            // Nothing may leave a thread of ours: it would end the process. If there still is a consumer, it is told.
            Volatile.Write(ref _failure, error);
        }
        finally
        {
            _prepared.CompleteAdding();
            _inOrder.CompleteAdding();
            if (Volatile.Read(ref _isAbandoned))
            {
                CloseSource();
            }
        }
    }

    private void CloseSource()
    {
        try
        {
            _source.Dispose();
        }
        catch (Exception)
        {
            // There is nobody left to be told.
        }
    }

    private void ReadBatch(RowBatch<TInput> batch)
    {
        int most = _sizes.Next(_rowsRead);
        while (!_ended && batch.Count < most)
        {
            int start = batch.Count;
            int end = Fetch(batch, start, Math.Min(start + _chunkLength, most));
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
        catch (OperationCanceledException) when (_cancellation.IsCancellationRequested)
        {
            throw;
        }
        catch (Exception error)
        {
            // Also where the consumer left while the source was failing: then nobody hears of it.
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
        var work = new NumberedWork(start, end, row =>
        {
            // If the consumer left, nobody will look at the rows.
            if (!_cancellation.IsCancellationRequested)
            {
                batch.Encoder.Prepare(row, batch.Inputs[row - start + firstSlot]);
            }
        }).RunOn(_preparingThreads);
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
                try
                {
                    Encode(batch);
                }
                finally
                {
                    batch.Encoded.Set();
                }
            }
        }
        catch (OperationCanceledException) when (_cancellation.IsCancellationRequested)
        {
            // The consumer left.
        }
        catch (Exception error)
        {
            // As above: the batch has been handed on, and what comes after it is told by this.
            Volatile.Write(ref _failure, error);
            _cancellation.Cancel();
        }
    }

    private void Encode(RowBatch<TInput> batch)
    {
        try
        {
            _host.CheckAlive();
            if (batch.Count > 0)
            {
                batch.Encoder.Encode(batch.Count);
            }
        }
        catch (ClipEncodingException error)
        {
            (batch.Count, batch.Error) = (0, RowErrors.Wrap(_host, batch.FirstRow + error.Row.GetValueOrDefault(), _input.Name, error));
        }
        catch (Exception error)
        {
            (batch.Count, batch.Error) = (0, error);
        }
    }
}
