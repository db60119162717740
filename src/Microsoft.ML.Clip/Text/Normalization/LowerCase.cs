using System.Text;

namespace Microsoft.ML.Clip;

/// <summary>
/// Lower case, code point by code point (Rust's <c>char::to_lowercase</c>): no final sigma, no culture. U+0130 is the one code point whose
/// lower case is two.
/// </summary>
internal sealed class LowerCase : NormalizationStep
{
    private const char CapitalIWithDot = '\u0130';

    private readonly bool _knowsNewest;

    private LowerCase(bool knowsNewest) => _knowsNewest = knowsNewest;

    public static LowerCase Instance { get; } = new(knowsNewest: true);

    /// <summary>Without the capitals of Unicode 16 and 17, which neither .NET 10 nor the reference's Python knows.</summary>
    public static LowerCase WithoutNewest { get; } = new(knowsNewest: false);

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
                i += (_knowsNewest && AppendNewest(text[i..], ref output) is > 0 and var length ? length : AppendLower(text[i..], ref output)) - 1;
            }
        }
    }

    /// <summary>Appends the lower case of the first code point if it is one of the 55 capitals of Unicode 16 and 17, else nothing.</summary>
    /// <returns>Its length, or 0.</returns>
    private static int AppendNewest(scoped ReadOnlySpan<char> text, ref ValueList<char> output)
    {
        char c = text[0];
        if (!char.IsHighSurrogate(c))
        {
            char lower = c switch
            {
                '\u1C89' => '\u1C8A',
                '\uA7CB' => '\u0264',
                '\uA7DC' => '\u019B',
                '\uA7CC' or '\uA7CE' or '\uA7D2' or '\uA7D4' or '\uA7DA' => (char)(c + 1),
                _ => '\0',
            };
            if (lower != 0)
            {
                output.Add(lower);
            }
            return lower != 0 ? 1 : 0;
        }
        // Garay, and Beria Erfe.
        int distance = text.Length > 1 ? (c, text[1]) switch
        {
            ('\uD803', >= '\uDD50' and <= '\uDD65') => 0x20,
            ('\uD81B', >= '\uDEA0' and <= '\uDEB8') => 0x1B,
            _ => 0,
        } : 0;
        if (distance == 0)
        {
            return 0;
        }
        output.Add(c);
        output.Add((char)(text[1] + distance));
        return 2;
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
