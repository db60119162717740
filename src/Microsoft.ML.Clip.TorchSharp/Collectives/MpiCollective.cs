using System.Numerics.Tensors;

namespace Microsoft.ML.Clip;

/// <summary>
/// Ranks that are processes, on one or several machines, over the system's MPI: Open MPI, MPICH, or another of MPICH's kind. <c>mpirun -n 4 dotnet
/// Program.dll</c> starts four, <c>srun</c> does on a cluster with Slurm.
/// </summary>
/// <remarks>
/// <para>
/// The library is the system's, of the MPI whose launcher started the process, or the one that the environment variable <c>CLIP_MPI_LIBRARY</c> names.
/// Tried with Open MPI 4.1.4 and MPICH 4.0.2 on Linux, x64. One for a process, until it ends; dispose it last, on every rank.
/// </para>
/// <para>
/// A rank that dies ends them all: the launcher sees to that, and tells which. A rank that is there and does not come for <c>timeout</c> does, too. A rank
/// whose training throws writes the message to its standard error and ends them all with exit code 1, itself included.
/// </para>
/// <para>Sums are exchanged in parts and added in the ranks' order, not by MPI's own reduction, whose order is the library's.</para>
/// </remarks>
public sealed unsafe class MpiCollective : ICollective, IDisposable
{
    /// <summary>Values that are added in one go: what a rank keeps for it is 16 MB.</summary>
    private const int Block = 1 << 22;

    private static readonly Lock Gate = new();
    private static bool _wasOpened;

    private readonly MpiLibrary _library;
    private readonly TimeSpan _timeout;
    private readonly Timer? _watch;
    private float[] _received = [];
    private long _since;      // when the call began that runs, by the system's clock; 0 if none does
    private string _call = "";
    private int _isAborting;
    private bool _isDisposed;

    private MpiCollective(MpiLibrary library, TimeSpan timeout)
    {
        (_library, _timeout) = (library, timeout);
        (Rank, Size) = (library.Rank, library.Size);
        if (timeout != Timeout.InfiniteTimeSpan)
        {
            var period = timeout < TimeSpan.FromSeconds(4) ? timeout / 4 : TimeSpan.FromSeconds(1);
            _watch = new Timer(_ => EndIfLate(), null, period, period);
        }
    }

    /// <inheritdoc/>
    public int Rank { get; }

    /// <inheritdoc/>
    public int Size { get; }

    /// <summary>Whether a launcher of MPI has started this process, as one of several ranks or as the only one.</summary>
    public static bool IsLaunched => MpiLibrary.LaunchedSize is not null;

    /// <summary>Starts MPI. A process that no launcher has started is rank 0 of 1.</summary>
    /// <param name="timeout">
    /// How long a rank waits for the others before it takes them for lost and ends them all; <see cref="Timeout.InfiniteTimeSpan"/> for ever. Longer than
    /// any rank reads its rows, rank 0 evaluates or writes a checkpoint. 30 minutes if <see langword="null"/>.
    /// </param>
    /// <exception cref="ArgumentOutOfRangeException">The time is negative.</exception>
    /// <exception cref="InvalidOperationException">This process has called it before.</exception>
    /// <exception cref="PlatformNotSupportedException">There is no MPI library, or one of an unknown kind, or of another MPI than the launcher's.</exception>
    /// <exception cref="ClipTrainingException">MPI cannot be started.</exception>
    public static MpiCollective Open(TimeSpan? timeout = null)
    {
        var time = CollectiveTimeout.Of(timeout);
        lock (Gate)
        {
            if (_wasOpened)
            {
                throw new InvalidOperationException("MPI is started once in a process, and cannot be started again when it was ended: keep the first one.");
            }
            var library = MpiLibrary.Load();
            library.Initialize();
            _wasOpened = true;
            var collective = new MpiCollective(library, time);
            // The library of another MPI finds nobody, and takes each process for the only one: all would train the same and write the same files.
            if (MpiLibrary.LaunchedSize is > 1 and { } launched && collective.Size != launched)
            {
                throw new PlatformNotSupportedException(
                    $"The launcher has started {launched} ranks, but '{library.Name}' ({library.Version}) sees {collective.Size}: it is not the launcher's MPI. {MpiLibrary.Variable} can name the library of that.");
            }
            return collective;
        }
    }

