using System.Text;

namespace Microsoft.ML.Clip;

/// <summary>Foreign text in XML and HTML.</summary>
internal static class Markup
{
    /// <summary>A text that may stand between tags and in an attribute's quotes.</summary>
    public static string Encode(string text)
    {
        string clean = Clean(text);
        if (clean.AsSpan().IndexOfAny("&<>\"'") < 0)
        {
            return clean;
        }
        var encoded = new StringBuilder(clean.Length + 16);
        foreach (char c in clean)
        {
            encoded.Append(c switch { '&' => "&amp;", '<' => "&lt;", '>' => "&gt;", '"' => "&quot;", '\'' => "&#39;", _ => null } ?? c.ToString());
        }
        return encoded.ToString();
    }

    /// <summary>
    /// A text without what XML cannot hold, control characters and halves of surrogates, and without marks that turn the direction of what follows, which in a
    /// sentence would be ours: each becomes U+FFFD. Lines end with LF.
    /// </summary>
    public static string Clean(string text)
    {
        if (IsClean(text))
        {
            return text;
        }
        var clean = new StringBuilder(text.Length);
        foreach (var rune in text.ReplaceLineEndings("\n").EnumerateRunes())
        {
            clean.Append(IsAllowed(rune) ? rune : Rune.ReplacementChar);
        }
        return clean.ToString();
    }

    /// <summary>The parts of a text between empty lines.</summary>
    public static IEnumerable<string> Paragraphs(string text) =>
        Clean(text).Split("\n\n", StringSplitOptions.TrimEntries | StringSplitOptions.RemoveEmptyEntries);

    private static bool IsClean(string text) => !text.Any(c => c < ' ' || char.IsSurrogate(c)
        || c is (>= '\x7F' and <= '\x9F') or (>= '\u2028' and <= '\u202E') or (>= '\u2066' and <= '\u2069') or '\uFFFE' or '\uFFFF');

    private static bool IsAllowed(Rune rune) => rune.Value is '\n' or '\t'
        || (!Rune.IsControl(rune) && rune.Value is not ((>= 0x202A and <= 0x202E) or (>= 0x2066 and <= 0x2069)) && (rune.Value & 0xFFFE) != 0xFFFE);
}
