using System.Diagnostics;
using Microsoft.ML.Data;
using Microsoft.ML.Runtime;

namespace Microsoft.ML.Clip;

/// <summary>Tells how far work of known kind is: not more often than asked for, and once at the end. Thread-safe; reports come one at a time.</summary>
/// <param name="progress">Who is told.</param>
/// <param name="interval">The least time between two reports.</param>
/// <param name="begin">The first report, at nothing done.</param>
internal sealed class ProgressMeter(IProgress<ClipProgress> progress, TimeSpan interval, ClipProgress begin)
{
    /// <summary>Often enough to watch, seldom enough to read.</summary>
    public static readonly TimeSpan DefaultInterval = TimeSpan.FromSeconds(1);

    private readonly Lock _gate = new();
    private readonly long _start = Stopwatch.GetTimestamp();
    private readonly long _ticks = TicksOf(interval);
    private long _next = Stopwatch.GetTimestamp() + TicksOf(interval);
    private long _done;
    private bool _isOver;

    /// <summary>Some more is done.</summary>
    public void Add(long count = 1)
    {
        long done = Interlocked.Add(ref _done, count);
        if (Stopwatch.GetTimestamp() < Volatile.Read(ref _next))
        {
            return;
        }
        // Whoever finds it taken has nothing to say that the other does not.
        if (_gate.TryEnter())
        {
            try
            {
                if (!_isOver && Stopwatch.GetTimestamp() >= _next)
                {
                    Report(isLast: false);
                }
            }
            finally
            {
                _gate.Exit();
            }
        }
    }

    /// <summary>All is done, whatever was counted.</summary>
    public void Complete() => Interlocked.Exchange(ref _done, begin.Total ?? _done);

    /// <summary>Nothing more will be done.</summary>
    public void End()
    {
        lock (_gate)
        {
            if (!_isOver)
            {
                _isOver = true;
                Report(isLast: true);
            }
        }
    }

    // So that the time it ends at is a number as well.
    private static long TicksOf(TimeSpan interval) => (long)Math.Min(interval.TotalSeconds * Stopwatch.Frequency, long.MaxValue / 4);

    private void Report(bool isLast)
    {
        Volatile.Write(ref _next, Stopwatch.GetTimestamp() + _ticks);
        progress.Report(begin with { Done = Interlocked.Read(ref _done), Elapsed = Stopwatch.GetElapsedTime(_start), IsLast = isLast });
    }
}

/// <summary>A view that is its source, and tells how far it has been read.</summary>
internal sealed class ProgressView(IHost host, IDataView source, IProgress<ClipProgress> progress, long? total, TimeSpan interval) : IDataView
{
    private int _passes;

    public bool CanShuffle => source.CanShuffle;

    public DataViewSchema Schema => source.Schema;

    public long? GetRowCount() => source.GetRowCount();

    public DataViewRowCursor GetRowCursor(IEnumerable<DataViewSchema.Column> columnsNeeded, Random? rand = null) =>
        new Cursor(host, source.GetRowCursor(columnsNeeded, rand), new Pass(this, cursors: 1));

    // The cursors of a set share the rows of one pass.
    public DataViewRowCursor[] GetRowCursorSet(IEnumerable<DataViewSchema.Column> columnsNeeded, int n, Random? rand = null)
    {
        var cursors = source.GetRowCursorSet(columnsNeeded, n, rand);
        var pass = new Pass(this, cursors.Length);
        return Array.ConvertAll(cursors, cursor => (DataViewRowCursor)new Cursor(host, cursor, pass));
    }

    // Begins with the first row: many cursors are made only to look at their schema.
    private ProgressMeter Begin() =>
        new(progress, interval, new() { Done = 0, Total = total ?? source.GetRowCount(), Elapsed = TimeSpan.Zero, Pass = Interlocked.Increment(ref _passes) });

    private sealed class Pass(ProgressView view, int cursors)
    {
        private readonly Lazy<ProgressMeter> _meter = new(view.Begin);
        private int _open = cursors;

        public void Begin() => _ = _meter.Value;

        public void Row() => _meter.Value.Add();

        public void Leave()
        {
            if (Interlocked.Decrement(ref _open) == 0 && _meter.IsValueCreated)
            {
                _meter.Value.End();
            }
        }
    }

    // A root, not one that is synchronized with its source: those are left out where rows are counted, as ML.NET moves the source itself.
    private sealed class Cursor(IChannelProvider provider, DataViewRowCursor input, Pass pass) : RootCursorBase(provider)
    {
        private bool _hasLeft;
        private bool _disposed;

        public override DataViewSchema Schema => input.Schema;

        public override long Batch => input.Batch;

        public override bool IsColumnActive(DataViewSchema.Column column) => input.IsColumnActive(column);

        public override ValueGetter<TValue> GetGetter<TValue>(DataViewSchema.Column column) => input.GetGetter<TValue>(column);

        public override ValueGetter<DataViewRowId> GetIdGetter() => input.GetIdGetter();

        protected override bool MoveNextCore()
        {
            pass.Begin();
            if (input.MoveNext())
            {
                pass.Row();
                return true;
            }
            Leave();
            return false;
        }

        protected override void Dispose(bool disposing)
        {
            if (disposing && !_disposed)
            {
                _disposed = true;
                input.Dispose();
                try
                {
                    Leave();
                }
                catch (Exception error)
                {
                    // Dispose must not throw: it would hide why it was called.
                    Ch.Warning($"The progress report failed: {error.Message}");
                }
            }
            base.Dispose(disposing);
        }

        private void Leave()
        {
            if (!_hasLeft)
            {
                _hasLeft = true;
                pass.Leave();
            }
        }
    }
}

/// <summary>Reports into ML.NET's log.</summary>
internal sealed class LoggedProgress(IHost host) : IProgress<ClipProgress>
{
    public void Report(ClipProgress value)
    {
        using var channel = host.Start("Progress");
        channel.Info(value.ToString());
    }
}
