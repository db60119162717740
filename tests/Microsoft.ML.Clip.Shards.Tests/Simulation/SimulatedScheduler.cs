using System.Globalization;

namespace Microsoft.ML.Clip.Tests;

/// <summary>
/// A scheduler and its workers: time is virtual, the file system is real, and so is everything that is done to it. What happens in the same ten seconds
/// happens at the same time, on threads.
/// </summary>
internal sealed class SimulatedScheduler
{
    // After so many times what a shard takes, a copy of it begins elsewhere.
    private const double Late = 1.5;

    private const int Tick = 10, Look = 60, Threads = 16;

    private readonly ClipShardPlan _plan;
    private readonly SimulatedCluster _cluster;
    private readonly Random _random;
    private readonly PriorityQueue<SimulatedAttempt, (int, int)> _running = new();
    private readonly PriorityQueue<int, int> _asleep = new();
    private readonly Dictionary<int, List<SimulatedAttempt>> _atWork = [];
    private readonly Queue<int> _waiting;
    private readonly Stack<int> _idle;
    private readonly HashSet<int> _known = [];
    private int _now, _order;
    private int _attempts, _speculative, _doubled, _skipped, _unheard, _schedulers, _machines;
    private readonly int[] _killed = new int[(int)FakeWorker.Step.Done];
    private double _busy, _useful;

    public SimulatedScheduler(ClipShardPlan plan, SimulatedCluster cluster)
    {
        (_plan, _cluster, _random) = (plan, cluster, new Random(cluster.Seed));
        _waiting = new(Enumerable.Range(0, plan.ShardCount));
        _idle = new(Enumerable.Range(0, cluster.Workers));
    }

    public int Killed => _killed.Sum();

    /// <summary>Attempts that found somebody else's marker.</summary>
    public int Skipped => _skipped;

    /// <summary>Runs until the scheduler has heard of every shard.</summary>
    /// <returns>What it was like, in words.</returns>
    public string Run()
    {
        int nextScheduler = _cluster.SchedulerLife;
        double nextMachine = After(_cluster.MachineLife * _cluster.WorkersPerMachine / _cluster.Workers);
        while (_known.Count < _plan.ShardCount)
        {
            HandOut();
            int next = Math.Min(_running.TryPeek(out _, out var end) ? end.Item1 : int.MaxValue, _asleep.TryPeek(out _, out int awake) ? awake : int.MaxValue);
            // Who has nothing to do looks from time to time what takes too long.
            _now = _idle.Count > 0 ? Math.Min(next, _now + Look) : next;
            while (nextMachine <= _now)
            {
                KillMachine((int)nextMachine);
                nextMachine += After(_cluster.MachineLife * _cluster.WorkersPerMachine / _cluster.Workers);
            }
            while (_asleep.TryPeek(out _, out awake) && awake <= _now)
            {
                _idle.Push(_asleep.Dequeue());
            }
            EndWhatEnds();
            if (_now >= nextScheduler)
            {
                nextScheduler += _cluster.SchedulerLife;
                BeginAnew();
            }
        }
        return Report();
    }

    private void HandOut()
    {
        var begun = new List<SimulatedAttempt>();
        while (_idle.Count > 0 && Next() is { } shard)
        {
            begun.Add(Hand(shard));
            if (_idle.Count > 0 && _random.NextDouble() < _cluster.DoubleStarts)
            {
                _doubled++;
                // Of the same length: both come to the end in the same second.
                begun.Add(Hand(shard, begun[^1]));
            }
        }
        AtOnce(begun, a => a.Begin());
    }

    /// <summary>What waits, else the shard that is longest at work and only once: a speculative copy.</summary>
    private int? Next()
    {
        while (_waiting.TryDequeue(out int shard))
        {
            if (!_known.Contains(shard))
            {
                return shard;
            }
        }
        var late = _atWork.Values.Where(a => a.Count == 1 && _now - a[0].Begins > Late * _cluster.SecondsPerShard).MinBy(a => a[0].Begins);
        _speculative += late is null ? 0 : 1;
        return late?[0].Shard;
    }

    private SimulatedAttempt Hand(int shard, SimulatedAttempt? twin = null)
    {
        int worker = _idle.Pop();
        double seconds = twin is not null ? twin.Ends - _now : _cluster.SecondsPerShard * (0.8 + (0.4 * _random.NextDouble()));
        seconds *= twin is null && _random.NextDouble() < _cluster.Stragglers ? 3 + (12 * _random.NextDouble()) : 1;
        double life = After(_cluster.WorkerLife);
        bool isKilled = life < seconds && twin is null;
        var fate = isKilled ? Fate() : FakeWorker.Step.Done;
        var attempt = new SimulatedAttempt(_plan, shard, worker, fate)
        {
            Begins = _now,
            Ends = (_now + (int)(isKilled ? life : seconds) + Tick) / Tick * Tick,
            IsUnheard = isKilled && fate == FakeWorker.Step.Done,
        };
        _attempts++;
        _running.Enqueue(attempt, (attempt.Ends, _order++));
        (_atWork.TryGetValue(shard, out var others) ? others : _atWork[shard] = []).Add(attempt);
        return attempt;
    }

