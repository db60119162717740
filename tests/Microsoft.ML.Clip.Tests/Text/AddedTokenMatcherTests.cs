namespace Microsoft.ML.Clip.Tests;

/// <summary>Tokens that are found in the text itself.</summary>
public sealed class AddedTokenMatcherTests
{
    [Theory]
    [InlineData("", "")]
    [InlineData("no token", "")]
    [InlineData("<a>", "0+3=1")]
    [InlineData("x<a>y<a>", "1+3=1 5+3=1")]
    [InlineData("<a", "")]
    [InlineData("<<a>", "1+3=1")]
    [InlineData("<ab><a>", "0+4=2 4+3=1")] // the longest of those that start at one place
    [InlineData("<a>b>", "0+3=1")]
    [InlineData("[x<a>]", "2+3=1")]
    [InlineData("[x[x]", "2+3=3")]
    public void TryFind_Tokens_LeftmostAndLongest(string text, string expected) =>
        Assert.Equal(expected, Find(text, Token("<a>", 1), Token("<ab>", 2), Token("[x]", 3), Token("", 4)));

    [Theory]
    [InlineData("a b c", "1+2=1")]
    [InlineData("a  b  c", "1+3=1")]
    [InlineData("  b", "0+3=1")]
    [InlineData("a\u3000b", "1+2=1")]
    [InlineData("abc", "1+1=1")]
    public void TryFind_LeftStrip_TakesTheWhiteSpaceBefore(string text, string expected) =>
        Assert.Equal(expected, Find(text, Token("b", 1) with { LeftStrip = true }));

    [Theory]
    [InlineData("a b c", "2+2=1")]
    [InlineData("a  b  ", "3+3=1")]
    [InlineData("b b", "0+2=1 2+1=1")]
    public void TryFind_RightStrip_TakesTheWhiteSpaceBehind(string text, string expected) =>
        Assert.Equal(expected, Find(text, Token("b", 1) with { RightStrip = true }));

    [Fact]
    public void TryFind_WhiteSpaceThatATokenTook_IsNotTakenTwice() =>
        Assert.Equal("0+3=1 3+1=2", Find("b  c", Token("b", 1) with { RightStrip = true }, Token("c", 2) with { LeftStrip = true }));

    [Theory]
    [InlineData("b", "0+1=1")]
    [InlineData("a b,b", "2+1=1 4+1=1")]
    [InlineData("ab", "")]
    [InlineData("ba", "")]
    [InlineData("bb", "")]
    [InlineData("_b", "")]
    [InlineData("1b b\u0301 \u0903b \u203fb", "")] // digits, marks and connectors are word characters
    [InlineData("\U0001D400b b\U0001D400", "")]
    [InlineData("\U0001F600b\u00b2 -b-", "2+1=1 6+1=1")] // symbols and other numbers are none
    [InlineData("\u2160b", "1+1=1")]
    public void TryFind_SingleWord_StandsBetweenOtherCharacters(string text, string expected) =>
        Assert.Equal(expected, Find(text, Token("b", 1) with { SingleWord = true }));

    [Fact]
    public void TryFind_AWordThatIsNone_IsPassedOverWhole() => Assert.Equal("5+2=1", Find("bbbb bb", Token("bb", 1) with { SingleWord = true }));

    [Theory]
    [InlineData(3), InlineData(31), InlineData(32), InlineData(200)]
    public void TryFind_HoweverManyTokens_FindsTheSame(int count)
    {
        AddedToken[] tokens = [Token("<a>", 1), Token("<ab>", 2), Token("<a>", 3), .. Enumerable.Range(0, count).Select(i => Token($"<{i:D3}>", 100 + i))];
        Assert.Equal("0+4=2 4+3=1 8+5=102", Find("<ab><a><<002><0", tokens));
    }

    private static AddedToken Token(string content, int id) => new(content, id, SingleWord: false, LeftStrip: false, RightStrip: false, Normalized: false);

    private static string Find(string text, params AddedToken[] tokens)
    {
        var matcher = new AddedTokenMatcher(tokens);
        var found = new List<string>();
        int searchFrom = 0, end = 0;
        while (matcher.TryFind(text, ref searchFrom, end, out var piece))
        {
            found.Add($"{piece.Start}+{piece.Length}={piece.TokenId}");
            end = piece.Start + piece.Length;
            Assert.Equal(end, searchFrom);
        }
        return string.Join(' ', found);
    }
}
