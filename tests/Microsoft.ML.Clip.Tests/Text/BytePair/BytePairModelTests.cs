using System.Text;

namespace Microsoft.ML.Clip.Tests;

/// <summary>Words into ids, and what of a word each id stands for.</summary>
public sealed class BytePairModelTests
{
    // a 0, b 1, a</w> 2, b</w> 3, ab 4, ab</w> 5, ? 6
    private static readonly string[] Tokens = ["a", "b", "a</w>", "b</w>", "ab", "ab</w>", "?"];

    private static readonly BytePairDefinition Definition = new()
    {
        Source = "the test",
        Vocabulary = Tokens.Select((token, id) => (token, id)).ToDictionary(t => t.token, t => t.id),
        Merges = [("a", "b"), ("a", "b</w>")],
    };

    [Theory]
    [InlineData("a", "a</w>")]
    [InlineData("ab", "ab</w>")]
    [InlineData("abab", "ab ab</w>")]
    [InlineData("ba", "b a</w>")]
    [InlineData("aba", "ab a</w>")]
    public void Encode_Word_EndsWithItsSuffix(string word, string expected) => Assert.Equal(expected, Names(new BytePairModel(Definition), word));

    [Theory]
    [InlineData(null, false, "acda", "a a</w>")]
    [InlineData(null, false, "acdb", "ab</w>")] // what is passed over does not keep others apart, as in the reference
    [InlineData("?", false, "acdb", "a ? ? b</w>")]
    [InlineData("?", true, "acdb", "a ? b</w>")]
    [InlineData("?", true, "cacdbcc", "? a ? b ?")]
    [InlineData("?", false, "\u00e9a", "? ? a</w>")] // two bytes
    [InlineData(null, false, "c", "")]
    public void Encode_UnknownBytes_GiveTheUnknownToken(string? unknown, bool fuse, string word, string expected) =>
        Assert.Equal(expected, Names(new BytePairModel(Definition with { UnknownToken = unknown, FuseUnknown = fuse }), word));

    [Fact]
    public void Encode_HalfASurrogatePair_IsTheThreeBytesOfTheReplacementCharacter() =>
        Assert.Equal("? ? ? a</w>", Names(new BytePairModel(Definition with { UnknownToken = "?" }), "\uD800a"));

    [Fact]
    public void Encode_WithoutASuffix_LastSymbolIsLikeTheOthers() =>
        Assert.Equal("ab a", Names(new BytePairModel(Definition with { EndOfWordSuffix = "", Merges = [("a", "b")] }), "aba"));

    [Theory]
    [InlineData(40), InlineData(63), InlineData(64), InlineData(65), InlineData(127), InlineData(128), InlineData(129), InlineData(5000)]
    public void Encode_AnyLength_IsTheSame(int pairs)
    {
        var model = new BytePairModel(Definition);

        Assert.Equal([.. Enumerable.Repeat(4, pairs - 1), 5], model.Encode(string.Concat(Enumerable.Repeat("ab", pairs))));
        Assert.Equal([.. Enumerable.Repeat(4, pairs), 2], model.Encode(string.Concat(Enumerable.Repeat("ab", pairs)) + "a"));
    }

    [Theory]
    [InlineData(null, false, "acda", "0+1 3+1")]
    [InlineData("?", false, "acdb", "0+1 1+1 2+1 3+1")]
    [InlineData("?", true, "acdb", "0+1 1+2 3+1")]
    [InlineData(null, false, "cabab", "1+2 3+2")]
    [InlineData("?", true, "abcc", "0+2 2+2")]
    public void ByteCount_OfEveryToken_CoversTheWord(string? unknown, bool fuse, string word, string expected)
    {
        var model = new BytePairModel(Definition with { UnknownToken = unknown, FuseUnknown = fuse });
        byte[] bytes = Encoding.UTF8.GetBytes(word);
        int place = 0;
        var found = new List<string>();
        foreach (int id in model.Encode(word))
        {
            int count = model.ByteCount(bytes, ref place, Tokens[id]);
            found.Add($"{place}+{count}");
            place += count;
        }
        Assert.Equal(expected, string.Join(' ', found));
    }

    [Fact]
    public void Decode_Words_HaveOneSpaceBetween()
    {
        var model = new BytePairModel(Definition);
        var text = new ValueList<byte>([]);
        bool joins = true;
        foreach (string token in (string[])["a", "b</w>", "ab</w>", "a"])
        {
            model.Decode(token, ref joins, ref text);
        }
        Assert.Equal("ab ab a", Encoding.UTF8.GetString(text.AsSpan()));
        Assert.True(joins);
        text.Dispose();
    }

    [Fact]
    public void Constructor_Contradictions_AreNamed()
    {
        Assert.Equal("Merge 2 of the test, 'b b', needs the token 'bb', which is not in the vocabulary.",
            Assert.Throws<InvalidDataException>(() => new BytePairModel(Definition with { Merges = [("a", "b"), ("b", "b")] })).Message);
        Assert.StartsWith("Merge 1 of the test, 'c b', needs the token 'c'",
            Assert.Throws<InvalidDataException>(() => new BytePairModel(Definition with { Merges = [("c", "b")] })).Message, StringComparison.Ordinal);
        Assert.Equal("The vocabulary of the test has neither all 256 bytes nor its unknown token '!'.",
            Assert.Throws<InvalidDataException>(() => new BytePairModel(Definition with { UnknownToken = "!" })).Message);
    }

    private static string Names(BytePairModel model, string word) => string.Join(' ', model.Encode(word).Select(id => Tokens[id]));
}
