namespace Microsoft.ML.Clip;

/// <summary>Hangul syllables are composed and decomposed by arithmetic (The Unicode Standard, section 3.12).</summary>
internal static class HangulSyllable
{
    private const int SyllableBase = 0xAC00, LeadBase = 0x1100, VowelBase = 0x1161, TailBase = 0x11A7;
    private const int LeadCount = 19, VowelCount = 21, TailCount = 28;
    private const int SyllableCount = LeadCount * VowelCount * TailCount;

    /// <summary>The vowels and tails, which join the syllable before them.</summary>
    public static IEnumerable<int> Trailing => Enumerable.Range(VowelBase, VowelCount).Concat(Enumerable.Range(TailBase + 1, TailCount - 1));

    public static bool TryDecompose(int codePoint, out (int First, int Second) parts)
    {
        int index = codePoint - SyllableBase;
        int tail = index % TailCount;
        parts = tail != 0
            ? (codePoint - tail, TailBase + tail)
            : (LeadBase + index / TailCount / VowelCount, VowelBase + index / TailCount % VowelCount);
        return index is >= 0 and < SyllableCount;
    }

    public static bool TryCompose(int first, int second, out int composite)
    {
        if (first - LeadBase is >= 0 and < LeadCount && second - VowelBase is >= 0 and < VowelCount)
        {
            composite = SyllableBase + ((first - LeadBase) * VowelCount + (second - VowelBase)) * TailCount;
            return true;
        }
        composite = first + (second - TailBase);
        return first - SyllableBase is >= 0 and < SyllableCount && (first - SyllableBase) % TailCount == 0 && second - TailBase is > 0 and < TailCount;
    }
}
