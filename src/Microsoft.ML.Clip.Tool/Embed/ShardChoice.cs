using System.CommandLine;
using System.Globalization;

namespace Mlclip;

/// <summary>Which shards a worker computes: those that are named, those of its number among several workers, or whatever stands on standard input.</summary>
internal sealed class ShardChoice
{
    public Option<int[]> Shards { get; } = new("--shard") { HelpName = "I", Description = "Only this shard, counted from 0; may come several times.", AllowMultipleArgumentsPerToken = true };

    public Option<string?> Worker { get; } = new("--worker")
    {
        HelpName = "K/N",
        Description = "Worker K of N, counted from 0, has every N-th shard from the K-th on. Default: what Slurm, Kubernetes, Grid Engine, AWS Batch, Cloud Run or MPI say "
            + "in the environment (CLIP_WORKERS for N where they say only K), else all shards.",
    };

    public Option<bool> Stdin { get; } = new("--stdin") { Description = "Shards come on standard input, a number a line, and a line of JSON goes out for each: for GNU parallel, Ray, Spark's pipe." };

    /// <summary>The shards of this worker.</summary>
    /// <exception cref="ToolException">The options make no sense.</exception>
    /// <exception cref="ClipShardException">The environment makes none.</exception>
    public IEnumerable<int> Of(ParseResult parse, ClipShardPlan plan)
    {
        int[] named = parse.GetValue(Shards) ?? [];
        string? worker = parse.GetValue(Worker);
        if ((named.Length > 0 ? 1 : 0) + (worker is null ? 0 : 1) + (parse.GetValue(Stdin) ? 1 : 0) > 1)
        {
            throw new ToolException("--shard, --worker and --stdin each say which shards to compute; give one of them.");
        }
        foreach (int shard in named)
        {
            _ = plan.RowsOf(shard);
        }
        return named.Length > 0 ? named
            : worker is not null ? OfWorker(plan, worker)
            : ClipShardSelection.FromEnvironment(plan) ?? [.. Enumerable.Range(0, plan.ShardCount)];
    }

    private static IReadOnlyList<int> OfWorker(ClipShardPlan plan, string worker)
    {
        string[] parts = worker.Split('/');
        return parts.Length == 2 && int.TryParse(parts[0], NumberStyles.None, CultureInfo.InvariantCulture, out int k)
            && int.TryParse(parts[1], NumberStyles.None, CultureInfo.InvariantCulture, out int n) && k < n
            ? ClipShardSelection.OfWorker(plan, k, n)
            : throw new ToolException($"--worker is '{worker}'; expected K/N with K from 0 to N - 1, such as 0/4 for the first of four workers.");
    }
}
