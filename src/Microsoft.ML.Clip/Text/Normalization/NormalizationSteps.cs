using System.Buffers;
using System.Text;

namespace Microsoft.ML.Clip;

/// <summary>One step of a text's normalisation. Immutable and thread-safe.</summary>
internal abstract class NormalizationStep
{
    /// <summary>Appends the changed text to <paramref name="output"/>.</summary>
    public abstract void Apply(scoped ReadOnlySpan<char> text, ref ValueList<char> output);
}

/// <summary>Removes white space from the ends of the text.</summary>
internal sealed class Strip(bool left, bool right) : NormalizationStep
{
    public override void Apply(scoped ReadOnlySpan<char> text, ref ValueList<char> output)
    {
        text = left ? text.TrimStart() : text;
        output.AddRange(right ? text.TrimEnd() : text);
    }
}

/// <summary>Replaces every occurrence of one text by another.</summary>
internal sealed class ReplaceText(string old, string replacement) : NormalizationStep
{
    public override void Apply(scoped ReadOnlySpan<char> text, ref ValueList<char> output)
    {
        for (int at; (at = text.IndexOf(old, StringComparison.Ordinal)) >= 0; text = text[(at + old.Length)..])
        {
            output.AddRange(text[..at]);
            output.AddRange(replacement);
        }
        output.AddRange(text);
    }
}

/// <summary>Replaces every run of two spaces or more, <c> {2,}</c>, by one text.</summary>
internal sealed class CollapseSpaces(string replacement) : NormalizationStep
{
    public const string Pattern = " {2,}";

    public override void Apply(scoped ReadOnlySpan<char> text, ref ValueList<char> output)
    {
        for (int at; (at = text.IndexOf("  ", StringComparison.Ordinal)) >= 0;)
        {
            output.AddRange(text[..at]);
            output.AddRange(replacement);
            int run = text[at..].IndexOfAnyExcept(' ');
            text = run < 0 ? [] : text[(at + run)..];
        }
        output.AddRange(text);
    }
}

/// <summary>Replaces every one of some characters by one text.</summary>
internal sealed class ReplaceCharacters(SearchValues<char> characters, string replacement) : NormalizationStep
{
    public override void Apply(scoped ReadOnlySpan<char> text, ref ValueList<char> output)
    {
        for (int at; (at = text.IndexOfAny(characters)) >= 0; text = text[(at + 1)..])
        {
            output.AddRange(text[..at]);
            output.AddRange(replacement);
        }
        output.AddRange(text);
    }
}

/// <summary>Puts a text before one that is not empty.</summary>
internal sealed class Prepend(string prefix) : NormalizationStep
{
    public override void Apply(scoped ReadOnlySpan<char> text, ref ValueList<char> output)
    {
        if (!text.IsEmpty)
        {
            output.AddRange(prefix);
            output.AddRange(text);
        }
    }
}

/// <summary>Makes U+FFFD of half surrogate pairs, for which UTF-8 has no other form: what the references are given.</summary>
internal sealed class WellFormed : NormalizationStep
{
    public static WellFormed Instance { get; } = new();

    public override void Apply(scoped ReadOnlySpan<char> text, ref ValueList<char> output)
    {
        for (int at; (at = text.IndexOfAnyInRange('\uD800', '\uDFFF')) >= 0;)
        {
            output.AddRange(text[..at]);
            _ = Rune.DecodeFromUtf16(text[at..], out var rune, out int length);
            rune.EncodeToUtf16(output.Append(rune.Utf16SequenceLength));
            text = text[(at + length)..];
        }
        output.AddRange(text);
    }
}

/// <summary>Replaces every match of a regular expression by a fixed text.</summary>
internal sealed class ReplacePattern(CodePointRegex pattern, string replacement) : NormalizationStep
{
    public override void Apply(scoped ReadOnlySpan<char> text, ref ValueList<char> output)
    {
        int copied = 0;
        foreach (var match in pattern.Matches(text))
        {
            output.AddRange(text[copied..match.Start]);
            output.AddRange(replacement);
            copied = match.Start + match.Length;
        }
        output.AddRange(text[copied..]);
    }
}

/// <summary>NFD, NFKC or NFKD by the system's own tables. CLIP's tokenizers use NFC, for which see <see cref="CanonicalComposition"/>.</summary>
internal sealed class SystemNormalization(NormalizationForm form) : NormalizationStep
{
    /// <summary>False under InvariantGlobalization, where <see cref="string.Normalize()"/> returns non-ASCII text unchanged without a word.</summary>
    public static bool IsAvailable => "e\u0301".Normalize(NormalizationForm.FormC).Length == 1;

    public override void Apply(scoped ReadOnlySpan<char> text, ref ValueList<char> output)
    {
        // Normalize refuses lone surrogates; UTF-8, to which the text goes next, has only the replacement character for them.
        string wellFormed = Encoding.UTF8.GetString(Encoding.UTF8.GetBytes(text.ToString()));
        output.AddRange(wellFormed.Normalize(form));
    }
}
