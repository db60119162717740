using System.Numerics;
using System.Runtime.CompilerServices;

namespace Microsoft.ML.Clip;

/// <summary>
/// The merges of a byte-pair encoding: (left id, right id) to (rank, id of the joined token). Open addressing in two flat arrays, at most
/// half full: the encoder asks mostly for pairs that are not there, and such a question ends at the first empty slot.
/// </summary>
internal sealed class MergeTable
{
    /// <summary>What <see cref="Find"/> answers for a pair that does not merge. Greater than every merge, so a minimum passes over it.</summary>
    public const long None = long.MaxValue;

    private const ulong EmptySlot = ulong.MaxValue;

    private readonly ulong[] _pairs;
    private readonly long[] _merges;
    private readonly int _shift;

    public MergeTable(int count)
    {
        int capacity = (int)BitOperations.RoundUpToPowerOf2((uint)Math.Max(4, 2 * count));
        _pairs = new ulong[capacity];
        _merges = new long[capacity];
        _shift = 64 - BitOperations.Log2((uint)capacity);
        Array.Fill(_pairs, EmptySlot);
    }

    /// <summary>Adds a merge; a pair that is listed again takes the later rank, as in both references' dictionaries.</summary>
    public void Add(int left, int right, int rank, int joined)
    {
        ulong pair = Pair(left, right);
        int slot = Slot(pair);
        while (_pairs[slot] != EmptySlot && _pairs[slot] != pair)
        {
            slot = (slot + 1) & (_pairs.Length - 1);
        }
        _pairs[slot] = pair;
        _merges[slot] = ((long)rank << 32) | (uint)joined;
    }

    /// <summary>The merge of two neighbours as one number that orders by rank, or <see cref="None"/>.</summary>
    public long Find(int left, int right)
    {
        ulong pair = Pair(left, right);
        ulong[] pairs = _pairs;
        for (int slot = Slot(pair); ; slot++)
        {
            slot &= pairs.Length - 1;
            if (pairs[slot] == pair)
            {
                return _merges[slot];
            }
            if (pairs[slot] == EmptySlot)
            {
                return None;
            }
        }
    }

    public static int Rank(long merge) => (int)(merge >> 32);

    public static int JoinedId(long merge) => (int)merge;

    private static ulong Pair(int left, int right) => ((ulong)(uint)left << 32) | (uint)right;

    // Fibonacci hashing: the high bits of the product depend on all bits of the pair.
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    private int Slot(ulong pair) => (int)((pair * 0x9E3779B97F4A7C15UL) >> _shift);
}
