namespace Microsoft.ML.Clip.Tests;

/// <summary>Splitters by any pattern, one after another, and the texts that are kept together.</summary>
public sealed class SplittersTests
{
    private static readonly CodePointRegex Digits = new(@"\d+");

    // The example of Hugging Face's documentation of SplitDelimiterBehavior.
    [Theory]
    [InlineData(MatchBehavior.Removed, "the|final|countdown")]
    [InlineData(MatchBehavior.Isolated, "the|-|final|-|-|countdown")]
    [InlineData(MatchBehavior.MergedWithPrevious, "the-|final-|-|countdown")]
    [InlineData(MatchBehavior.MergedWithNext, "the|-final|-|-countdown")]
    [InlineData(MatchBehavior.Contiguous, "the|-|final|--|countdown")]
    internal void PatternSplitter_Matches_GoWhereTheBehaviorSays(MatchBehavior behavior, string expected)
    {
        foreach (var pattern in (CodePointRegex[])[CodePointRegex.Literal("-"), new CodePointRegex("-")])
        {
            var pieces = new ValueList<Piece>([]);
            pieces.Add(new Piece(0, 100));
            new PatternSplitter(pattern, behavior).Split("the-final--countdown", 100, ref pieces);
            Assert.Equal(expected, string.Join('|', pieces.AsSpan()[1..].ToArray().Select(p => "the-final--countdown".Substring(p.Start - 100, p.Length))));
            Assert.Equal(new Piece(0, 100), pieces[0]);
            pieces.Dispose();
        }
    }

    [Theory]
    [InlineData(MatchBehavior.Removed, "12|3")]
    [InlineData(MatchBehavior.Isolated, "ab|12|c|3")]
    [InlineData(MatchBehavior.MergedWithPrevious, "ab|12c|3")]
    [InlineData(MatchBehavior.MergedWithNext, "ab12|c3")]
    internal void PatternSplitter_Inverted_TakesTheRestForMatches(MatchBehavior behavior, string expected) =>
        Assert.Equal(expected, string.Join('|', new PatternSplitter(Digits, behavior, inverted: true).Pieces("ab12c3")));

    [Theory]
    [InlineData(MetaspacePrefix.Always, true, " a  b c", "_a|_|_b|_c")]
    [InlineData(MetaspacePrefix.Always, true, "a b", "_a|_b")]
    [InlineData(MetaspacePrefix.Always, true, "_a ", "_a|_")]
    [InlineData(MetaspacePrefix.Always, false, "a b", "_a_b")]
    [InlineData(MetaspacePrefix.Never, true, "a b", "a|_b")]
    [InlineData(MetaspacePrefix.First, true, "a b", "_a|_b")]
    internal void Metaspace_Spaces_BecomeMarksThatStartPieces(MetaspacePrefix prefix, bool splits, string text, string expected)
    {
        Assert.Equal(expected, string.Join('|', Rewrite(new Metaspace('_', prefix, splits), text, isAtStart: true)));
        Assert.Equal(text, string.Concat(new Metaspace('_', prefix, splits).Pieces(text)));
    }

    [Fact]
    public void Metaspace_OfAPartOfTheText_HasItsPrefixUnlessItIsForTheFirst()
    {
        Assert.Equal(["_a"], Rewrite(new Metaspace('_', MetaspacePrefix.Always, true), "a", isAtStart: false));
        Assert.Equal(["a"], Rewrite(new Metaspace('_', MetaspacePrefix.First, true), "a", isAtStart: false));
        var words = new SplitterSequence([new WhiteSpaceSplitter(), new Metaspace('_', MetaspacePrefix.First, true)]);
        Assert.True(words.Rewrites);
        Assert.Equal(["_a", "b"], Rewrite(words, "a b", isAtStart: true));
        Assert.Equal(["a", "b"], Rewrite(words, " a b", isAtStart: true));
        var isolated = new PatternSplitter(CodePointRegex.Literal("_"), MatchBehavior.Isolated);
        var marks = new SplitterSequence([new Metaspace('_', MetaspacePrefix.Always, true), isolated]);
        Assert.Equal(["_", "a", "_", "b"], Rewrite(marks, "a b", isAtStart: true));
    }

    [Theory]
    [InlineData(" a.b\u0085c \u3000d\uFEFFe ", "a.b|c|d\uFEFFe")]
    [InlineData(" ", "")]
    [InlineData("", "")]
    public void WhiteSpaceSplitter_IsUnicodes(string text, string expected) => Assert.Equal(expected, string.Join('|', new WhiteSpaceSplitter().Pieces(text)));

    [Theory]
    [InlineData("it's 5$, _a_!", "it|'|s|5|$|,|_|a|_|!")]
    [InlineData("\u2014a\u3002b\U0001F600c", "\u2014|a|\u3002|b\U0001F600c")]
    [InlineData("a\u0301 b\t c", "a\u0301|b|c")]
    public void BertSplitter_EveryMarkIsAWord(string text, string expected) => Assert.Equal(expected, string.Join('|', new BertSplitter().Pieces(text)));

    [Theory]
    [InlineData("", "")]
    [InlineData("12", "12")]
    [InlineData("ab", "ab")]
    public void PatternSplitter_NothingBetween_IsNoPiece(string text, string expected) =>
        Assert.Equal(expected.Length == 0 ? [] : [expected], new PatternSplitter(Digits, MatchBehavior.Isolated).Pieces(text));

    [Theory]
    [InlineData("Hello world's  12 end", "Hello| world|'s| | 12| end")]
    [InlineData("a  ", "a|  ")]
    [InlineData("a!? b", "a|!?| b")]
    [InlineData("\U0001D400\u0301", "\U0001D400|\u0301")]
    public void ByteLevel_IsGpt2sSplit(string text, string expected) => Assert.Equal(expected, string.Join('|', PatternSplitter.ByteLevel.Pieces(text)));

    [Fact]
    public void SplitterSequence_EachSplitsThePiecesOfTheOneBefore()
    {
        var spaces = new PatternSplitter(new CodePointRegex(" "), MatchBehavior.Removed);
        var sequence = new SplitterSequence([spaces, new PatternSplitter(Digits, MatchBehavior.Isolated)]);
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

    private static string[] Rewrite(PieceSplitter splitter, string text, bool isAtStart)
    {
        var output = new ValueList<char>([]);
        var pieces = new ValueList<Piece>([]);
        output.AddRange("before");
        splitter.Rewrite(text, isAtStart, ref output, ref pieces);
        string all = output.AsSpan().ToString();
        string[] found = [.. pieces.AsSpan().ToArray().Select(p => all.Substring(p.Start, p.Length))];
        output.Dispose();
        pieces.Dispose();
        return found;
    }
}
