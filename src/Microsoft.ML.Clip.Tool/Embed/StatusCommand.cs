using System.CommandLine;
using System.Globalization;

namespace Mlclip;

/// <summary><c>mlclip embed status</c>: what is done, and what is to be submitted again.</summary>
internal static class StatusCommand
{
    public static Command Create()
    {
        var plan = EmbedCommand.Plan();
        var verify = new Option<bool>("--verify") { Description = "Compute the hashes of all results again, which reads them." };
        var array = new Option<bool>("--array") { Description = "Print only the shards that are to be submitted, as a scheduler's array has them: 3,7-9. If there is none, nothing, not even an empty line." };
        return ToolCommand.Of("status", "Say which shards are done and which are left. Ends with 0 when all is done, with 1 when shards are to be submitted, and with 42 when those that are left are damaged: they take run --redo.",
            ["mlclip embed status --plan job/plan.json", """left=$(mlclip embed status --plan job/plan.json --array); test -n "$left" && sbatch --array=$left job.sh"""], [plan, verify, array], (parse, output, stop) =>
            {
                var status = ClipShardPlan.Load(parse.GetRequiredValue(plan)).GetStatus(parse.GetValue(verify), stop);
                try
                {
                    Print(output, status, parse.GetValue(array));
                }
                catch (Exception e) when (ToolConsole.IsClosedPipe(e))
                {
                    // Nobody reads on; what it ends with is an answer, too.
                }
                return status.IsComplete ? ExitCode.Done : status.ArrayExpression.Length > 0 ? ExitCode.Retry : ExitCode.BadInput;
            });
    }

    private static void Print(ToolOutput output, ClipShardStatus status, bool isArray)
    {
        if (isArray && !output.IsJson)
        {
            // A line without numbers would be one more thing for a scheduler to stumble over.
            if (status.ArrayExpression.Length > 0)
            {
                output.Line(status.ArrayExpression);
            }
            if (status.Damaged.Count > 0)
            {
                output.Say($"mlclip: damaged, and not among those that are to be submitted: {ClipShardStatus.ToArrayExpression(status.Damaged)}. Run them with --redo.");
            }
        }
        else
        {
            output.Facts(Of(status), ToolJson.Lines.StatusResult, Facts(status));
        }
    }

    private static StatusResult Of(ClipShardStatus s) => new(s.IsComplete, s.ShardCount, s.Done.Count, s.Missing, s.Failed, s.Damaged, s.Duplicates,
        s.ArrayExpression, [.. s.Failures.Select(f => new FailureLine(f.Shard, CommandWords.Of(f.Message), f.Machine))], s.Foreign,
        s.Rows, s.FailedRows, Math.Round(s.Seconds, 1));

    private static IEnumerable<(string Name, string Text)> Facts(ClipShardStatus s)
    {
        yield return ("done", string.Create(CultureInfo.InvariantCulture, $"{s.Done.Count:N0} of {PrintedText.Count(s.ShardCount, "shard")}, {s.Rows:N0} rows, {s.FailedRows:N0} of them unreadable"));
        foreach (var (name, shards) in new[] { ("missing", s.Missing), ("failed", s.Failed), ("damaged", s.Damaged), ("twice", s.Duplicates) })
        {
            if (shards.Count > 0)
            {
                yield return (name, ClipShardStatus.ToArrayExpression(shards));
            }
        }
        foreach (var failure in s.Failures)
        {
            yield return ($"shard {failure.Shard}", $"{CommandWords.Of(failure.Message)}{(failure.Machine is { } machine ? $" ({machine})" : "")}");
        }
        foreach (string file in s.Foreign)
        {
            yield return ("not of this plan", file);
        }
        if (s.ArrayExpression.Length > 0)
        {
            yield return ("submit again", s.ArrayExpression);
        }
        if (s.Damaged.Count > 0)
        {
            yield return ("run with --redo", ClipShardStatus.ToArrayExpression(s.Damaged));
        }
    }
}
