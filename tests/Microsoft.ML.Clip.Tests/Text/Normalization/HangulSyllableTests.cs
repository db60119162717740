namespace Microsoft.ML.Clip.Tests;

/// <summary>Korean syllables, by arithmetic.</summary>
public sealed class HangulSyllableTests
{
    private const int First = 0xAC00, Last = 0xD7A3;

    [Fact]
    public void EverySyllable_ComesApartAndTogether()
    {
        for (int syllable = First; syllable <= Last; syllable++)
        {
            Assert.True(HangulSyllable.TryDecompose(syllable, out var parts));
            Assert.True(HangulSyllable.TryCompose(parts.First, parts.Second, out int composite));
            Assert.Equal(syllable, composite);
        }
    }

    [Theory]
    [InlineData(0xAC00, 0x1100, 0x1161)]
    [InlineData(0xAC01, 0xAC00, 0x11A8)]
    [InlineData(0xD55C, 0xD558, 0x11AB)]
    [InlineData(0xD558, 0x1112, 0x1161)]
    [InlineData(0xD7A3, 0xD788, 0x11C2)]
    public void TryDecompose_TakesTheTailOffFirst(int syllable, int first, int second)
    {
        Assert.True(HangulSyllable.TryDecompose(syllable, out var parts));
        Assert.Equal((first, second), parts);
    }

    [Theory]
    [InlineData(First - 1), InlineData(Last + 1), InlineData(0x1100), InlineData('a'), InlineData(0)]
    public void TryDecompose_AnythingElse_IsNone(int codePoint) => Assert.False(HangulSyllable.TryDecompose(codePoint, out _));

    [Theory]
    [InlineData(0x1100, 0x11A8)] // no vowel
    [InlineData(0x10FF, 0x1161), InlineData(0x1113, 0x1161), InlineData(0x1100, 0x1160), InlineData(0x1100, 0x1176)]
    [InlineData(0xAC01, 0x11A8)] // has a tail
    [InlineData(0xAC00, 0x11A7), InlineData(0xAC00, 0x11C3), InlineData(First - 28, 0x11A8), InlineData(Last + 1, 0x11A8)]
    public void TryCompose_AnythingElse_IsNone(int first, int second) => Assert.False(HangulSyllable.TryCompose(first, second, out _));

    [Fact]
    public void Trailing_IsVowelsAndTails() => Assert.Equal([.. Enumerable.Range(0x1161, 21), .. Enumerable.Range(0x11A8, 27)], HangulSyllable.Trailing);
}
