using System.Text;

namespace Microsoft.ML.Clip;

/// <summary>The way back from a token's printable form to the bytes that it stands for.</summary>
internal static class TokenBytes
{
    /// <summary>The number of bytes that a token of the byte-pair vocabulary stands for.</summary>
    public static int Count(string token, string endOfWordSuffix) => token.Length - (EndsWord(token, endOfWordSuffix) ? endOfWordSuffix.Length : 0);

    public static bool EndsWord(string token, string endOfWordSuffix) =>
        endOfWordSuffix.Length > 0 && token.Length > endOfWordSuffix.Length && token.EndsWith(endOfWordSuffix, StringComparison.Ordinal);

    /// <summary>Appends the bytes of a token; one that is not in printable form, as added tokens may be, stands for its own text.</summary>
    public static void Append(string token, string endOfWordSuffix, ref ValueList<byte> bytes)
    {
        int start = bytes.Count;
        foreach (char c in token.AsSpan(0, Count(token, endOfWordSuffix)))
        {
            if (!ByteToUnicodeTable.TryGetByte(c, out byte value))
            {
                bytes.Count = start;
                Encoding.UTF8.GetBytes(token, bytes.Append(Encoding.UTF8.GetByteCount(token)));
                return;
            }
            bytes.Add(value);
        }
    }
}
