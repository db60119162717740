using Microsoft.ML.Runtime;

namespace Microsoft.ML.Clip;

/// <summary>
/// Computes shards of a plan, one for each call: what a process that a scheduler starts does, or a grain or an actor in a process of others. It may be killed
/// at any moment.
/// </summary>
/// <remarks>
/// <para>A shard's results go into temporary files, then, under names that hold their hashes, into the plan's output directory, and then a marker says that the
/// shard is done. Two workers on one shard cost time and no data.</para>
/// <para>Memory does not depend on the number of rows. One shard keeps all cores busy; more at the same time are slower together and take more memory.</para>
/// <para>Thread-safe. It owns nothing; the model stays the caller's and must live as long as shards are computed.</para>
/// </remarks>
public sealed class ClipShardWorker
{
    private readonly ClipModel _clip;
    private readonly ClipShardWorkerOptions _options;
    private readonly MLContext _ml = new();
    private readonly Lock _gate = new();
    private string? _hash;

    /// <summary>Creates a worker.</summary>
    /// <param name="clip">The model of the plans whose shards it computes.</param>
    /// <param name="options">Choices, or <see langword="null"/> for the defaults.</param>
    /// <exception cref="ArgumentOutOfRangeException">An option is out of range.</exception>
    public ClipShardWorker(ClipModel clip, ClipShardWorkerOptions? options = null)
    {
        ArgumentNullException.ThrowIfNull(clip);
        (_clip, _options) = (clip, options ?? new());
        _options.Validate();
    }

    /// <summary>Computes a shard, unless it is done already.</summary>
    /// <param name="plan">The plan.</param>
    /// <param name="shard">Which one, from 0.</param>
    /// <param name="cancellationToken">Drops it, between two batches; nothing of it is kept.</param>
    /// <returns>What came of it. It runs on a thread of its own.</returns>
    /// <exception cref="ClipShardException">
    /// It cannot be done; <see cref="ClipShardException.Problem"/> says why, and <see cref="ClipShardException.IsTransient"/> whether it is worth trying again.
    /// </exception>
    /// <exception cref="ObjectDisposedException">The model is disposed.</exception>
    /// <exception cref="OperationCanceledException">It was cancelled.</exception>
    public Task<ClipShardResult> RunAsync(ClipShardPlan plan, int shard, CancellationToken cancellationToken = default)
    {
        ArgumentNullException.ThrowIfNull(plan);
        return Task.Factory.StartNew(() => Run(plan, shard, cancellationToken), cancellationToken, TaskCreationOptions.LongRunning, TaskScheduler.Default);
    }

    private ClipShardResult Run(ClipShardPlan plan, int shard, CancellationToken cancellation)
    {
        // A number that is no shard's has no record of failures either.
        _ = plan.ShardAt(shard);
        try
        {
            if (!_options.Redo && MarkerFile.Read(plan, shard) is { } marker)
            {
                return MarkerFile.Problem(marker, plan.Layout, _options.VerifyDone, cancellation) is { } problem
                    ? throw MarkerFile.Error(plan.Layout.Marker(shard), shard, problem) : Skipped(marker);
            }
            RequireModel(plan, cancellation);
            return new ShardRun(_ml, _clip, plan, shard, _options).Run(cancellation);
        }
        catch (Exception e) when (Explain(e, shard, cancellation) is { } problem)
        {
            ShardRun.Record(plan, shard, problem);
            throw problem;
        }
    }

    internal static ClipShardResult Skipped(ShardMarker marker) =>
        new(marker.Shard, IsSkipped: true, marker.Rows, marker.FailedRows, marker.InputBytes, TimeSpan.FromSeconds(marker.Seconds));

    /// <summary>What an exception means to a scheduler; null for those that are handed on as they are.</summary>
    private static ClipShardException? Explain(Exception error, int shard, CancellationToken cancellation) => error switch
    {
        OperationCanceledException when cancellation.IsCancellationRequested => null,
        ClipShardException { Shard: not null } known => known,
        ClipShardException known => new(known.Problem, $"Shard {shard}: {known.Message}", known) { Shard = shard },
        // ML.NET may wrap what its cursors throw.
        InvalidOperationException when error.GetBaseException() is ClipShardException known => new(known.Problem, $"Shard {shard}: {known.Message}", error) { Shard = shard },
        InvalidOperationException when error.GetBaseException() is ClipEncodingException bad => new(ClipShardProblem.Model, $"Shard {shard} cannot be embedded: {bad.Message}", error) { Shard = shard },
        ObjectDisposedException => null,
        InvalidOperationException => new(ClipShardProblem.Transient, $"Shard {shard} could not be finished: {error.Message}", error) { Shard = shard },
        OverflowException => new(ClipShardProblem.Plan, $"Shard {shard} cannot be written: {error.Message}", error) { Shard = shard },
        _ when ShardFiles.IsTooLong(error) => new(ClipShardProblem.Output, $"Shard {shard} cannot be written: {error.Message}", error) { Shard = shard },
        _ when ShardFiles.IsOfFiles(error) => ShardFiles.Explain(error, $"Shard {shard} could not be finished", shard),
        _ => null,
    };

    private void RequireModel(ClipShardPlan plan, CancellationToken cancellation)
    {
        string hash;
        lock (_gate)
        {
            // Reads all files of the model.
            hash = _hash ??= _clip.ComputeContentHash(cancellation);
        }
        if (hash != plan.ModelHash)
        {
            string named = plan.Options.ModelName is { } name ? $" The plan was made with '{name}'{(plan.Options.ModelVariant is { } variant ? $", variant '{variant}'" : "")}." : "";
            throw new ClipShardException(ClipShardProblem.Model,
                $"The model is another one than the plan's: its content has the hash {hash}, that of the plan's {plan.ModelHash}.{named}");
        }
    }
}
