namespace Microsoft.ML.Clip.Tests;

/// <summary>Splitters by any pattern, one after another, and the texts that are kept together.</summary>
public sealed class SplittersTests
{
    private static readonly CodePointRegex Digits = new(@"\d+");

    [Theory]
    [InlineData(true, true, "ab|12|c|3")]
    [InlineData(true, false, "12|3")]
    [InlineData(false, true, "ab|c")]
    [InlineData(false, false, "")]
    public void PatternSplitter_MatchesAndTheRest_AreKeptAsAsked(bool keepMatches, bool keepRest, string expected) =>
        Assert.Equal(expected, string.Join('|', new PatternSplitter(Digits, keepMatches, keepRest).Pieces("ab12c3")));

    [Theory]
    [InlineData("", "")]
    [InlineData("12", "12")]
    [InlineData("ab", "ab")]
    public void PatternSplitter_NothingBetween_IsNoPiece(string text, string expected) =>
        Assert.Equal(expected.Length == 0 ? [] : [expected], new PatternSplitter(Digits, true, true).Pieces(text));

    [Theory]
    [InlineData("Hello world's  12 end", "Hello| world|'s| | 12| end")]
    [InlineData("a  ", "a|  ")]
    [InlineData("a!? b", "a|!?| b")]
    [InlineData("\U0001D400\u0301", "\U0001D400|\u0301")]
    public void ByteLevel_IsGpt2sSplit(string text, string expected) => Assert.Equal(expected, string.Join('|', PatternSplitter.ByteLevel.Pieces(text)));

    [Fact]
    public void SplitterSequence_EachSplitsThePiecesOfTheOneBefore()
    {
        var spaces = new PatternSplitter(new CodePointRegex(" "), keepMatches: false, keepRest: true);
        var sequence = new SplitterSequence([spaces, new PatternSplitter(Digits, true, true)]);
        var pieces = new ValueList<Piece>([]);
        sequence.Split("ab12 3c", 100, ref pieces);

        Assert.Equal([new(100, 2), new(102, 2), new(105, 1), new(106, 1)], pieces.AsSpan().ToArray());
        Assert.Equal(["ab12 3c"], new SplitterSequence([]).Pieces("ab12 3c"));
        pieces.Dispose();
    }

    [Theory]
    [InlineData("<|end|>", true, true)]
    [InlineData("<|end|>x", true, true)]
    [InlineData("<|en", false, false)]
    [InlineData("x<|end|>", false, false)]
    [InlineData("<|END|>", false, false)]
    public void SpecialText_IsAtAPlace_ByItsExactText(string text, bool exact, bool ignoringCase)
    {
        Assert.Equal(exact, SpecialText.Token("<|end|>", 7).IsAt(text, ignoreCase: false));
        Assert.Equal(ignoringCase, SpecialText.Token("<|end|>", 7).IsAt(text, ignoreCase: true));
    }

    [Fact]
    public void SpecialText_WithALongS_IsAWordAndNotTheToken()
    {
        var special = SpecialText.Token("<|start|>", 7);

        Assert.False(special.IsAt("<|\u017ftart|>", ignoreCase: false));
        Assert.True(special.IsAt("<|\u017ftart|>", ignoreCase: true));
        Assert.False(special.IsAt("<|\u017fturt|>", ignoreCase: true));
        Assert.Equal([new Piece(3, 9, 7)], Append(special, "<|start|>", 3));
        Assert.Equal([new Piece(3, 9)], Append(special, "<|\u017ftart|>", 3));
    }

    [Fact]
    public void SpecialText_InCapitals_IsLookedForInLowerCaseAndIsNoToken()
    {
        var special = SpecialText.Token("[CLS]", 7);

        Assert.Equal("[cls]", special.Text);
        Assert.Equal([new Piece(0, 5)], Append(special, "[cls]", 0));
    }

    [Fact]
    public void SpecialText_OfPieces_IsSplitByTheNext()
    {
        Assert.Equal([new Piece(5, 2), new Piece(7, 3), new Piece(10, 2)], Append(SpecialText.Pieces("<|end|>", PatternSplitter.ByteLevel), "<|end|>", 5));
        Assert.Equal([new Piece(5, 7)], Append(SpecialText.Pieces("<|end|>", null), "<|end|>", 5));
    }

    private static Piece[] Append(SpecialText special, string text, int offset)
    {
        var pieces = new ValueList<Piece>([]);
        special.Append(text, offset, ref pieces);
        var result = pieces.AsSpan().ToArray();
        pieces.Dispose();
        return result;
    }
}
