namespace Microsoft.ML.Clip.Tests;

public sealed class MarkupTests
{
    [Theory]
    [InlineData("a < b & \"c\" 'd' >", "a &lt; b &amp; &quot;c&quot; &#39;d&#39; &gt;")]
    [InlineData("plain", "plain")]
    [InlineData("\0\u0008\u000B\u007F\u0085", "\uFFFD\uFFFD\uFFFD\uFFFD\n")]
    [InlineData("a\r\nb\rc\u2028d", "a\nb\nc\nd")]
    [InlineData("a\u202Eb\u2066c\u200Fd", "a\uFFFDb\uFFFDc\u200Fd")]
    [InlineData("\uD83D\uDE00 \uFFFE", "\U0001F600 \uFFFD")]
    public void Encode_IsXml(string text, string expected) => Assert.Equal(expected, Markup.Encode(text));

    [Fact]
    public void Encode_HalvesOfSurrogates_AreReplaced()
    {
        // Not inline data: the runner writes that as UTF-8.
        Assert.Equal("\uFFFDx", Markup.Encode("\uD800x"));
        Assert.Equal("x\uFFFD", Markup.Encode("x\uDC00"));
    }

    [Theory]
    [InlineData("short", "short")]
    [InlineData("Long names are cut", "Long nam…")]
    [InlineData("e\u0301e\u0301e\u0301e\u0301e\u0301e\u0301e\u0301e\u0301e\u0301e\u0301e\u0301e\u0301e\u0301", "e\u0301e\u0301e\u0301e\u0301e\u0301e\u0301e\u0301e\u0301…")]
    [InlineData("日本語の長い名前です", "日本語の長…")]
    [InlineData("👩‍👩‍👧👩‍👩‍👧👩‍👩‍👧", "👩‍👩‍👧…")]
    public void Shorten_CutsBetweenCharacters(string text, string expected) => Assert.Equal(expected, TextWidth.Shorten(text, 10, 62));

    [Fact]
    public void Wrap_KeepsWordsTogether()
    {
        Assert.Equal(["one two", "three"], TextWidth.Wrap("one two three", 10, 50, 5));
        Assert.Equal(["one two", "three fo…"], TextWidth.Wrap("one two three four five", 10, 50, 2));
        Assert.Equal([""], TextWidth.Wrap("", 10, 50, 2));
    }
}
