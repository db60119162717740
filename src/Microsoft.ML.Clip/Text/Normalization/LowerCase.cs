using System.Text;

namespace Microsoft.ML.Clip;

/// <summary>
/// Lower case, code point by code point (Rust's <c>char::to_lowercase</c>): no final sigma, no culture. U+0130 is the one code point whose
/// lower case is two.
/// </summary>
internal sealed class LowerCase : NormalizationStep
{
    private const char CapitalIWithDot = '\u0130';

    public static LowerCase Instance { get; } = new();

    public override void Apply(scoped ReadOnlySpan<char> text, ref ValueList<char> output)
    {
        for (int i = 0; i < text.Length; i++)
        {
            if (char.IsAscii(text[i]))
            {
                output.Add((char)(char.IsAsciiLetterUpper(text[i]) ? text[i] | 0x20 : text[i]));
            }
            else
            {
                i += AppendLower(text[i..], ref output) - 1;
            }
        }
    }

    /// <summary>Appends the lower case of the first code point and returns its length; a lone surrogate stays what it is.</summary>
    public static int AppendLower(scoped ReadOnlySpan<char> text, ref ValueList<char> output)
    {
        if (text[0] == CapitalIWithDot)
        {
            output.AddRange("i\u0307");
            return 1;
        }
        if (Rune.DecodeFromUtf16(text, out var rune, out int length) != System.Buffers.OperationStatus.Done)
        {
            output.Add(text[0]);
            return 1;
        }
        // Invariant casing does not depend on ICU, nor on InvariantGlobalization, but for letters newer than the installed ICU.
        var lower = Rune.ToLowerInvariant(rune);
        lower.EncodeToUtf16(output.Append(lower.Utf16SequenceLength));
        return length;
    }
}
