using System.Numerics.Tensors;
using System.Runtime.ExceptionServices;
using System.Runtime.InteropServices;

namespace Microsoft.ML.Clip;

/// <summary>
/// Ranks that are threads of one process: for tests, for trying out a program before it goes to several machines, and for several GPUs in one machine. On one
/// processor <see cref="ClipContrastiveTrainer.Options.Threads"/> is simpler, and keeps one copy of the weights.
/// </summary>
/// <remarks>Each rank belongs to one thread at a time. A rank that is disposed while others wait for it ends their waiting with an error.</remarks>
public sealed class LocalCollective : ICollective, IDisposable
{
    /// <summary>Values that are added in one go: what a rank keeps for it is 16 MB.</summary>
    private const int Block = 1 << 22;

    private readonly Meeting _meeting;
    private byte[] _scratch = [];
    private bool _isDisposed;

    private LocalCollective(Meeting meeting, int rank) => (_meeting, Rank) = (meeting, rank);

    /// <inheritdoc/>
    public int Rank { get; }

    /// <inheritdoc/>
    public int Size => _meeting.Ranks.Length;

    /// <summary>Makes ranks, each to be given to a thread of its own.</summary>
    /// <param name="size">How many; 1 to 1,024.</param>
    /// <param name="timeout">
    /// How long a rank waits for the others before it takes them for lost; <see cref="Timeout.InfiniteTimeSpan"/> for ever. 30 minutes if
    /// <see langword="null"/>.
    /// </param>
    /// <returns>Rank 0, rank 1, ...; to be disposed by those who are given them.</returns>
    /// <exception cref="ArgumentOutOfRangeException">There cannot be so many, or the time is negative.</exception>
    public static IReadOnlyList<LocalCollective> Create(int size, TimeSpan? timeout = null)
    {
        Require.Range(size, 1, Threads.Most, nameof(size));
        var meeting = new Meeting(size, CollectiveTimeout.Of(timeout));
        return [.. meeting.Ranks = [.. Enumerable.Range(0, size).Select(rank => new LocalCollective(meeting, rank))]];
    }

    /// <summary>Runs an action on as many threads as there are ranks, and returns when all have ended. Where one throws, the others wait no more.</summary>
    /// <param name="size">How many ranks; 1 to 1,024.</param>
    /// <param name="work">What each does with its rank.</param>
    /// <param name="timeout">As <see cref="Create"/> has it.</param>
    /// <exception cref="ArgumentOutOfRangeException">There cannot be so many, or the time is negative.</exception>
    /// <exception cref="ClipTrainingException">The ranks did not do the same, or one did not come.</exception>
    /// <remarks>What a rank throws is thrown here; of several, what the rank threw that was the first to end.</remarks>
    public static void Run(int size, Action<ICollective> work, TimeSpan? timeout = null)
    {
        ArgumentNullException.ThrowIfNull(work);
        var ranks = Create(size, timeout);
        var errors = new Exception?[size];
        Thread[] threads = [.. ranks.Select(rank => new Thread(() =>
        {
            using (rank)
            {
                try
                {
                    work(rank);
                }
                catch (Exception e)
                {
                    errors[rank.Rank] = e;
                    rank.Abort(e.Message);
                }
            }
        })
        { IsBackground = true, Name = $"rank {rank.Rank} of {size}" })];
        Array.ForEach(threads, thread => thread.Start());
        Array.ForEach(threads, thread => thread.Join());
        // What the others throw says only that this one has ended.
        if ((errors[ranks[0]._meeting.EndedBy ?? 0] ?? errors.FirstOrDefault(e => e is not null)) is { } error)
        {
            ExceptionDispatchInfo.Throw(error);
        }
    }

    /// <inheritdoc/>
    /// <exception cref="ArgumentException"><paramref name="all"/> has another length than it has to.</exception>
    /// <exception cref="ClipTrainingException">A rank has left, calls something else, or does not come.</exception>
    public void AllGather(ReadOnlySpan<byte> own, Span<byte> all)
    {
        CollectiveLengths.Check(this, own, all);
        own.CopyTo(Scratch(own.Length));
        Meet(nameof(AllGather), own.Length);
        foreach (var rank in _meeting.Ranks)
        {
            rank._scratch.AsSpan(0, own.Length).CopyTo(all[(rank.Rank * own.Length)..]);
        }
        // Until here nobody may write into what others read.
        Meet(nameof(AllGather), own.Length);
    }

    /// <inheritdoc/>
    /// <exception cref="ClipTrainingException">A rank has left, calls something else, or does not come.</exception>
    public void AllReduceSum(Span<float> values)
    {
        do
        {
            var block = values[..Math.Min(Block, values.Length)];
            Sum(block, values.Length);
            values = values[block.Length..];
        }
        while (!values.IsEmpty);
    }

    /// <inheritdoc/>
    /// <exception cref="ClipTrainingException">A rank has left, calls something else, or does not come.</exception>
    public void Barrier() => Meet(nameof(Barrier), 0);