    // The last steps of a shard are a hundredth of its time, and here a good third of all ends.
    private FakeWorker.Step Fate() => _random.Next(100) switch
    {
        < 10 => FakeWorker.Step.Begun,
        < 60 => FakeWorker.Step.HalfWritten,
        < 75 => FakeWorker.Step.Finished,
        < 90 => FakeWorker.Step.Moved,
        _ => FakeWorker.Step.Done,
    };

    private void EndWhatEnds()
    {
        var ended = new List<SimulatedAttempt>();
        while (_running.TryPeek(out var attempt, out var end) && end.Item1 <= _now)
        {
            _running.Dequeue();
            if (!attempt.IsLost)
            {
                ended.Add(attempt);
            }
        }
        AtOnce(ended, a => a.End());
        foreach (var attempt in ended)
        {
            Ended(attempt);
        }
    }

    private void Ended(SimulatedAttempt attempt)
    {
        _busy += _now - attempt.Begins;
        bool isDead = attempt.Fate != FakeWorker.Step.Done || attempt.IsUnheard;
        if (attempt.Fate == FakeWorker.Step.Done)
        {
            _skipped += attempt.IsSkipped ? 1 : 0;
            _useful += attempt.IsSkipped ? 0 : _now - attempt.Begins;
            _unheard += attempt.IsUnheard ? 1 : 0;
        }
        else
        {
            _killed[(int)attempt.Fate]++;
        }
        Free(attempt, isDead);
        if (!isDead && !attempt.IsForgotten)
        {
            _known.Add(attempt.Shard);
        }
    }

    private void Free(SimulatedAttempt attempt, bool isDead)
    {
        if (isDead)
        {
            _asleep.Enqueue(attempt.Worker, _now + _cluster.Replacement);
        }
        else
        {
            _idle.Push(attempt.Worker);
        }
        if (attempt.IsForgotten)
        {
            return;
        }
        if (_atWork.TryGetValue(attempt.Shard, out var others) && others.Remove(attempt) && others.Count == 0)
        {
            _atWork.Remove(attempt.Shard);
            if (isDead)
            {
                _waiting.Enqueue(attempt.Shard);
            }
        }
    }

    private void KillMachine(int when)
    {
        int machine = _random.Next(_cluster.Workers / _cluster.WorkersPerMachine);
        SimulatedAttempt[] there = [.. _running.UnorderedItems.Select(i => i.Element)
            .Where(a => !a.IsLost && a.Worker / _cluster.WorkersPerMachine == machine).OrderBy(a => a.Worker)];
        _machines += there.Length > 0 ? 1 : 0;
        foreach (var attempt in there)
        {
            attempt.IsLost = true;
            _busy += when - attempt.Begins;
            _killed[(int)FakeWorker.Step.HalfWritten]++;
            Free(attempt, isDead: true);
        }
    }

    // Whoever computes goes on, and the new scheduler does not know of it: it asks the markers, as mlclip embed status does, while they are written.
    private void BeginAnew()
    {
        _schedulers++;
        var status = _plan.GetStatus();
        Assert.True(status.Damaged.Count == 0 && status.Foreign.Count == 0, $"after {_now} seconds: {status}\n{string.Join('\n', status.Failures)}");
        foreach (var attempt in _atWork.Values.SelectMany(a => a))
        {
            attempt.IsForgotten = true;
        }
        _atWork.Clear();
        _waiting.Clear();
        _known.Clear();
        _known.UnionWith(status.Done);
        foreach (int shard in status.Remaining)
        {
            _waiting.Enqueue(shard);
        }
    }

    // Threads that wait for the disk most of the time: more of them than processors.
    private static void AtOnce(List<SimulatedAttempt> attempts, Action<SimulatedAttempt> act)
    {
        foreach (var some in attempts.Chunk(Threads))
        {
            Task.WaitAll([.. some.Select(a => Task.Factory.StartNew(() => act(a), CancellationToken.None, TaskCreationOptions.LongRunning,
                TaskScheduler.Default))]);
        }
    }

    private double After(double mean) => -mean * Math.Log(1 - _random.NextDouble());

    private string Report()
    {
        double ideal = _plan.ShardCount * _cluster.SecondsPerShard / _cluster.Workers;
        string killedAt = string.Join(", ", _killed.Select((n, i) => string.Create(CultureInfo.InvariantCulture, $"{(FakeWorker.Step)i} {n:N0}")));
        return string.Create(CultureInfo.InvariantCulture, $"""
            {_cluster.Workers:N0} workers, {_plan.ShardCount:N0} shards, {_attempts:N0} attempts in {_now / 3600.0:F2} hours
            without any loss it would be {ideal / 3600:F2} hours
            killed: {_killed.Sum():N0} ({killedAt}), {_machines:N0} times a whole machine
            after the marker and before the answer: {_unheard:N0}
            handed out twice at once: {_doubled:N0}; speculative copies: {_speculative:N0}
            schedulers lost: {_schedulers}; found done by somebody else: {_skipped:N0}
            of the workers' time {100 * _useful / _busy:F1}% went into results that count
            """);
    }
}
