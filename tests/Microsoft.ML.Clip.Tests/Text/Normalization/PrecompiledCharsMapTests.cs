using System.Buffers.Binary;
using System.Text;

namespace Microsoft.ML.Clip.Tests;

/// <summary>A table of two entries, laid out by hand, and damaged ones. The rules are held against the reference by the golden texts.</summary>
public sealed class PrecompiledCharsMapTests
{
    // Children of the root lie at their label, their values where their offsets say.
    private static readonly uint[] Units = Trie(
        ('a', 'a' | (1u << 10) | (1 << 8)), ('a' ^ 1, 0x8000_0000), ('b', 'b' | (4u << 10) | (1 << 8)), ('b' ^ 4, 0x8000_0002));

    [Fact]
    public void Apply_TableOfTwo_ReplacesBoth()
    {
        var map = new PrecompiledCharsMap(Blob(Units, "xy\0"));
        Assert.Equal("xyc-", map.Apply("ac-"));
        Assert.Equal("c\0", map.Apply("bcb\0b"));
        // The beginning of a cluster is enough, and its rest is lost; one of six bytes is taken character by character.
        Assert.Equal("xyxy\u0301\u20dd", map.Apply("a\u0301a\u0301\u20dd"));
        Assert.Equal("\u00e9\uD83D\uDE00\uD800", map.Apply("\u00e9\uD83D\uDE00\uD800"));
    }

    [Theory]
    [InlineData(1u << 31, "unit 97 does not")] // a value beyond the replacements
    [InlineData(0x8000_0003, "unit 97 does not")]
    public void Constructor_ValueOutsideTheTexts_IsRefused(uint value, string expected)
    {
        uint[] units = [.. Units];
        units['a' ^ 1] = value == 1u << 31 ? 0x8000_0000 | 77 : value;
        Assert.Contains(expected, Assert.Throws<InvalidDataException>(() => new PrecompiledCharsMap(Blob(units, "xy\0"))).Message, StringComparison.Ordinal);
    }

    [Fact]
    public void Constructor_DamagedTables_AreRefused()
    {
        uint[] far = [.. Units];
        far['a'] = 'a' | (0x1F_FFFFu << 10) | (1 << 9) | (1 << 8);
        Assert.Contains("unit 97 does not", Assert.Throws<InvalidDataException>(() => new PrecompiledCharsMap(Blob(far, "xy\0"))).Message, StringComparison.Ordinal);
        Assert.Contains("UTF-8", Assert.Throws<InvalidDataException>(() => new PrecompiledCharsMap([.. Blob(Units, "xy\0"), 0xFF])).Message, StringComparison.Ordinal);
        Assert.Contains("at most 1024 bytes",
            Assert.Throws<InvalidDataException>(() => new PrecompiledCharsMap(Blob(Units, new string('x', 1025)))).Message, StringComparison.Ordinal);
        // Within a character: the second entry starts at the second byte of the replacement.
        uint[] split = [.. Units];
        split['b' ^ 4] = 0x8000_0001;
        Assert.Contains("unit 98 does not", Assert.Throws<InvalidDataException>(() => new PrecompiledCharsMap(Blob(split, "\u00e9\0"))).Message, StringComparison.Ordinal);
        for (int length = 0; length < 8; length++)
        {
            Assert.Throws<InvalidDataException>(() => new PrecompiledCharsMap(Blob(Units, "xy\0").AsSpan(0, length)));
        }
    }

    [Fact]
    public void Find_ChildrenOutsideTheTrie_AreNone()
    {
        // The root's children would lie far away.
        uint[] units = [.. Units];
        units[0] = 0x3F_FFFFu << 10;
        Assert.Equal("ab", new PrecompiledCharsMap(Blob(units, "xy\0")).Apply("ab"));
    }

    private static uint[] Trie(params ReadOnlySpan<(int Index, uint Unit)> units)
    {
        uint[] trie = new uint[256];
        foreach (var (index, unit) in units)
        {
            trie[index] = unit;
        }
        return trie;
    }

    private static byte[] Blob(uint[] units, string texts)
    {
        byte[] trie = new byte[sizeof(uint) * (1 + units.Length)];
        BinaryPrimitives.WriteInt32LittleEndian(trie, sizeof(uint) * units.Length);
        for (int i = 0; i < units.Length; i++)
        {
            BinaryPrimitives.WriteUInt32LittleEndian(trie.AsSpan(sizeof(uint) * (1 + i)), units[i]);
        }
        return [.. trie, .. Encoding.UTF8.GetBytes(texts)];
    }
}
