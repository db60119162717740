namespace Microsoft.ML.Clip.Tests;

/// <summary>What Python's <c>html.unescape</c> answers.</summary>
public sealed class HtmlReferencesTests
{
    [Theory]
    [InlineData("&amp;&lt;&gt;&quot;&#39;", "&<>\"'")]
    [InlineData("&amp;lt;", "&lt;")]
    [InlineData("&notit; &notin; &not", "\u00acit; \u2209 \u00ac")]
    [InlineData("&eacute &eacut", "\u00e9 &eacut")]
    [InlineData("&#128;&#x96;&#129;&#159;&#x9f;&#127;&#160;", "\u20ac\u2013\u0081\u0178\u0178\u00a0")]
    [InlineData("&#0;&#xD800;&#1114112;&#99999999999;", "\ufffd\ufffd\ufffd\ufffd")]
    [InlineData("&#1;&#8;&#11;&#14;&#31;&#xFDD0;&#xFDEF;&#xFFFE;&#x10FFFF;x", "x")]
    [InlineData("&#9;&#10;&#12;&#13;&#32;", "\t\n\f\r ")]
    [InlineData("&; &#; &#x; &&amp", "&; &#; &#x; &&")]
    [InlineData("&bne;", "=\u20e5")]
    [InlineData("&CounterClockwiseContourIntegral;", "\u2233")]
    [InlineData("&CounterClockwiseContourIntegra;", "&CounterClockwiseContourIntegra;")]
    [InlineData("&#x1F600;&#X41;&#65b;&#x41g;&#65", "\U0001F600AAb;Ag;A")]
    [InlineData("no reference & none", "no reference & none")]
    [InlineData("a&ampb&amp", "a&b&")]
    public void Apply_References_AreResolvedAsInPython(string text, string expected) => Assert.Equal(expected, HtmlReferences.Instance.Apply(text));

    [Fact]
    public void Names_AreAllOfTheStandards()
    {
        // A question mark stands behind a name that is known without its semicolon too.
        string[] names = [.. EmbeddedText.ReadLines("HtmlEntities.txt").Select(line => line.Split(' ')[0])];

        Assert.Equal(2231, names.Length + names.Count(n => n.EndsWith('?')));
        Assert.All(names, name => Assert.NotEqual($"&{name.TrimEnd('?')};", HtmlReferences.Instance.Apply($"&{name.TrimEnd('?')};")));
    }

    [Fact]
    public void ReadLines_Table_HasNoComments()
    {
        Assert.DoesNotContain(EmbeddedText.ReadLines("UnicodeNormalization.txt"), line => line.StartsWith('#'));
        Assert.Contains("no.txt", Assert.Throws<InvalidOperationException>(() => EmbeddedText.ReadLines("no.txt").Any()).Message, StringComparison.Ordinal);
    }
}
