using System.Diagnostics;

namespace Microsoft.ML.Clip;

/// <summary>How far a run is, counted in images: embedding takes nearly all of the time.</summary>
internal sealed class EvaluationMeter(IProgress<ClipEvaluationProgress>? progress, long total)
{
    private static readonly TimeSpan Interval = TimeSpan.FromSeconds(0.25);

    private readonly Stopwatch _watch = Stopwatch.StartNew();
    private string _model = "", _task = "", _stage = "";
    private long _done, _within;
    private TimeSpan _told = TimeSpan.MinValue;

    public void Begin(string model, string task) => (_model, _task) = (model, task);

    public void Stage(string stage)
    {
        _stage = stage;
        Tell(isNews: true);
    }

    /// <summary>Told of the images of one set while it is embedded.</summary>
    public IProgress<ClipProgress> Images(long count) => new Within(this, count);

    /// <summary>That set is embedded, or came from the cache.</summary>
    public void Done(long images)
    {
        (_done, _within) = (Math.Min(_done + images, total), 0);
        Tell(isNews: false);
    }

    /// <summary>A task is over, whatever of it was not needed.</summary>
    public void Reach(long done)
    {
        (_done, _within) = (Math.Min(done, total), 0);
        Tell(isNews: false);
    }

    private void Tell(bool isNews)
    {
        var elapsed = _watch.Elapsed;
        if (progress is null || (!isNews && elapsed - _told < Interval && _told >= TimeSpan.Zero))
        {
            return;
        }
        _told = elapsed;
        double fraction = total == 0 ? 0 : Math.Clamp((_done + _within) / (double)total, 0, 1);
        TimeSpan? remaining = fraction > 0 ? TimeSpan.FromSeconds(elapsed.TotalSeconds * (1 - fraction) / fraction) : null;
        progress.Report(new(_model, _task, _stage, fraction, elapsed, remaining));
    }

    private sealed class Within(EvaluationMeter meter, long count) : IProgress<ClipProgress>
    {
        public void Report(ClipProgress value)
        {
            meter._within = Math.Min(value.Done, count);
            meter.Tell(isNews: false);
        }
    }
}
