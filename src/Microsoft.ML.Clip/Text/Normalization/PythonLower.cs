using System.Globalization;
using System.Text;

namespace Microsoft.ML.Clip;

/// <summary>
/// Python's <c>str.lower</c>: as <see cref="LowerCase"/>, but a capital sigma that ends a word becomes a final sigma (the condition Final_Sigma of
/// SpecialCasing.txt).
/// </summary>
internal sealed class PythonLower : NormalizationStep
{
    private const char CapitalSigma = '\u03A3', Sigma = '\u03C3', FinalSigma = '\u03C2';

    public static PythonLower Instance { get; } = new();

    public override void Apply(scoped ReadOnlySpan<char> text, ref ValueList<char> output)
    {
        if (!text.Contains(CapitalSigma))
        {
            LowerCase.WithoutNewest.Apply(text, ref output);
            return;
        }
        bool afterCased = false;
        for (int i = 0; i < text.Length;)
        {
            int length = LengthAt(text, i);
            if (text[i] == CapitalSigma)
            {
                output.Add(afterCased && !IsCasedNext(text[(i + 1)..]) ? FinalSigma : Sigma);
            }
            else
            {
                LowerCase.AppendLower(text[i..], ref output);
            }
            var rune = RuneAt(text, i);
            afterCased = IsCaseIgnorable(rune) ? afterCased : IsCased(rune);
            i += length;
        }
    }

    /// <summary>Whether the first code point that is not case-ignorable is cased. It stops at the next sigma, so all calls together are linear.</summary>
    private static bool IsCasedNext(ReadOnlySpan<char> text)
    {
        int i = 0;
        while (i < text.Length && IsCaseIgnorable(RuneAt(text, i)))
        {
            i += LengthAt(text, i);
        }
        return i < text.Length && IsCased(RuneAt(text, i));
    }

    private static Rune RuneAt(ReadOnlySpan<char> text, int i)
    {
        _ = Rune.DecodeFromUtf16(text[i..], out var rune, out _);
        return rune;
    }

    private static int LengthAt(ReadOnlySpan<char> text, int i) => RuneAt(text, i).Utf16SequenceLength;

    // Case_Ignorable of DerivedCoreProperties.txt: Mn, Me, Cf, Lm, Sk and the Word_Break classes MidLetter, MidNumLet and Single_Quote.
    private static bool IsCaseIgnorable(Rune rune) => rune.Value switch
    {
        '\'' or '.' or ':' or 0xB7 or 0x387 or 0x55F or 0x5F4 or 0x2018 or 0x2019 or 0x2024 or 0x2027 => true,
        0xFE13 or 0xFE52 or 0xFE55 or 0xFF07 or 0xFF0E or 0xFF1A => true,
        _ => Rune.GetUnicodeCategory(rune) is UnicodeCategory.NonSpacingMark or UnicodeCategory.EnclosingMark or UnicodeCategory.Format
            or UnicodeCategory.ModifierLetter or UnicodeCategory.ModifierSymbol,
    };

    // Cased: Lu, Ll, Lt, Other_Uppercase, Other_Lowercase. Of the last, modifier letters are left out: they are ignored before they are asked for.
    private static bool IsCased(Rune rune) => rune.Value switch
    {
        0xAA or 0xBA => true,
        >= 0x2160 and <= 0x217F => true, // Roman numerals
        >= 0x24B6 and <= 0x24E9 => true, // circled letters
        >= 0x1F130 and <= 0x1F149 or >= 0x1F150 and <= 0x1F169 or >= 0x1F170 and <= 0x1F189 => true, // squared and circled letters
        _ => Rune.GetUnicodeCategory(rune) <= UnicodeCategory.TitlecaseLetter,
    };
}
