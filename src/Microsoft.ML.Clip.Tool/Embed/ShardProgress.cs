using System.Text.Json;

namespace Mlclip;

/// <summary>How far a shard is: a bar on a terminal, else a line of JSON on the error stream after every so many seconds. One shard at a time.</summary>
internal sealed class ShardProgress(ToolOutput output, TimeSpan interval) : IProgress<ClipShardProgress>, IDisposable
{
    private readonly LateMeter _bar = new();
    private TimeSpan _said;

    public void Report(ClipShardProgress value)
    {
        if (output.Console.IsErrorTerminal)
        {
            _bar.Report(() => new ProgressMeter(output, $"shard {value.Shard}", value.Rows), value.RowsDone, value.Rows);
        }
        else if (value.Elapsed - _said >= interval)
        {
            _said = value.Elapsed;
            var line = new ShardProgressLine(value.Shard, value.RowsDone, value.Rows, value.FailedRows, Math.Round(value.RowsPerSecond, 1));
            output.SayRaw(JsonSerializer.Serialize(line, ToolJson.Lines.ShardProgressLine));
        }
    }

    /// <summary>The shard is over.</summary>
    public void Finish()
    {
        _bar.Finish();
        _said = TimeSpan.Zero;
    }

    public void Dispose() => _bar.Dispose();
}