    /// <inheritdoc/>
    /// <remarks>Those who wait get a <see cref="ClipTrainingException"/> with the message, and so do all later calls. The first message stays.</remarks>
    public void Abort(string message) => _meeting.End($"Rank {Rank} of {Size} has ended the training: {message}", Rank);

    /// <summary>Leaves. Whoever waits for this rank, or will, gets an error; a rank that nobody waits for any more leaves without one.</summary>
    public void Dispose()
    {
        if (!_isDisposed)
        {
            _isDisposed = true;
            _meeting.Leave($"Rank {Rank} of {Size} has left, and the others wait for it.");
        }
    }

    /// <summary>Each rank adds one part of the values, of all ranks in their order, where nobody else reads or writes.</summary>
    private void Sum(Span<float> values, int length)
    {
        values.CopyTo(Floats(Scratch(values.Length * sizeof(float))));
        Meet(nameof(AllReduceSum), length);
        int part = (values.Length + Size - 1) / Size, start = Math.Min(Rank * part, values.Length), count = Math.Min(part, values.Length - start);
        var sum = Floats(_meeting.Ranks[0]._scratch).Slice(start, count);
        foreach (var rank in _meeting.Ranks.AsSpan(1))
        {
            TensorPrimitives.Add(sum, Floats(rank._scratch).Slice(start, count), sum);
        }
        Meet(nameof(AllReduceSum), length);
        Floats(_meeting.Ranks[0]._scratch)[..values.Length].CopyTo(values);
        Meet(nameof(AllReduceSum), length);
    }

    private static Span<float> Floats(Span<byte> bytes) => MemoryMarshal.Cast<byte, float>(bytes);

    private Span<byte> Scratch(int length)
    {
        if (_scratch.Length < length)
        {
            _scratch = new byte[length];
        }
        return _scratch.AsSpan(0, length);
    }

    private void Meet(string call, int length)
    {
        ObjectDisposedException.ThrowIf(_isDisposed, this);
        _meeting.Meet(Rank, call, length);
    }

    /// <summary>Where the ranks wait for each other.</summary>
    private sealed class Meeting(int size, TimeSpan timeout)
    {
        private readonly object _gate = new();
        private readonly bool[] _isHere = new bool[size];
        private int _arrived, _left;
        private long _round;
        private (int Rank, string Call, int Length) _first;
        private string? _end;

        public LocalCollective[] Ranks { get; set; } = [];

        /// <summary>The first rank that called for an end; null if none has, or the meeting came to one by itself.</summary>
        public int? EndedBy { get; private set; }

        public void Meet(int rank, string call, int length)
        {
            lock (_gate)
            {
                ThrowIfEnded();
                if (_left > 0)
                {
                    EndNow("A rank has left, and the others wait for it.");
                }
                if (_arrived == 0)
                {
                    _first = (rank, call, length);
                }
                else if (_first.Call != call || _first.Length != length)
                {
                    EndNow($"The ranks do not do the same: rank {_first.Rank} calls {Text(_first.Call, _first.Length)} and rank {rank} {Text(call, length)}.");
                }
                _isHere[rank] = true;
                if (++_arrived == size)
                {
                    (_arrived, _round) = (0, _round + 1);
                    Array.Clear(_isHere);
                    Monitor.PulseAll(_gate);
                    return;
                }
                Wait(call);
            }
        }

        public void End(string message, int? rank = null)
        {
            lock (_gate)
            {
                if (_end is null)
                {
                    (_end, EndedBy) = (message, rank);
                }
                Monitor.PulseAll(_gate);
            }
        }

        public void Leave(string message)
        {
            lock (_gate)
            {
                _left++;
                if (_arrived > 0)
                {
                    _end ??= message;
                    Monitor.PulseAll(_gate);
                }
            }
        }

        private static string Text(string call, int length) => call == nameof(Barrier) ? call : $"{call} of {length:N0} {(call == nameof(AllGather) ? "bytes" : "values")}";

        private void Wait(string call)
        {
            long round = _round, start = Environment.TickCount64;
            while (_round == round)
            {
                ThrowIfEnded();
                var left = timeout == Timeout.InfiniteTimeSpan ? timeout : timeout - TimeSpan.FromMilliseconds(Environment.TickCount64 - start);
                if ((timeout != Timeout.InfiniteTimeSpan && left <= TimeSpan.Zero) || !Monitor.Wait(_gate, left))
                {
                    if (_round == round && _end is null)
                    {
                        string missing = string.Join(", ", Enumerable.Range(0, size).Where(r => !_isHere[r]));
                        EndNow($"Of {size} ranks these did not come to {call} within {timeout.TotalSeconds:0.###} s: {missing}.");
                    }
                }
            }
        }

        private void EndNow(string message)
        {
            End(message);
            ThrowIfEnded();
        }

        private void ThrowIfEnded()
        {
            if (_end is not null)
            {
                throw new ClipTrainingException(_end);
            }
        }
    }
}
