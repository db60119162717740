namespace Microsoft.ML.Clip.Tests;

/// <summary>What a simulated cluster is like. Times are in seconds of its own clock.</summary>
internal sealed record SimulatedCluster
{
    public required int Workers { get; init; }

    /// <summary>So many workers share a machine, and end with it.</summary>
    public int WorkersPerMachine { get; init; } = 8;

    /// <summary>What a shard takes on most workers: 10,000 images at 17 a second.</summary>
    public double SecondsPerShard { get; init; } = 600;

    /// <summary>The share of attempts that take many times as long.</summary>
    public double Stragglers { get; init; } = 0.02;

    /// <summary>How many seconds a worker lives on average.</summary>
    public double WorkerLife { get; init; } = 4 * 3600;

    /// <summary>How many seconds a machine lives on average.</summary>
    public double MachineLife { get; init; } = 24 * 3600;

    /// <summary>How long it takes until something else stands in the place of what has died.</summary>
    public int Replacement { get; init; } = 120;

    /// <summary>The share of shards that are handed out twice at once, as Kubernetes says may happen.</summary>
    public double DoubleStarts { get; init; } = 0.01;

    /// <summary>After how many seconds the scheduler is lost, time and again, and begins anew with what the markers say, while workers go on.</summary>
    public int SchedulerLife { get; init; } = 2 * 3600;

    public int Seed { get; init; } = 17;
}
