using System.Text.Json;

namespace Mlclip;

/// <summary>How far a shard is: a bar on a terminal, else a line of JSON on the error stream after every so many seconds.</summary>
internal sealed class ShardProgress(ToolOutput output, TimeSpan interval) : IProgress<ClipShardProgress>, IDisposable
{
    private readonly Lock _gate = new();
    private ProgressMeter? _bar;
    private TimeSpan _said;

    public void Report(ClipShardProgress value)
    {
        lock (_gate)
        {
            if (output.Console.IsErrorTerminal)
            {
                _bar ??= new ProgressMeter(output, $"shard {value.Shard}", value.Rows);
                _bar.Report(value.RowsDone);
            }
            else if (value.Elapsed - _said >= interval)
            {
                _said = value.Elapsed;
                var line = new ShardProgressLine(value.Shard, value.RowsDone, value.Rows, value.FailedRows, Math.Round(value.RowsPerSecond, 1));
                output.SayRaw(JsonSerializer.Serialize(line, ToolJson.Lines.ShardProgressLine));
            }
        }
    }

    /// <summary>The shard is over.</summary>
    public void Finish()
    {
        lock (_gate)
        {
            _bar?.Dispose();
            (_bar, _said) = (null, TimeSpan.Zero);
        }
    }

    public void Dispose() => Finish();
}
