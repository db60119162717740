using System.Buffers;
using System.Buffers.Binary;
using System.Text;
using System.Text.Unicode;

namespace Microsoft.ML.Clip;

/// <summary>
/// SentencePiece's precompiled normalisation, a table from texts to texts, as Hugging Face's <c>Precompiled</c> applies it: to a grapheme cluster of less than
/// six bytes where the table has a beginning of it, the shortest, and then the rest of the cluster is lost; otherwise to character by character.
/// </summary>
internal sealed class PrecompiledCharsMap : NormalizationStep
{
    // Clusters of more bytes are not looked up whole.
    private const int MaximumCluster = 5;

    // The longest replacement of NFKC has 33 bytes.
    private const int MaximumReplacement = 1024;

    private readonly uint[] _trie;
    private readonly Dictionary<int, string> _replacements = [];

    // What each character of the basic plane becomes, null being itself, in pages that are made when one of their characters is first met.
    private readonly string?[]?[] _pages = new string?[256][];

    // ASCII that stays what it is.
    private readonly SearchValues<char> _unchanged;

    /// <param name="blob">The number of bytes of the trie, the trie, and the replacements, each ended by a zero.</param>
    /// <exception cref="InvalidDataException">The table is damaged; the message says how, without its place.</exception>
    public PrecompiledCharsMap(ReadOnlySpan<byte> blob)
    {
        uint trieBytes = blob.Length < sizeof(uint) ? uint.MaxValue : BinaryPrimitives.ReadUInt32LittleEndian(blob);
        if (trieBytes > blob.Length - sizeof(uint) || trieBytes < sizeof(uint))
        {
            throw new InvalidDataException("a table with a trie within it");
        }
        _trie = new uint[trieBytes / sizeof(uint)];
        for (int i = 0; i < _trie.Length; i++)
        {
            _trie[i] = BinaryPrimitives.ReadUInt32LittleEndian(blob[((1 + i) * sizeof(uint))..]);
        }
        ReadReplacements(blob[(sizeof(uint) + (_trie.Length * sizeof(uint)))..]);
        _unchanged = SearchValues.Create([.. Enumerable.Range(0, 128).Select(c => (char)c).Where(c => c != '\r' && Page(c)[c] is null)]);
    }

    public override void Apply(scoped ReadOnlySpan<char> text, ref ValueList<char> output)
    {
        for (int i = 0; i < text.Length;)
        {
            int run = text[i..].IndexOfAnyExcept(_unchanged);
            if (run < 0)
            {
                output.AddRange(text[i..]);
                return;
            }
            // The last of them may have a mark behind it.
            if (run > 1)
            {
                output.AddRange(text.Slice(i, run - 1));
                i += run - 1;
            }
            int length = GraphemeClusters.LengthOfFirst(text[i..]);
            AppendCluster(text.Slice(i, length), ref output);
            i += length;
        }
    }

    private void AppendCluster(scoped ReadOnlySpan<char> cluster, ref ValueList<char> output)
    {
        if (cluster.Length is > 1 and <= MaximumCluster)
        {
            Span<byte> utf8 = stackalloc byte[3 * MaximumCluster];
            int count = Encoding.UTF8.GetBytes(cluster, utf8);
            if (count <= MaximumCluster && Find(utf8[..count]) is { } replacement)
            {
                output.AddRange(replacement);
                return;
            }
        }
        for (int i = 0; i < cluster.Length; i++)
        {
            char c = cluster[i];
            if (char.IsHighSurrogate(c) && i + 1 < cluster.Length)
            {
                AppendAstral(cluster.Slice(i, 2), ref output);
                i++;
            }
            else if (Page(c)[c & 0xFF] is { } replacement)
            {
                output.AddRange(replacement);
            }
            else
            {
                output.Add(c);
            }
        }
    }

    private void AppendAstral(scoped ReadOnlySpan<char> pair, ref ValueList<char> output)
    {
        Span<byte> utf8 = stackalloc byte[6];
        output.AddRange(Find(utf8[..Encoding.UTF8.GetBytes(pair, utf8)]) is { } replacement ? replacement : pair);
    }

    private string?[] Page(char c) => Volatile.Read(ref _pages[c >> 8]) ?? MakePage(c >> 8);

    private string?[] MakePage(int number)
    {
        string?[] page = new string?[256];
        Span<byte> utf8 = stackalloc byte[4];
        for (int i = 0; i < page.Length; i++)
        {
            page[i] = Rune.TryCreate((number << 8) + i, out var rune) ? Find(utf8[..rune.EncodeToUtf8(utf8)]) : null;
        }
        Volatile.Write(ref _pages[number], page);
        return page;
    }

    /// <summary>What the shortest beginning of a text becomes that the table has; null if it has none. The trie was checked when it was read.</summary>
    private string? Find(ReadOnlySpan<byte> text)
    {
        int node = Offset(_trie[0]);
        foreach (byte b in text)
        {
            if (b == 0)
            {
                return null;
            }
            node ^= b;
            uint unit = (uint)node < (uint)_trie.Length ? _trie[node] : 0;
            if ((unit & 0x8000_00FF) != b)
            {
                return null;
            }
            node ^= Offset(unit);
            if (HasLeaf(unit))
            {
                return _replacements[Value(_trie[node])];
            }
        }
        return null;
    }

    /// <summary>Reads every replacement that the trie names, which checks the trie.</summary>
    private void ReadReplacements(ReadOnlySpan<byte> texts)
    {
        if (!Utf8.IsValid(texts))
        {
            throw new InvalidDataException("a table whose replacements are UTF-8");
        }
        for (int i = 0; i < _trie.Length; i++)
        {
            // A unit with the highest bit is a value; any other may lead to one.
            if ((_trie[i] & 0x8000_0000) != 0 || !HasLeaf(_trie[i]))
            {
                continue;
            }
            int leaf = i ^ Offset(_trie[i]);
            int value = (uint)leaf < (uint)_trie.Length ? Value(_trie[leaf]) : int.MaxValue;
            if (value >= texts.Length || (texts[value] & 0xC0) == 0x80)
            {
                throw new InvalidDataException($"a table whose trie leads to its replacements (unit {i} does not)");
            }
            if (!_replacements.ContainsKey(value))
            {
                var text = texts[value..];
                int end = text[..Math.Min(text.Length, MaximumReplacement + 1)].IndexOf((byte)0);
                end = end >= 0 ? end : text.Length <= MaximumReplacement ? text.Length
                    : throw new InvalidDataException($"a table of replacements of at most {MaximumReplacement} bytes");
                _replacements.Add(value, Encoding.UTF8.GetString(text[..end]));
            }
        }
    }

    // The units of a darts-clone double array: label, whether a leaf follows, and how far away the children are.
    private static bool HasLeaf(uint unit) => (unit >> 8 & 1) != 0;

    private static int Value(uint unit) => (int)(unit & int.MaxValue);

    private static int Offset(uint unit) => (int)((unit >> 10) << (int)((unit & (1u << 9)) >> 6));
}
