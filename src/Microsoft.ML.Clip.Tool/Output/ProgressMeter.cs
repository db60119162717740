using System.Diagnostics;
using System.Globalization;

namespace Mlclip;

/// <summary>
/// How far a piece of work is, on the error stream: a bar on a terminal; elsewhere a line after every so many seconds, which is JSON where results are. Work
/// that is over sooner says nothing. Thread-safe.
/// </summary>
internal sealed class ProgressMeter : IProgress<int>, IProgress<long>, IDisposable
{
    /// <summary>How often lines come where there is no terminal.</summary>
    public static readonly TimeSpan Interval = TimeSpan.FromSeconds(10);

    private readonly ToolOutput _output;
    private readonly string _what;
    private readonly long _scale;
    private readonly Stopwatch _time = Stopwatch.StartNew();
    private readonly TaskCompletionSource _end = new();
    private readonly Task _bar;
    private readonly Timer? _timer;
    private long _done, _total;

    /// <summary>Begins.</summary>
    /// <param name="output">Where it is said.</param>
    /// <param name="what">What is going on.</param>
    /// <param name="total">How many there are; null where that is not known.</param>
    /// <param name="scale">What numbers are divided by to be shown: a million for megabytes.</param>
    public ProgressMeter(ToolOutput output, string what, long? total, long scale = 1)
    {
        (_output, _what, _scale, _total) = (output, PrintedText.Safe(what), scale, total ?? -1);
        if (output.Console.IsErrorTerminal)
        {
            _bar = TerminalView.Bar(output.Console, _what, State, _end.Task);
        }
        else
        {
            _bar = Task.CompletedTask;
            _timer = new Timer(_ => Say(), null, Interval, Interval);
        }
    }

    /// <summary>So many are done.</summary>
    public void Report(int value) => Volatile.Write(ref _done, value);

    /// <summary>So many are done.</summary>
    public void Report(long value) => Volatile.Write(ref _done, value);

    /// <summary>So many are done, of so many.</summary>
    public void Report(long done, long total)
    {
        Volatile.Write(ref _total, total);
        Volatile.Write(ref _done, done);
    }

    public void Dispose()
    {
        _end.TrySetResult();
        _timer?.Dispose();
        _bar.Wait();
    }

    private (double Done, double? Total) State() => (Volatile.Read(ref _done), Volatile.Read(ref _total) is >= 0 and var total ? total : null);

    private void Say()
    {
        long done = Volatile.Read(ref _done) / _scale, total = Volatile.Read(ref _total);
        double perSecond = done / _time.Elapsed.TotalSeconds;
        var (of, all) = total < 0 ? ("", "null")
            : (string.Create(CultureInfo.InvariantCulture, $" of {total / _scale:N0}"), (total / _scale).ToString(CultureInfo.InvariantCulture));
        _output.SayRaw(_output.IsJson
            ? string.Create(CultureInfo.InvariantCulture, $$"""{"progress":"{{_what}}","done":{{done}},"total":{{all}},"perSecond":{{perSecond:F1}}}""")
            : string.Create(CultureInfo.InvariantCulture, $"{_what}: {done:N0}{of}, {perSecond:F1} a second"));
    }
}
