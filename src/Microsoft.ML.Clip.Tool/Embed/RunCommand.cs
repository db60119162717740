using System.CommandLine;
using System.Globalization;

namespace Mlclip;

/// <summary><c>mlclip embed run</c>: computes shards; what a scheduler starts.</summary>
internal static class RunCommand
{
    public static Command Create()
    {
        var plan = EmbedCommand.Plan();
        var shards = new ShardChoice();
        var budget = new Option<string>("--max-failed") { HelpName = "SHARE", Description = "How many pictures of a shard may be unreadable, as 1% or 0.01, before it is given up.", DefaultValueFactory = _ => "1%" };
        var location = new Option<string?>("--input") { HelpName = "DIR", Description = "Where the inputs lie on this machine, if not where the plan says." };
        var every = new Option<double>("--progress") { HelpName = "SECONDS", Description = "How often a line of JSON on standard error says how far it is, where that is no terminal.", DefaultValueFactory = _ => 10 };
        var verify = new Option<bool>("--verify") { Description = "Believe a shard that is done only after its hashes are computed again." };
        var redo = new Option<bool>("--redo") { Description = "Compute shards again that are done, or whose marker cannot be used." };
        var model = new ModelChoice(isPlanned: true);
        return ToolCommand.Of("run",
            "Compute shards: those that are named, or this worker's, or all. What is done is passed over. Lines: shard, rows, rows that failed, seconds, state. "
            + "Ends with 0 when all of them are done, 1 when one may succeed if it is tried again, 42 when that is no use, 75 when SIGTERM stopped it.",
            ["mlclip embed run --plan job/plan.json --shard $SLURM_ARRAY_TASK_ID", "mlclip embed run --plan job/plan.json --worker 0/4",
                "seq 0 41 | parallel --pipe -N1 mlclip embed run --plan job/plan.json --stdin"],
            [plan, shards.Shards, shards.Worker, shards.Stdin, budget, location, every, verify, redo, model.Model, model.Variant], (parse, output, stop) =>
            {
                using var progress = new ShardProgress(output, TimeSpan.FromSeconds(Positive(parse.GetValue(every))));
                var options = new ClipShardWorkerOptions
                {
                    MaxFailed = Share(parse.GetRequiredValue(budget)),
                    InputLocation = parse.GetValue(location) is { } moved ? Path.Exists(moved) ? moved
                        : throw new ToolException($"--input is '{moved}', which is not there.") : null,
                    VerifyDone = parse.GetValue(verify),
                    Redo = parse.GetValue(redo),
                    Progress = progress,
                };
                var loaded = ClipShardPlan.Load(parse.GetRequiredValue(plan));
                bool isStdin = parse.GetValue(shards.Stdin);
                var chosen = shards.Of(parse, loaded);
                using var clip = model.OpenPlanned(parse, loaded.Options, output, stop);
                var run = new ShardLoop(new ClipShardWorker(clip, options), loaded, isStdin ? new ToolOutput(output.Console, isJson: true) : output, progress);
                return isStdin ? run.RunLines(output.Console.In, stop) : run.Run(chosen, stop);
            });
    }

    private static double Positive(double seconds) => seconds is > 0 and <= 86_400 ? seconds
        : throw new ToolException(string.Create(CultureInfo.InvariantCulture, $"--progress is {seconds}; expected more than 0 seconds, and a day at most."));

    private static double Share(string text)
    {
        double scale = text.EndsWith('%') ? 100 : 1;
        return double.TryParse(text.TrimEnd('%'), NumberStyles.Float, CultureInfo.InvariantCulture, out double value) && value / scale is >= 0 and <= 1
            ? value / scale : throw new ToolException($"--max-failed is '{text}'; expected a share such as 1% or 0.01.");
    }
}
