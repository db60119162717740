using System.Text;
using CsCheck;

namespace Microsoft.ML.Clip.Tests;

/// <summary>Normalisation form C by our own tables.</summary>
public sealed class CanonicalCompositionTests
{
    private static readonly Gen<string> Composable = Gen.OneOf(
        Gen.Int[0xC0, 0x17F], Gen.Int[0x300, 0x345], Gen.Int[0x1E00, 0x1FFE], Gen.Int[0x1100, 0x11FF], Gen.Int[0xAC00, 0xD7A3], Gen.Int['a', 'z'])
        .Array[0, 10].Select(codes => string.Concat(codes.Select(char.ConvertFromUtf32)));

    [Fact]
    public void Apply_OldLettersAndMarks_EqualsDotNets()
    {
        Assert.SkipUnless(SystemNormalization.IsAvailable, "needs ICU");
        Composable.Sample(text => CanonicalComposition.Instance.Apply(text) == text.Normalize(NormalizationForm.FormC), iter: 20_000);
    }

    [Theory]
    [InlineData("q\u0301\u0323", "q\u0323\u0301")] // sorted by combining class
    [InlineData("e\u0301", "\u00e9")]
    [InlineData("\u212b", "\u00e5", "\u00c5")]
    [InlineData("\u0958", "\u0915\u093c")] // a composition exclusion
    [InlineData("q\u1ace\u0323", "q\u1ace\u0323")] // a mark of Unicode 14: Hugging Face's tables are of Unicode 9, and leave it where it stands
    [InlineData("q\u1df9\u0334", "q\u1df9\u0334")] // Unicode 10
    [InlineData("q\u1dfb\u0334", "q\u0334\u1dfb")] // Unicode 9
    [InlineData("\U0001D15E", "\U0001D157\U0001D165")] // astral
    [InlineData("\U00011099\U000110BA", "\U0001109A")]
    public void Apply_Marks_AreSortedAndComposedAsInUnicode9(string text, string expected, string? before = null) =>
        Assert.Equal(before ?? expected, CanonicalComposition.Instance.Apply(text));

    [Fact]
    public void Apply_HalvesOfSurrogatePairs_Pass() => Assert.Equal("\uD800\u00e9\uDC00", CanonicalComposition.Instance.Apply("\uD800e\u0301\uDC00"));

    [Fact]
    public void Apply_ManyMarksOnOneLetter_KeepTheirOrderWithinAClass()
    {
        string below = string.Concat(Enumerable.Repeat("\u0323\u0324\u0325", 200)), above = string.Concat(Enumerable.Repeat("\u030d\u030e\u0310", 200));

        Assert.Equal("q" + below + above, CanonicalComposition.Instance.Apply("q" + above + below));
    }
}
