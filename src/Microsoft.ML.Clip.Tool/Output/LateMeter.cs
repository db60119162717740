namespace Mlclip;

/// <summary>A meter that begins when there is something to show, and may begin anew. Thread-safe.</summary>
internal sealed class LateMeter : IDisposable
{
    private readonly Lock _gate = new();
    private ProgressMeter? _meter;
    private bool _isOver;

    /// <summary>So many are done, of so many.</summary>
    /// <param name="begin">Makes the meter, if there is none.</param>
    /// <param name="done">How many are done.</param>
    /// <param name="total">Of how many.</param>
    public void Report(Func<ProgressMeter> begin, long done, long total)
    {
        lock (_gate)
        {
            if (!_isOver)
            {
                (_meter ??= begin()).Report(done, total);
            }
        }
    }

    /// <summary>What comes now begins another.</summary>
    public void Finish()
    {
        lock (_gate)
        {
            _meter?.Dispose();
            _meter = null;
        }
    }

    /// <summary>What comes now is not shown: reports may be under way when the work is over.</summary>
    public void Dispose()
    {
        lock (_gate)
        {
            _isOver = true;
            Finish();
        }
    }
}
