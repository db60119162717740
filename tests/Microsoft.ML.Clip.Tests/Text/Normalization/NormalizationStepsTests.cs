using System.Text;

namespace Microsoft.ML.Clip.Tests;

/// <summary>The small steps, each by its own rule.</summary>
public sealed class NormalizationStepsTests
{
    [Theory]
    [InlineData(true, true, "a b")]
    [InlineData(true, false, "a b\u3000 ")]
    [InlineData(false, true, "\t a b")]
    [InlineData(false, false, "\t a b\u3000 ")]
    public void Strip_Ends_OnlyThoseAskedFor(bool left, bool right, string expected) => Assert.Equal(expected, new Strip(left, right).Apply("\t a b\u3000 "));

    [Theory]
    [InlineData("aXXbX", "a--b-")]
    [InlineData("X", "-")]
    [InlineData("ax", "ax")]
    [InlineData("", "")]
    public void ReplaceText_EveryOccurrence_IsReplaced(string text, string expected) => Assert.Equal(expected, new ReplaceText("X", "-").Apply(text));

    [Fact]
    public void ReplaceText_LongerTexts_AreNotReadTwice()
    {
        Assert.Equal("ab", new ReplaceText("aa", "a").Apply("aab"));
        Assert.Equal("xaxa", new ReplaceText("a", "xa").Apply("aa"));
        Assert.Equal("b", new ReplaceText("aa", "").Apply("aab"));
        // By code, not by culture: an ordinal comparison tells the ligature from its letters.
        Assert.Equal("\u00e6", new ReplaceText("ae", "-").Apply("\u00e6"));
    }

    [Theory]
    [InlineData("a12b3", "a#b#")]
    [InlineData("12", "#")]
    [InlineData("ab", "ab")]
    [InlineData("", "")]
    [InlineData("\U0001D7D8x1", "#x#")] // an astral digit
    public void ReplacePattern_EveryMatch_IsReplaced(string text, string expected) =>
        Assert.Equal(expected, new ReplacePattern(new CodePointRegex(@"\p{Nd}+"), "#").Apply(text));

    [Fact]
    public void ReplacePattern_Replacement_IsNoPattern() => Assert.Equal("$0", new ReplacePattern(new CodePointRegex("a"), "$0").Apply("a"));

    [Fact]
    public void SystemNormalization_Forms_AreTheSystems()
    {
        Assert.SkipUnless(SystemNormalization.IsAvailable, "needs ICU");
        Assert.Equal("e\u0301", new SystemNormalization(NormalizationForm.FormD).Apply("\u00e9"));
        Assert.Equal("fi", new SystemNormalization(NormalizationForm.FormKC).Apply("\ufb01"));
        Assert.Equal("e\u0301fi", new SystemNormalization(NormalizationForm.FormKD).Apply("\u00e9\ufb01"));
        Assert.Equal("\ufffdA", new SystemNormalization(NormalizationForm.FormKC).Apply("\uD800\uff21"));
    }

    [Theory]
    [InlineData(" a \t\r\n b ", "-a-b-")]
    [InlineData("a\u00a0\u2003\u3000\u0085\u1680b", "a-b")]
    [InlineData("a\u200b\ufeff\u001cb", "a\u200b\ufeff\u001cb")] // not White_Space of Unicode
    [InlineData("", "")]
    public void CollapseWhiteSpace_Runs_BecomeOne(string text, string expected)
    {
        Assert.Equal(expected, new CollapseWhiteSpace("-").Apply(text));
        Assert.Equal(expected.Replace('-', ' '), CollapseWhiteSpace.ToSpace.Apply(text));
        Assert.Equal(expected, new ReplacePattern(new CodePointRegex(@"[\s-[\x1c-\x1f]]+"), "-").Apply(text));
    }

    [Theory]
    [InlineData(" a b ", "a b")]
    [InlineData("\u001c\u001d\u001e\u001fa\u001b\u001f", "a\u001b")] // separators are white space to Python's strip
    [InlineData("\u3000\u0085", "")]
    [InlineData("\u200ba", "\u200ba")]
    public void PythonStrip_Ends_AreTrimmed(string text, string expected)
    {
        Assert.Equal(expected, PythonStrip.Instance.Apply(text));
        Assert.Equal(expected, PythonStrip.Trim(text).ToString());
    }
}
