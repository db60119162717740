using System.Text;
using CsCheck;

namespace Microsoft.ML.Clip.Tests;

/// <summary>The steps before the split, each by its own rule.</summary>
public class TextNormalizationTests
{
    private static readonly Gen<string> Composable = Gen.OneOf(
        Gen.Int[0xC0, 0x17F], Gen.Int[0x300, 0x345], Gen.Int[0x1E00, 0x1FFE], Gen.Int[0x1100, 0x11FF], Gen.Int[0xAC00, 0xD7A3], Gen.Int['a', 'z'])
        .Array[0, 10].Select(codes => string.Concat(codes.Select(char.ConvertFromUtf32)));

    [Fact]
    public void CanonicalComposition_OldLettersAndMarks_EqualsDotNets()
    {
        Assert.SkipUnless(SystemNormalization.IsAvailable, "needs ICU");
        Composable.Sample(text => Apply(CanonicalComposition.Instance, text) == text.Normalize(NormalizationForm.FormC), iter: 20_000);
    }

    [Theory]
    [InlineData("q\u0301\u0323", "q\u0323\u0301")] // sorted by combining class
    [InlineData("e\u0301", "\u00e9")]
    [InlineData("\u212b", "\u00e5", "\u00c5")]
    [InlineData("\u0958", "\u0915\u093c")] // a composition exclusion
    [InlineData("q\u1ace\u0323", "q\u1ace\u0323")] // a mark of Unicode 14: Hugging Face's tables are of Unicode 9, and leave it where it stands
    [InlineData("q\u1df9\u0334", "q\u1df9\u0334")] // Unicode 10
    [InlineData("q\u1dfb\u0334", "q\u0334\u1dfb")] // Unicode 9
    public void CanonicalComposition_Marks_AreSortedAsInUnicode9(string text, string expected, string? before = null) =>
        Assert.Equal(before ?? expected, Apply(CanonicalComposition.Instance, text));

    [Theory]
    [InlineData("\u0391\u03a3 \u03a3\u0391", "\u03b1\u03c2 \u03c3\u03b1", "\u03b1\u03c3 \u03c3\u03b1")]
    [InlineData("\u0391\u03a3.", "\u03b1\u03c2.", "\u03b1\u03c3.")]
    [InlineData("\u0391\u03a3'\u0391", "\u03b1\u03c3'\u03b1", "\u03b1\u03c3'\u03b1")]
    [InlineData("\u03a3", "\u03c3", "\u03c3")]
    [InlineData("\u0130I", "i\u0307i", "i\u0307i")]
    [InlineData("\U00010400\u1e9e", "\U00010428\u00df", "\U00010428\u00df")]
    public void LowerCase_Sigma_IsFinalInPythonOnly(string text, string python, string rust)
    {
        Assert.Equal(python, Apply(PythonLower.Instance, text));
        Assert.Equal(rust, Apply(LowerCase.Instance, text));
    }

    // What Python's html.unescape answers.
    [Theory]
    [InlineData("&amp;&lt;&gt;&quot;&#39;", "&<>\"'")]
    [InlineData("&amp;lt;", "&lt;")]
    [InlineData("&notit; &notin; &not", "\u00acit; \u2209 \u00ac")]
    [InlineData("&eacute &eacut", "\u00e9 &eacut")]
    [InlineData("&#128;&#x96;&#129;", "\u20ac\u2013\u0081")]
    [InlineData("&#0;&#xD800;&#1114112;&#99999999999;", "\ufffd\ufffd\ufffd\ufffd")]
    [InlineData("&#1;&#11;&#xFDD0;x", "x")]
    [InlineData("&; &#; &#x; &&amp", "&; &#; &#x; &&")]
    [InlineData("&bne;", "=\u20e5")]
    [InlineData("&CounterClockwiseContourIntegral;", "\u2233")]
    [InlineData("&#x1F600;", "\U0001F600")]
    public void HtmlReferences_Resolve_AsPythonDoes(string text, string expected) => Assert.Equal(expected, Apply(HtmlReferences.Instance, text));

    [Theory]
    [InlineData("don't", "don 't")]
    [InlineData("they'll've", "they 'll 've")]
    [InlineData("''s", "'' s")]
    [InlineData("'sx", "'s x")]
    [InlineData("3rd 1\u0665\u2167", "3 rd 1 \u0665 \u2167")]
    [InlineData("a\u0301b", "a \u0301 b")]
    [InlineData("\U0001D400\u4e2d \U0001F600!", "\U0001D400\u4e2d \U0001F600!")]
    [InlineData("'\u017f \u03b1\u0345\u03b1", "' \u017f \u03b1 \u0345 \u03b1")]
    public void ClipPieceSplitter_HuggingFace_SplitsByCodePoint(string text, string pieces) => Assert.Equal(pieces, Split(text, ignoreCase: false));

    [Theory]
    [InlineData("'\u017f", "'\u017f")] // a long s is an s to a pattern that ignores case
    [InlineData("\u03b1\u0345\u03b1!\u0345!", "\u03b1 \u03b1 ! !")] // and a mark whose upper case is a letter matches neither class
    public void ClipPieceSplitter_IgnoringCase_DiffersInTwoCharacters(string text, string pieces) => Assert.Equal(pieces, Split(text, ignoreCase: true));

    [Fact]
    public void ClipPieceSplitter_AnyText_EqualsTheRegularExpression()
    {
        var regex = new CodePointRegex(ClipPieceSplitter.Pattern);
        var splitter = new ClipPieceSplitter([], ignoreCase: false);
        var texts = Gen.OneOf(Gen.Char.AlphaNumeric.Select(c => c.ToString()), Gen.OneOfConst(" ", "'", "'s", "'ll", "\u00a0", "!", "\U0001D7D8", "\U0001F600", "\u0301", "\u00b2"),
            Gen.Int[0x20, 0xD7FF].Select(char.ConvertFromUtf32), Gen.Int[0x10000, 0x1FFFF].Select(char.ConvertFromUtf32)).Array[0, 14].Select(string.Concat);
        texts.Sample(text => splitter.PreTokenize(text).SequenceEqual(regex.Matches(text).Select(m => (m.Start, m.Length))), iter: 10_000);
    }

    private static string Split(string text, bool ignoreCase) =>
        string.Join(' ', new ClipPieceSplitter([], ignoreCase).PreTokenize(text).Select(p => text.Substring(p.Offset, p.Length)));

    private static string Apply(NormalizationStep step, string text)
    {
        var output = new ValueList<char>([]);
        step.Apply(text, ref output);
        string result = output.AsSpan().ToString();
        output.Dispose();
        return result;
    }
}
