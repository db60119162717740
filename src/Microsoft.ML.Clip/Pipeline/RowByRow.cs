using Microsoft.ML.Data;
using Microsoft.ML.Runtime;

namespace Microsoft.ML.Clip;

/// <summary>Computes a row at a time, as a prediction engine asks for it.</summary>
/// <remarks>
/// An engine is for one thread at a time. It has one row, which the next caller overwrites, so a second thread would get answers to the first one's question
/// without a word. Whoever comes while a row is computed is refused, and so is the one who was disturbed, as the row may have been the other's.
/// </remarks>
internal sealed class RowByRow<TInput>
{
    private readonly IHost _host;
    private readonly DataViewRow _row;
    private readonly BatchMapper<TInput> _mapper;
    private readonly RowWork<TInput> _work;
    private readonly ValueGetter<TInput> _getInput;
    private readonly FailedRows _failures;
    private TInput _value = default!;
    private long _computed = -1;
    private long _nextCount = 100;
    private int _isBusy;
    private int _intrusions;

    public RowByRow(IHost host, DataViewRow row, BatchMapper<TInput> mapper)
    {
        (_host, _row, _mapper, _work) = (host, row, mapper, mapper.CreateBatch(1));
        _getInput = row.GetGetter<TInput>(row.Schema[mapper.Input.Index]);
        _failures = new FailedRows(mapper.Input.Name, Warn);
    }

    /// <summary>The getter of an added column.</summary>
    public Delegate MakeGetter(int output) => _mapper.Outputs.MakeGetter(output, Values, Problem) switch
    {
        ValueGetter<VBuffer<float>> getter => OneAtATime(getter),
        ValueGetter<uint> getter => OneAtATime(getter),
        ValueGetter<ReadOnlyMemory<char>> getter => OneAtATime(getter),
        var getter => throw new NotSupportedException($"A getter of type {getter.GetType()} has no guard against several threads."),
    };

    private ReadOnlySpan<float> Values()
    {
        Compute();
        return _work.Row(0);
    }

    private ClipException? Problem()
    {
        Compute();
        return _work.Problem(0);
    }

    private void Compute()
    {
        long position = _row.Position;
        if (position == _computed)
        {
            return;
        }
        _computed = -1;
        _getInput(ref _value);
        try
        {
            _work.Prepare(0, _value);
            _work.Encode(1);
        }
        catch (Exception error)
        {
            throw RowErrors.Wrap(_host, position, _mapper.Input.Name, error);
        }
        _computed = position;
        if (_work.Problem(0) is { } problem)
        {
            TellOf(position, problem);
        }
    }

    // An engine has no end at which to say how many they were.
    private void TellOf(long position, ClipException problem)
    {
        _failures.Add(position, problem);
        if (_failures.Count >= _nextCount)
        {
            _failures.TellHowMany();
            _nextCount *= 10;
        }
    }

    // Around the copying of the values, too.
    private ValueGetter<T> OneAtATime<T>(ValueGetter<T> getter) => (ref T value) =>
    {
        if (Interlocked.Exchange(ref _isBusy, 1) != 0)
        {
            Interlocked.Increment(ref _intrusions);
            throw SeveralThreads();
        }
        try
        {
            int intrusions = Volatile.Read(ref _intrusions);
            long position = _row.Position;
            getter(ref value);
            if (Volatile.Read(ref _intrusions) != intrusions || _row.Position != position)
            {
                _computed = -1;
                throw SeveralThreads();
            }
        }
        finally
        {
            Volatile.Write(ref _isBusy, 0);
        }
    };

    private Exception SeveralThreads() => _host.Except(
        "Several threads use one prediction engine at the same time, so that each would get answers to another's question. Give each thread an engine of its own, or take them from a PredictionEnginePool " +
        "(package Microsoft.Extensions.ML); the model behind them can be shared.");

    private void Warn(string message)
    {
        using var channel = _host.Start("Row by row");
        channel.Warning(message);
    }
}
