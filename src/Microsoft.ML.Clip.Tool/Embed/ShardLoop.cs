using System.Globalization;

namespace Mlclip;

/// <summary>Computes one shard after the other, says what came of each, and knows what the process ends with.</summary>
internal sealed class ShardLoop(ClipShardWorker worker, ClipShardPlan plan, ToolOutput output, ShardProgress progress)
{
    private const int MostShown = 50;

    private int _code = ExitCode.Done;

    /// <summary>The shards of a list.</summary>
    public int Run(IEnumerable<int> shards, CancellationToken stop)
    {
        foreach (int shard in shards)
        {
            Do(shard, stop);
        }
        return _code;
    }

    /// <summary>The shards whose numbers stand on lines, as they come.</summary>
    public int RunLines(TextReader lines, CancellationToken stop)
    {
        while (Next(lines, stop) is { } line)
        {
            if (line.Trim().Length == 0)
            {
                continue;
            }
            if (int.TryParse(line, NumberStyles.AllowLeadingWhite | NumberStyles.AllowTrailingWhite, CultureInfo.InvariantCulture, out int shard))
            {
                Do(shard, stop);
            }
            else
            {
                Failed(-1, $"'{PrintedText.Short(line.Trim(), MostShown)}' is no number of a shard.", isTransient: false);
            }
        }
        return _code;
    }

    // Who waits for a line does not hear that it is to stop.
    private static string? Next(TextReader lines, CancellationToken stop)
    {
        var line = Task.Run(() => InputLines.Read(lines), CancellationToken.None);
        line.Wait(stop);
        return line.Result;
    }

    private void Do(int shard, CancellationToken stop)
    {
        stop.ThrowIfCancellationRequested();
        try
        {
            var result = worker.RunAsync(plan, shard, stop).GetAwaiter().GetResult();
            progress.Finish();
            Print(new(result.Shard, result.IsSkipped ? "skipped" : "done", result.Rows, result.FailedRows, result.Elapsed.TotalSeconds, null));
        }
        // Others of this worker's shards may be all right, unless it is the model, the plan or the disk.
        catch (ClipShardException e) when (e.Problem is not (ClipShardProblem.Model or ClipShardProblem.Output or ClipShardProblem.NoSpace))
        {
            progress.Finish();
            Failed(shard, e.Message, e.IsTransient);
        }
    }

    private void Failed(int shard, string message, bool isTransient)
    {
        message = CommandWords.Of(message);
        Print(new(shard, "failed", 0, 0, 0, message));
        if (!output.IsJson)
        {
            output.Say($"mlclip: {message}");
        }
        // What may succeed later decides: what cannot is found again then.
        _code = isTransient ? ExitCode.Retry : _code == ExitCode.Retry ? _code : ExitCode.BadInput;
    }

    private void Print(ShardLine line)
    {
        try
        {
            if (output.IsJson)
            {
                output.Json(line, ToolJson.Lines.ShardLine);
            }
            else
            {
                output.Line(string.Create(CultureInfo.InvariantCulture, $"{line.Shard}\t{line.Rows}\t{line.FailedRows}\t{line.Seconds:F1}\t{line.State}"));
            }
        }
        // Elsewhere that is the reader's choice and no failure; here, 0 would say that all shards are done.
        catch (Exception e) when (ToolConsole.IsClosedPipe(e))
        {
            throw new ToolException("nobody reads the results any more; shards may be left.", ExitCode.Retry);
        }
    }
}
