using CsCheck;

namespace Microsoft.ML.Clip.Tests;

/// <summary>CLIP's split, written by hand, against its regular expression.</summary>
public sealed class ClipPieceSplitterTests
{
    [Theory]
    [InlineData("don't", "don 't")]
    [InlineData("they'll've", "they 'll 've")]
    [InlineData("'re'm'd't's", "'re 'm 'd 't 's")]
    [InlineData("'r'l'v'x", "' r ' l ' v ' x")]
    [InlineData("''s", "'' s")]
    [InlineData("'sx", "'s x")]
    [InlineData("'", "'")]
    [InlineData("3rd 1\u0665\u2167", "3 rd 1 \u0665 \u2167")]
    [InlineData("a\u0301b", "a \u0301 b")]
    [InlineData("\U0001D400\u4e2d \U0001F600!", "\U0001D400\u4e2d \U0001F600!")]
    [InlineData("'\u017f \u03b1\u0345\u03b1", "' \u017f \u03b1 \u0345 \u03b1")]
    public void Split_HuggingFace_IsByCodePoint(string text, string pieces) => Assert.Equal(pieces, Split(text, ignoreCase: false));

    [Theory]
    [InlineData("'\u017f", "'\u017f")] // a long s is an s to a pattern that ignores case
    [InlineData("\u03b1\u0345\u03b1!\u0345!", "\u03b1 \u03b1 ! !")] // and a mark whose upper case is a letter matches neither class
    public void Split_IgnoringCase_DiffersInTwoCharacters(string text, string pieces) => Assert.Equal(pieces, Split(text, ignoreCase: true));

    [Fact]
    public void Split_AnyText_EqualsTheRegularExpression()
    {
        var regex = new CodePointRegex(ClipPieceSplitter.Pattern);
        var splitter = new ClipPieceSplitter([], ignoreCase: false);
        var texts = Gen.OneOf(Gen.Char.AlphaNumeric.Select(c => c.ToString()), Gen.OneOfConst(" ", "'", "'s", "'ll", "\u00a0", "!", "\U0001D7D8", "\U0001F600", "\u0301", "\u00b2"),
            Gen.Int[0x20, 0xD7FF].Select(char.ConvertFromUtf32), Gen.Int[0x10000, 0x1FFFF].Select(char.ConvertFromUtf32)).Array[0, 14].Select(string.Concat);
        texts.Sample(text => splitter.PreTokenize(text).SequenceEqual(regex.Matches(text).Select(m => (m.Start, m.Length))), iter: 10_000);
    }

    [Fact]
    public void Split_SpecialTexts_ComeFirst()
    {
        var splitter = new ClipPieceSplitter([SpecialText.Token("<|end|>", 7), SpecialText.Pieces("<>", null)], ignoreCase: false);
        var pieces = new ValueList<Piece>([]);
        splitter.Split("a<|end|>b <><|en", 10, ref pieces);

        Assert.Equal([new(10, 1), new(11, 7, 7), new(18, 1), new(20, 2), new(22, 2), new(24, 2)], pieces.AsSpan().ToArray());
        pieces.Dispose();
    }

    private static string Split(string text, bool ignoreCase) => string.Join(' ', new ClipPieceSplitter([], ignoreCase).Pieces(text));
}
