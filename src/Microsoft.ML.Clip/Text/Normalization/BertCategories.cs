using System.Globalization;

namespace Microsoft.ML.Clip;

/// <summary>
/// What BERT's normalizer and pre-tokenizer of Hugging Face take a code point for, read once from the embedded BertCategories.txt. They ask tables of
/// Unicode 8, where .NET's are newer, and ids have to agree.
/// </summary>
internal static class BertCategories
{
    private static readonly ulong[] Removed = new ulong[0x110000 / 64];
    private static readonly ulong[] Marks = new ulong[0x110000 / 64];
    private static readonly ulong[] Punctuation = new ulong[0x110000 / 64];

    static BertCategories()
    {
        foreach (string line in EmbeddedText.ReadLines("BertCategories.txt"))
        {
            ulong[] bits = line[0] switch
            {
                'R' => Removed,
                'M' => Marks,
                _ => Punctuation,
            };
            int dash = line.IndexOf('-', StringComparison.Ordinal);
            int last = int.Parse(line.AsSpan(dash + 1), NumberStyles.HexNumber, CultureInfo.InvariantCulture);
            for (int c = int.Parse(line.AsSpan(2, dash - 2), NumberStyles.HexNumber, CultureInfo.InvariantCulture); c <= last; c++)
            {
                bits[c >> 6] |= 1UL << (c & 63);
            }
        }
    }

    /// <summary>Controls, formats, private use, U+0000 and U+FFFD, which cleaning removes.</summary>
    public static bool IsRemoved(int codePoint) => Has(Removed, codePoint);

    /// <summary>Nonspacing marks, which are what is stripped of letters with accents.</summary>
    public static bool IsMark(int codePoint) => Has(Marks, codePoint);

    public static bool IsPunctuation(int codePoint) => Has(Punctuation, codePoint);

    private static bool Has(ulong[] bits, int codePoint) => (bits[codePoint >> 6] >> (codePoint & 63) & 1) != 0;
}
