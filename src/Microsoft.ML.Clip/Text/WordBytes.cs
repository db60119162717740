using System.Text;

namespace Microsoft.ML.Clip;

/// <summary>The UTF-8 bytes of a word, each with the place of the character in the text that it belongs to.</summary>
internal readonly ref struct WordBytes
{
    public WordBytes(ReadOnlySpan<char> word, int offset)
    {
        byte[] bytes = new byte[Encoding.UTF8.GetByteCount(word)];
        Encoding.UTF8.GetBytes(word, bytes);
        var (starts, ends) = (new int[bytes.Length], new int[bytes.Length]);
        int place = 0;
        for (int i = 0; i < word.Length;)
        {
            _ = Rune.DecodeFromUtf16(word[i..], out var rune, out int length);
            for (int b = 0; b < rune.Utf8SequenceLength; b++, place++)
            {
                (starts[place], ends[place]) = (offset + i, offset + i + length);
            }
            i += length;
        }
        Values = bytes;
        Starts = starts;
        Ends = ends;
    }

    public ReadOnlySpan<byte> Values { get; }

    /// <summary>Where the character of each byte starts in the text.</summary>
    public ReadOnlySpan<int> Starts { get; }

    /// <summary>Where the character of each byte ends in the text.</summary>
    public ReadOnlySpan<int> Ends { get; }
}