    /// <summary>The library and its version, such as "Open MPI v4.1.4 (libmpi.so.40)".</summary>
    public override string ToString() => $"rank {Rank} of {Size}, {_library.Version} ({_library.Name})";

    /// <inheritdoc/>
    /// <exception cref="ArgumentException"><paramref name="all"/> has another length than it has to.</exception>
    /// <exception cref="ObjectDisposedException">It is disposed.</exception>
    public void AllGather(ReadOnlySpan<byte> own, Span<byte> all)
    {
        CollectiveLengths.Check(this, own, all);
        Begin(nameof(AllGather));
        fixed (byte* source = own, target = all)
        {
            _library.AllGather(source, own.Length, target);
        }
        End();
    }

    /// <inheritdoc/>
    /// <exception cref="ObjectDisposedException">It is disposed.</exception>
    public void AllReduceSum(Span<float> values)
    {
        Begin(nameof(AllReduceSum));
        for (; !values.IsEmpty; values = values[Math.Min(Block, values.Length)..])
        {
            Sum(values[..Math.Min(Block, values.Length)]);
        }
        End();
    }

    /// <inheritdoc/>
    /// <exception cref="ObjectDisposedException">It is disposed.</exception>
    public void Barrier()
    {
        Begin(nameof(Barrier));
        _library.Barrier();
        End();
    }

    /// <inheritdoc/>
    /// <remarks>Writes the message to the standard error and ends the process and all others, with exit code 1.</remarks>
    public void Abort(string message)
    {
        if (Interlocked.Exchange(ref _isAborting, 1) == 0)
        {
            Console.Error.WriteLine($"Rank {Rank} of {Size} has ended the training: {message}");
            Console.Error.Flush();
            _library.Abort(1);
            // It does not come back; where it does, the launcher sees a rank that is gone.
            Environment.FailFast(message);
        }
    }

    /// <summary>Ends MPI for this process, which waits for the other ranks to do so, too.</summary>
    public void Dispose()
    {
        if (!_isDisposed)
        {
            Begin(nameof(Dispose));
            _library.Complete();
            End();
            _isDisposed = true;
            _watch?.Dispose();
        }
    }

    /// <summary>Each rank gets its part of the values from all, adds them in the ranks' order, and gives the sum to all.</summary>
    private void Sum(Span<float> values)
    {
        int part = values.Length / Size, rest = values.Length % Size;
        if (part > 0)
        {
            Sum(values[..(part * Size)], part);
        }
        if (rest > 0)
        {
            // What the ranks do not divide is one value each, of which the last are nobody's.
            Span<float> last = stackalloc float[Threads.Most];
            var padded = Size <= last.Length ? last[..Size] : new float[Size];
            values[^rest..].CopyTo(padded);
            Sum(padded, 1);
            padded[..rest].CopyTo(values[^rest..]);
        }
    }

    private void Sum(Span<float> values, int part)
    {
        if (_received.Length < values.Length)
        {
            _received = new float[values.Length];
        }
        fixed (float* own = values, received = _received)
        {
            _library.AllToAll((byte*)own, part * sizeof(float), (byte*)received);
            var sum = new Span<float>(received, part);
            for (int rank = 1; rank < Size; rank++)
            {
                TensorPrimitives.Add(sum, new ReadOnlySpan<float>(received + (rank * part), part), sum);
            }
            _library.AllGather((byte*)received, part * sizeof(float), (byte*)own);
        }
    }

    private void Begin(string call)
    {
        ObjectDisposedException.ThrowIf(_isDisposed, this);
        _call = call;
        Volatile.Write(ref _since, Math.Max(1, Environment.TickCount64));
    }

    private void End() => Volatile.Write(ref _since, 0);

    private void EndIfLate()
    {
        long since = Volatile.Read(ref _since);
        if (since > 0 && Environment.TickCount64 - since > _timeout.TotalMilliseconds)
        {
            Abort($"the other ranks did not come to {_call} within {_timeout.TotalSeconds:0.###} s.");
        }
    }
}
