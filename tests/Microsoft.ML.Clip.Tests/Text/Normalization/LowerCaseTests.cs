namespace Microsoft.ML.Clip.Tests;

/// <summary>Lower case by the rules of two languages.</summary>
public sealed class LowerCaseTests
{
    [Theory]
    [InlineData("\u0391\u03a3 \u03a3\u0391", "\u03b1\u03c2 \u03c3\u03b1", "\u03b1\u03c3 \u03c3\u03b1")]
    [InlineData("\u0391\u03a3.", "\u03b1\u03c2.", "\u03b1\u03c3.")]
    [InlineData("\u0391\u03a3'\u0391", "\u03b1\u03c3'\u03b1", "\u03b1\u03c3'\u03b1")]
    [InlineData("\u0391\u0301\u03a3", "\u03b1\u0301\u03c2", "\u03b1\u0301\u03c3")] // a mark between does not count
    [InlineData("\u0391 \u03a3", "\u03b1 \u03c3", "\u03b1 \u03c3")]
    [InlineData("1\u03a3", "1\u03c3", "1\u03c3")]
    [InlineData("\u2160\u03a3 \u24b6\u03a3 \u00aa\u03a3 \U0001F130\u03a3", "\u2170\u03c2 \u24d0\u03c2 \u00aa\u03c2 \U0001F130\u03c2", "\u2170\u03c3 \u24d0\u03c3 \u00aa\u03c3 \U0001F130\u03c3")]
    [InlineData("\u03a3", "\u03c3", "\u03c3")]
    [InlineData("\u0130I", "i\u0307i", "i\u0307i")]
    [InlineData("\U00010400\u1e9e", "\U00010428\u00df", "\U00010428\u00df")]
    [InlineData("@AZ[`az{", "@az[`az{", "@az[`az{")]
    public void Apply_Sigma_IsFinalInPythonOnly(string text, string python, string rust)
    {
        Assert.Equal(python, PythonLower.Instance.Apply(text));
        Assert.Equal(rust, LowerCase.Instance.Apply(text));
    }

    [Theory]
    [InlineData("\u1c89 \ua7cb\ua7cc\ua7ce\ua7d2\ua7d4\ua7da\ua7dc", "\u1c8a \u0264\ua7cd\ua7cf\ua7d3\ua7d5\ua7db\u019b")]
    [InlineData("\U00010D50\U00010D65\U00010D66", "\U00010D70\U00010D85\U00010D66")]
    [InlineData("\U00016EA0\U00016EB8\U00016E9F", "\U00016EBB\U00016ED3\U00016E9F")]
    public void Apply_CapitalsOfUnicode17_AreKnownToRustOnly(string text, string rust)
    {
        Assert.Equal(rust, LowerCase.Instance.Apply(text));
        Assert.Equal(text, LowerCase.WithoutNewest.Apply(text));
        Assert.Equal(text, PythonLower.Instance.Apply(text));
    }

    [Fact]
    public void Apply_HalvesOfSurrogatePairs_Pass()
    {
        Assert.Equal("\uD800a\uDC00", LowerCase.Instance.Apply("\uD800A\uDC00"));
        Assert.Equal("\uD800\u03c3\uDC00", PythonLower.Instance.Apply("\uD800\u03a3\uDC00"));
    }
}
