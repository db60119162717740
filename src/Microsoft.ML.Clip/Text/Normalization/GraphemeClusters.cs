using System.Globalization;

namespace Microsoft.ML.Clip;

/// <summary>What readers take for one character: an extended grapheme cluster (UAX #29). .NET's own tables, which do not depend on ICU.</summary>
internal static class GraphemeClusters
{
    // Characters that neither take in what follows nor belong to what precedes: two of them are two clusters. One bit each, for speed only.
    private static readonly ulong[] Plain = FindPlain();

    /// <summary>The length of the cluster that a text starts with, which is not empty.</summary>
    public static int LengthOfFirst(ReadOnlySpan<char> text) =>
        text.Length == 1 || (IsPlain(text[0]) && IsPlain(text[1])) ? 1 : StringInfo.GetNextTextElementLength(text);

    private static bool IsPlain(char c) => (Plain[c >> 6] >> (c & 63) & 1) != 0;

    private static ulong[] FindPlain()
    {
        ulong[] plain = new ulong[(char.MaxValue + 1) / 64];
        for (int c = 0; c <= char.MaxValue; c++)
        {
            bool isPlain = CharUnicodeInfo.GetUnicodeCategory((char)c) switch
            {
                <= UnicodeCategory.OtherLetter => !IsJoiningLetter(c),
                UnicodeCategory.DecimalDigitNumber or UnicodeCategory.LetterNumber or UnicodeCategory.OtherNumber or UnicodeCategory.SpaceSeparator => true,
                >= UnicodeCategory.ConnectorPunctuation and <= UnicodeCategory.OtherSymbol => true,
                _ => false,
            };
            plain[c >> 6] |= isPlain ? 1UL << (c & 63) : 0;
        }
        return plain;
    }

    // Letters of Grapheme_Cluster_Break = Extend, SpacingMark, Prepend, and the conjoining jamo.
    private static bool IsJoiningLetter(int c) => c is 0xFF9E or 0xFF9F or 0x0E33 or 0x0EB3 or 0x0D4E
        or (>= 0x1100 and <= 0x11FF) or (>= 0xA960 and <= 0xA97F) or (>= 0xD7B0 and <= 0xD7FF);
}
