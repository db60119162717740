using System.Text;

namespace Microsoft.ML.Clip;

/// <summary>
/// The first steps of Hugging Face's <c>BertNormalizer</c>: controls go and white space becomes a space (<c>clean_text</c>), ideographs are words of their own
/// (<c>handle_chinese_chars</c>).
/// </summary>
internal sealed class BertCleanText(bool cleans, bool isolatesIdeographs) : NormalizationStep
{
    public override void Apply(scoped ReadOnlySpan<char> text, ref ValueList<char> output)
    {
        for (int i = 0; i < text.Length;)
        {
            if (text[i] is >= ' ' and <= '~')
            {
                output.Add(text[i++]);
                continue;
            }
            _ = Rune.DecodeFromUtf16(text[i..], out var rune, out int length);
            if (cleans && BertCategories.IsRemoved(rune.Value))
            {
                // Nothing of it stays.
            }
            else if (cleans && Rune.IsWhiteSpace(rune))
            {
                output.Add(' ');
            }
            else if (isolatesIdeographs && IsIdeograph(rune.Value))
            {
                output.Add(' ');
                output.AddRange(text.Slice(i, length));
                output.Add(' ');
            }
            else
            {
                output.AddRange(text.Slice(i, length));
            }
            i += length;
        }
    }

    // As the reference has it, with its gap from U+2B820 to U+2B91F.
    private static bool IsIdeograph(int c) => c is (>= 0x4E00 and <= 0x9FFF) or (>= 0x3400 and <= 0x4DBF)
        or (>= 0x20000 and <= 0x2A6DF) or (>= 0x2A700 and <= 0x2B73F)
        or (>= 0x2B740 and <= 0x2B81F) or (>= 0x2B920 and <= 0x2CEAF) or (>= 0xF900 and <= 0xFAFF) or (>= 0x2F800 and <= 0x2FA1F);
}

/// <summary>The third step, <c>strip_accents</c>: decomposes letters and removes the marks.</summary>
internal sealed class StripMarks : NormalizationStep
{
    private const int StackLength = 256;

    public static StripMarks Instance { get; } = new();

    public override void Apply(scoped ReadOnlySpan<char> text, ref ValueList<char> output)
    {
        // Below U+00C0 nothing decomposes, and nothing is a mark.
        if (text.IndexOfAnyExceptInRange('\0', '\u00BF') < 0)
        {
            output.AddRange(text);
            return;
        }
        var codePoints = new ValueList<int>(stackalloc int[StackLength]);
        CanonicalComposition.Decompose(text, ref codePoints);
        // Marks that are newer than the table of marks stay, in their order.
        CanonicalComposition.SortMarks(ref codePoints);
        foreach (int c in codePoints.AsSpan())
        {
            if (!BertCategories.IsMark(c))
            {
                CanonicalComposition.AppendCodePoint(c, ref output);
            }
        }
        codePoints.Dispose();
    }
}
