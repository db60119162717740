using System.Runtime.InteropServices;
using System.Security.Cryptography;
using System.Text;
using System.Text.Json;
using TorchSharp;
using static TorchSharp.torch;

namespace Microsoft.ML.Clip;

/// <summary>What a training says to its other ranks: texts, numbers, features, gradients. There is none where a training is alone.</summary>
internal sealed class RankGroup
{
    /// <summary>Floats of one call at most, which as bytes have to fit into a span.</summary>
    private const int Block = 1 << 28;

    /// <summary>Floats of several tensors that are exchanged at once, 64 MB.</summary>
    private const int Together = 1 << 24;

    private readonly ICollective _collective;

    private RankGroup(ICollective collective) => _collective = collective;

    public int Rank => _collective.Rank;

    public int Size => _collective.Size;

    /// <summary>Whether this rank reports, evaluates and writes.</summary>
    public bool IsFirst => Rank == 0;

    /// <summary>Whether the exception that is under way is one that all ranks throw at this point, so that nobody waits for this one.</summary>
    public bool IsAgreed { get; private set; }

    /// <summary>Those that train together; null where there is but one.</summary>
    public static RankGroup? Of(ICollective? collective) => collective is { Size: > 1 } ? new RankGroup(collective) : null;

    /// <summary>An exception that all ranks throw at this point.</summary>
    public T Agreed<T>(T exception)
        where T : Exception
    {
        IsAgreed = true;
        return exception;
    }

    public void Abort(string message) => _collective.Abort(message);

    public void Barrier() => _collective.Barrier();

    /// <summary>Whether any rank says yes.</summary>
    public bool Any(bool own) => Gather([own ? (byte)1 : (byte)0]).Contains((byte)1);

    /// <summary>The texts of all ranks, whatever their lengths.</summary>
    public string[] Gather(string own)
    {
        byte[] text = Encoding.UTF8.GetBytes(own);
        int[] lengths = MemoryMarshal.Cast<byte, int>(Gather(BitConverter.GetBytes(text.Length))).ToArray();
        int longest = lengths.Max();
        byte[] all = Gather([.. text, .. new byte[longest - text.Length]]);
        return [.. lengths.Select((length, rank) => Encoding.UTF8.GetString(all, rank * longest, length))];
    }

    public byte[] Gather(ReadOnlySpan<byte> own)
    {
        byte[] all = new byte[(long)own.Length * Size];
        _collective.AllGather(own, all);
        return all;
    }

    /// <summary>Holds what decides the result of a training on this rank against what it is on the first.</summary>
    /// <param name="what">What is compared, for the message: "options".</param>
    /// <param name="settings">By name.</param>
    /// <exception cref="ArgumentException">A rank has another value than rank 0; all ranks throw it.</exception>
    public void Agree(string what, Dictionary<string, string> settings)
    {
        var all = Gather(JsonSerializer.Serialize(settings)).Select(text => JsonSerializer.Deserialize<Dictionary<string, string>>(text)!).ToArray();
        for (int rank = 1; rank < all.Length; rank++)
        {
            foreach (string name in all[0].Keys.Concat(all[rank].Keys))
            {
                string? first = all[0].GetValueOrDefault(name), other = all[rank].GetValueOrDefault(name);
                if (first != other)
                {
                    throw Agreed(new ArgumentException(
                        $"All ranks need the same {what}, but {name} is {first ?? "unknown"} on rank 0 and {other ?? "unknown"} on rank {rank} of {Size}."));
                }
            }
        }
    }

    /// <summary>Holds texts of rows against those of the first rank, of which there are as many.</summary>
    /// <exception cref="ArgumentException">A row has others; the message names the first. All ranks throw it.</exception>
    public void AgreeOnRows(IReadOnlyList<string[]> rows)
    {
        const int Piece = 1 << 16;
        for (int start = 0; start < rows.Count; start += Piece)
        {
            ulong[] own = [.. rows.Skip(start).Take(Piece).Select(HashOf)];
            var all = MemoryMarshal.Cast<byte, ulong>(Gather(MemoryMarshal.AsBytes<ulong>(own)));
            for (int rank = 1; rank < Size; rank++)
            {
                int same = all[..own.Length].CommonPrefixLength(all.Slice(rank * own.Length, own.Length));
                if (same < own.Length)
                {
                    string[] texts = Gather($"'{string.Join("', '", rows[start + same])}'");
                    throw Agreed(new ArgumentException(
                        $"All ranks need the same rows in the same order, but row {start + same} (counted from 0) has {texts[0]} on rank 0 and {texts[rank]} on rank {rank} of {Size}."));
                }
            }
        }

        static ulong HashOf(string[] texts) => BitConverter.ToUInt64(SHA256.HashData(Encoding.UTF8.GetBytes(JsonSerializer.Serialize(texts))));
    }

    /// <summary>The rows of all ranks, those of rank 0 first.</summary>
    /// <param name="own">[n, d], float, as many rows on every rank.</param>
    /// <returns>[Size, n, d], in the processor's memory.</returns>
    public Tensor Gather(Tensor own)
    {
        using var scope = NewDisposeScope();
        var source = own.detach().cpu().contiguous();
        var all = empty([Size, .. source.shape], dtype: ScalarType.Float32);
        _collective.AllGather(source.bytes, all.bytes);
        return all.MoveToOuterDisposeScope();
    }

    /// <summary>Replaces values by their sums over all ranks, equal to the bit on every rank.</summary>
    /// <param name="flat">One axis, float, in the processor's memory.</param>
    public void Sum(Tensor flat)
    {
        long length = flat.shape[0];
        for (long start = 0; start < length; start += Block)
        {
            using var block = flat.narrow(0, start, Math.Min(Block, length - start));
            _collective.AllReduceSum(MemoryMarshal.Cast<byte, float>(block.bytes));
        }
    }

    /// <summary>Gives every rank the values of the first: the others add zeros to them.</summary>
    public void TakeFromFirst(IReadOnlyList<Tensor> tensors)
    {
        using var _ = no_grad();
        for (int first = 0, next; first < tensors.Count; first = next)
        {
            using var scope = NewDisposeScope();
            // Many small ones at once: each exchange is a time that all wait.
            long length = 0;
            for (next = first; next < tensors.Count && (next == first || length + tensors[next].numel() <= Together); next++)
            {
                length += tensors[next].numel();
            }
            var flat = zeros(length);
            ForEach((part, value) =>
            {
                if (IsFirst)
                {
                    part.copy_(value);
                }
            });
            Sum(flat);
            ForEach((part, value) => value.copy_(part));

            void ForEach(Action<Tensor, Tensor> action)
            {
                long start = 0;
                foreach (var value in tensors.Skip(first).Take(next - first))
                {
                    action(flat.narrow(0, start, value.numel()).view(value.shape), value);
                    start += value.numel();
                }
            }
        }
    }
}
