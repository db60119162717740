using System.Globalization;

namespace Microsoft.ML.Clip.Tests;

/// <summary>Regular expressions by code point.</summary>
public sealed class CodePointRegexTests
{
    // The names of the categories in regular expressions, in the order of UnicodeCategory.
    private static readonly string[] Categories = ["Lu", "Ll", "Lt", "Lm", "Lo", "Mn", "Mc", "Me", "Nd", "Nl", "No", "Zs", "Zl", "Zp", "Cc", "Cf", "Cs", "Co", "Pc", "Pd", "Ps", "Pe",
        "Pi", "Pf", "Po", "Sm", "Sc", "Sk", "So", "Cn"];

    [Theory]
    [InlineData(@"\d+", "a12b3", "1+2 4+1")]
    [InlineData("", "ab", "0+0 1+0 2+0")]
    [InlineData("x", "ab", "")]
    [InlineData(@"\p{L}+", "a\U0001D400b \U0001F600", "0+4")]
    [InlineData(".", "a\U0001F600b", "0+1 1+2 3+1")]
    [InlineData("b$", "\U0001F600\U0001F600b", "4+1")]
    [InlineData("", "\U0001F600", "0+0 2+0")]
    public void Matches_Places_AreThoseOfTheText(string pattern, string text, string expected) => Assert.Equal(expected, Find(pattern, text));

    [Theory]
    [InlineData("((((((((((a*)*)*)*)*)*)*)*)*)*)*b", "a photo of a cat, aaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaa")]
    [InlineData("(a+)+$", "\U0001F600aaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaa!")]
    public void Matches_PatternThatBacktracksWithoutEnd_EndsAndIsNamed(string pattern, string text)
    {
        var regex = new CodePointRegex(pattern, "'tokenizer.json': the pattern", limit: TimeSpan.FromMilliseconds(50));

        string message = Assert.Throws<InvalidDataException>(() => regex.Matches(text)).Message;

        Assert.Equal($"'tokenizer.json': the pattern needs more than 0.05 s for a text of {text.Length} characters: '{pattern}'.", message);
    }

    [Fact]
    public void Matches_ManyThatAreEachInTime_EndTogether()
    {
        // Each match takes a moment, and there are many: .NET's limit begins anew with each.
        var regex = new CodePointRegex("(x+x+)+y|z", limit: TimeSpan.FromMilliseconds(200));

        Assert.Throws<InvalidDataException>(() => regex.Matches(string.Concat(Enumerable.Repeat("xxxxxxxxxxxxxxz", 3000))));
    }

    [Fact]
    public void Matches_HalfASurrogatePair_ReadsAsTheReplacementCharacter()
    {
        Assert.Equal("1+1", Find("\uFFFD", "a\uD800b"));
        Assert.Equal("0+1", Find(@"\p{So}", "\uDC00"));
    }

    [Fact]
    public void Matches_AstralCodePoints_AreOfTheirCategory()
    {
        var seen = new HashSet<UnicodeCategory>();
        for (int c = 0x10000; c <= 0x10FFFF; c++)
        {
            var category = CharUnicodeInfo.GetUnicodeCategory(c);
            if (seen.Add(category))
            {
                string text = char.ConvertFromUtf32(c);
                foreach (string name in Categories)
                {
                    Assert.Equal(name == Categories[(int)category] ? "0+2" : "", Find($@"\p{{{name}}}", text));
                }
                // No literal means it, nor is it white space.
                Assert.Equal("", Find(@"[\s\x00-\x7f]", text));
            }
        }
        Assert.InRange(seen.Count, 15, Categories.Length);
    }

    [Fact]
    public void Constructor_WhatDotNetDoesNotKnow_IsRefused()
    {
        Assert.ThrowsAny<ArgumentException>(() => new CodePointRegex("["));
        Assert.ThrowsAny<ArgumentException>(() => new CodePointRegex(@"a++"));
    }

    private static string Find(string pattern, string text) => string.Join(' ', new CodePointRegex(pattern).Matches(text).Select(m => $"{m.Start}+{m.Length}"));
}
