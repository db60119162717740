namespace Microsoft.ML.Clip;

/// <summary>
/// The printable character that stands for each byte in a byte-level vocabulary (<c>bytes_to_unicode</c> of OpenAI's encoder): bytes that are
/// printable in Latin-1 stand for themselves, the other 68 for U+0100, U+0101, ... in order.
/// </summary>
internal static class ByteToUnicodeTable
{
    private const int FirstSubstitute = 0x100;

    private static readonly char[] Chars = new char[256];
    private static readonly byte[] Bytes = new byte[FirstSubstitute + 68];

    static ByteToUnicodeTable()
    {
        int substitute = FirstSubstitute;
        for (int b = 0; b < 256; b++)
        {
            Chars[b] = IsPrintable(b) ? (char)b : (char)substitute++;
            Bytes[Chars[b]] = (byte)b;
        }
        // The order of OpenAI's vocabulary: the bytes that stand for themselves first.
        InVocabularyOrder = [.. Enumerable.Range(0, 256).OrderBy(b => IsPrintable(b) ? 0 : 1).Select(b => Chars[b])];
    }

    /// <summary>The 256 characters in the order in which OpenAI's vocabulary lists them.</summary>
    public static IReadOnlyList<char> InVocabularyOrder { get; }

    public static char ToChar(byte value) => Chars[value];

    /// <summary>The byte that a character stands for; false for a character that stands for none.</summary>
    public static bool TryGetByte(char character, out byte value)
    {
        value = character < Bytes.Length ? Bytes[character] : (byte)0;
        return character < Bytes.Length && Chars[value] == character;
    }

    private static bool IsPrintable(int b) => b is >= '!' and <= '~' or >= 0xA1 and <= 0xAC or >= 0xAE;
}
