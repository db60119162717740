using System.Runtime.InteropServices;

namespace Microsoft.ML.Clip.Fuzz;

/// <summary>What the instrumented libraries call at the start of every block: which were reached at all, and which way an input took, edge by edge.</summary>
/// <remarks>Edges as American Fuzzy Lop counts them: the block and the one before it, hashed into a table of 65,536.</remarks>
public static unsafe class Coverage
{
    /// <summary>How many edges are told apart.</summary>
    public const int EdgeCount = 1 << 16;

    /// <summary>More than the blocks of both libraries.</summary>
    public const int MaximumBlocks = 1 << 17;

    private static readonly byte* Edges = (byte*)NativeMemory.AllocZeroed(EdgeCount);
    private static readonly byte* Blocks = (byte*)NativeMemory.AllocZeroed(MaximumBlocks);

    // The buckets of counts in which an edge was ever seen.
    private static readonly byte[] Seen = new byte[EdgeCount];

    private static uint _previous;

    /// <summary>A block begins.</summary>
    public static void Hit(int block)
    {
        Blocks[block] = 1;
        uint place = ((uint)block * 0x9E3779B1u) >> 16;
        Edges[place ^ _previous]++;
        _previous = place >> 1;
    }

    /// <summary>Whether a block was reached since the program began.</summary>
    public static bool WasReached(int block) => Blocks[block] != 0;

    /// <summary>Forgets the way of the last input.</summary>
    public static void Begin()
    {
        new Span<byte>(Edges, EdgeCount).Clear();
        _previous = 0;
    }

    /// <summary>Whether the last input took an edge, or took it as often, as none before.</summary>
    public static bool IsNew()
    {
        bool isNew = false;
        var words = new ReadOnlySpan<ulong>(Edges, EdgeCount / sizeof(ulong));
        for (int i = 0; i < words.Length; i++)
        {
            if (words[i] == 0)
            {
                continue;
            }
            for (int edge = i * sizeof(ulong); edge < (i + 1) * sizeof(ulong); edge++)
            {
                byte bucket = Bucket(Edges[edge]);
                if ((bucket & ~Seen[edge]) != 0)
                {
                    Seen[edge] |= bucket;
                    isNew = true;
                }
            }
        }
        return isNew;
    }

    private static byte Bucket(byte count) => count switch
    {
        0 => 0,
        1 => 1,
        2 => 2,
        3 => 4,
        < 8 => 8,
        < 16 => 16,
        < 32 => 32,
        < 128 => 64,
        _ => 128,
    };
}
