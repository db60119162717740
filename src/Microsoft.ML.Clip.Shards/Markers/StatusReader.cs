namespace Microsoft.ML.Clip;

/// <summary>Looks at an output directory while workers may be at it.</summary>
internal sealed class StatusReader(ClipShardPlan plan, bool verify)
{
    private const int MostForeign = 100;

    private readonly ShardLayout _layout = plan.Layout;
    private readonly List<int> _done = [], _missing = [], _failed = [], _damaged = [];
    private readonly List<ClipShardFailure> _failures = [];
    private readonly List<string> _foreign = [];
    private readonly HashSet<string> _named = new(StringComparer.Ordinal);
    private long _rows, _failedRows;
    private double _seconds;

    public ClipShardStatus Read(CancellationToken cancellation)
    {
        // One listing each and not a question for each shard: on a network's disk that is what takes the time.
        var markers = Shards(_layout.Done);
        var failures = Shards(_layout.Failed);
        for (int shard = 0; shard < plan.ShardCount; shard++)
        {
            cancellation.ThrowIfCancellationRequested();
            Look(shard, markers.Contains(shard), failures.Contains(shard), cancellation);
        }
        var duplicates = Duplicates();
        return new()
        {
            ShardCount = plan.ShardCount,
            Done = _done,
            Missing = _missing,
            Failed = _failed,
            Damaged = _damaged,
            Duplicates = duplicates,
            Foreign = _foreign,
            Failures = _failures,
            Rows = _rows,
            FailedRows = _failedRows,
            Seconds = _seconds,
        };
    }

    private void Look(int shard, bool hasMarker, bool hasFailure, CancellationToken cancellation)
    {
        ShardMarker? marker = null;
        string? problem = null;
        try
        {
            marker = hasMarker ? MarkerFile.Read(plan, shard) : null;
            problem = marker is null ? null : MarkerFile.Problem(marker, _layout, verify, cancellation);
        }
        catch (Exception e) when (e is ClipShardException or IOException or UnauthorizedAccessException)
        {
            problem = e.Message;
        }
        if (problem is not null)
        {
            _damaged.Add(shard);
            _failures.Add(new(shard, problem, Machine: null));
        }
        else if (marker is not null)
        {
            _done.Add(shard);
            _named.UnionWith(marker.Files.Select(f => Path.GetFileName(f.Name)));
            (_rows, _failedRows, _seconds) = (_rows + marker.Rows, _failedRows + marker.FailedRows, _seconds + marker.Seconds);
        }
        else if (hasFailure && Failure(shard) is { } failure)
        {
            _failed.Add(shard);
            _failures.Add(failure);
        }
        else
        {
            _missing.Add(shard);
        }
    }

    private ClipShardFailure? Failure(int shard)
    {
        try
        {
            var failure = ShardFiles.ReadJson(_layout.Failure(shard), ShardFailure.MostBytes, "The record", ClipShardProblem.Output, ShardJson.Default.ShardFailure);
            return failure.Plan == plan.Fingerprint ? new(shard, failure.Message, failure.Machine) : null;
        }
        catch (Exception e) when (e is ClipShardException or IOException or UnauthorizedAccessException)
        {
            return new(shard, e.Message, Machine: null);
        }
    }

    // Those of a shard that is not done are of a worker that was killed between its data and its marker; the next one's have the same names, or count instead.
    private List<int> Duplicates()
    {
        var done = _done.ToHashSet();
        var duplicates = new SortedSet<int>();
        foreach (string name in Names(_layout.Data))
        {
            if (!_named.Contains(name) && ShardLayout.ShardOf(name) is { } shard && done.Contains(shard))
            {
                duplicates.Add(shard);
            }
        }
        return [.. duplicates];
    }

    private HashSet<int> Shards(string folder) =>
        [.. Names(folder).Where(n => n.EndsWith(".json", StringComparison.Ordinal)).Select(n => ShardLayout.ShardOf(n)!.Value)];

    /// <summary>The names in a folder that are of shards of the plan; others are noted.</summary>
    private IEnumerable<string> Names(string folder)
    {
        if (!Directory.Exists(folder))
        {
            yield break;
        }
        foreach (string path in Directory.EnumerateFileSystemEntries(folder).Order(StringComparer.Ordinal))
        {
            string name = Path.GetFileName(path);
            if (ShardLayout.ShardOf(name) is { } shard && shard < plan.ShardCount)
            {
                yield return name;
            }
            else if (_foreign.Count < MostForeign)
            {
                _foreign.Add($"{Path.GetFileName(folder)}/{name}");
            }
        }
    }
}
