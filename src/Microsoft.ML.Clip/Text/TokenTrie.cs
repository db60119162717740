using System.Numerics;
using System.Runtime.CompilerServices;

namespace Microsoft.ML.Clip;

/// <summary>
/// The tokens of a vocabulary by their characters, for finding all that a text starts with. Transitions lie in one flat table with open addressing, eight
/// bytes each, so that 900,000 tokens take some 30 MB; those from the root lie apart, as every place of a text asks for one.
/// </summary>
internal sealed class TokenTrie
{
    /// <summary>What <see cref="Step"/> answers where no token goes on so.</summary>
    public const int None = 0;

    /// <summary>How long a token may be. A text costs at most this many steps a character; the tokens of released models have up to 48.</summary>
    public const int MaximumTokenLength = 256;

    private const int Root = 0;
    private const int MaximumNodes = 1 << 24;
    private const int NodeBits = 24;

    private readonly int[] _first = new int[char.MaxValue + 1];
    private int[] _ids = [NoToken, .. new int[255]];
    private int _nodes = 1;

    // A transition is (node, character, next node); an empty slot is 0, as no transition leads to the root.
    private ulong[] _slots = new ulong[1 << 10];
    private int _shift = 64 - 10;
    private int _count;

    /// <summary>What <see cref="Id"/> answers for a place where no token ends.</summary>
    public const int NoToken = -1;

    /// <summary>Adds a token; one that is there already takes the new id.</summary>
    /// <exception cref="InvalidDataException">It is too long, or there are too many; the caller says of which file.</exception>
    public void Add(ReadOnlySpan<char> token, int id)
    {
        if (token.Length > MaximumTokenLength)
        {
            throw new InvalidDataException($"has a token of {token.Length:N0} characters; {MaximumTokenLength} are the most");
        }
        int node = Root;
        foreach (char c in token)
        {
            int next = Step(node, c);
            node = next != None ? next : AddNode(node, c);
        }
        _ids[node] = id;
    }

    /// <summary>The node that follows a node, 0 being that of the empty text, by a character.</summary>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public int Step(int node, char c)
    {
        if (node == Root)
        {
            return _first[c];
        }
        ulong key = Key(node, c);
        ulong[] slots = _slots;
        for (int slot = Slot(key); ; slot++)
        {
            ulong found = slots[slot & (slots.Length - 1)];
            if (found >> NodeBits == key)
            {
                return (int)(found & (MaximumNodes - 1));
            }
            if (found == 0)
            {
                return None;
            }
        }
    }

    /// <summary>The id of the token that ends at a node, or <see cref="NoToken"/>.</summary>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public int Id(int node) => _ids[node];

    /// <summary>The longest token that a text starts with.</summary>
    /// <returns>Its length; 0 if there is none.</returns>
    public int Longest(ReadOnlySpan<char> text, out int id)
    {
        int node = Root, length = 0;
        id = NoToken;
        for (int i = 0; i < text.Length && (node = Step(node, text[i])) != None; i++)
        {
            if (_ids[node] != NoToken)
            {
                (length, id) = (i + 1, _ids[node]);
            }
        }
        return length;
    }

    private static ulong Key(int node, char c) => ((ulong)(uint)node << 16) | c;

    private int AddNode(int node, char c)
    {
        int next = _nodes;
        if (next == MaximumNodes)
        {
            throw new InvalidDataException($"has tokens with more than {MaximumNodes - 1:N0} different beginnings");
        }
        if (next == _ids.Length)
        {
            Array.Resize(ref _ids, 2 * next);
        }
        _ids[_nodes++] = NoToken;
        if (node == Root)
        {
            _first[c] = next;
            return next;
        }
        // At most two thirds full.
        if (++_count > _slots.Length / 3 * 2)
        {
            Grow();
        }
        Insert(Key(node, c) << NodeBits | (uint)next);
        return next;
    }

    private void Grow()
    {
        ulong[] old = _slots;
        _slots = new ulong[2 * old.Length];
        _shift = 64 - BitOperations.Log2((uint)_slots.Length);
        foreach (ulong transition in old)
        {
            if (transition != 0)
            {
                Insert(transition);
            }
        }
    }

    private void Insert(ulong transition)
    {
        int slot = Slot(transition >> NodeBits);
        while (_slots[slot & (_slots.Length - 1)] != 0)
        {
            slot++;
        }
        _slots[slot & (_slots.Length - 1)] = transition;
    }

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    private int Slot(ulong key) => (int)((key * 0x9E3779B97F4A7C15UL) >> _shift);
}
