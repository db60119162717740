namespace Microsoft.ML.Clip;

/// <summary>
/// The ranks that train together, seen from one of them: processes on one or several machines (<see cref="MpiCollective"/>), or threads
/// (<see cref="LocalCollective"/>). <see cref="ClipContrastiveTrainer.Options.Collective"/> takes one.
/// </summary>
/// <remarks>
/// <para>
/// Every rank makes the same calls, in the same order and with spans of the same lengths; a call returns when it has what it needs of all of them. Calls of
/// one rank come from one thread at a time, not always the same one; <see cref="Abort"/> may come from any thread at any time.
/// </para>
/// <para>
/// An implementation must not wait for ever for a rank that is gone: it ends the process, as MPI does, or throws <see cref="ClipTrainingException"/>.
/// </para>
/// </remarks>
public interface ICollective
{
    /// <summary>The number of this rank, from 0 to <see cref="Size"/> - 1. Rank 0 writes and reports.</summary>
    int Rank { get; }

    /// <summary>How many ranks there are, at least 1.</summary>
    int Size { get; }

    /// <summary>Gives every rank what each of them has.</summary>
    /// <param name="own">What this rank has; as many bytes on every rank.</param>
    /// <param name="all">Takes the bytes of rank 0, then those of rank 1, and so on: <see cref="Size"/> times the length of <paramref name="own"/>.</param>
    void AllGather(ReadOnlySpan<byte> own, Span<byte> all);

    /// <summary>Replaces each value by the sum of those of all ranks, the same to the bit on every rank and in every run: added in the ranks' order.</summary>
    /// <param name="values">As many on every rank.</param>
    void AllReduceSum(Span<float> values);

    /// <summary>Returns when every rank has called it.</summary>
    void Barrier();

    /// <summary>Ends what the ranks do together: those that wait for this one, or will, stop waiting. May not return.</summary>
    /// <param name="message">Why, for people; the others tell it.</param>
    void Abort(string message);
}
