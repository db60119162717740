using System.Globalization;
using System.Text;

namespace Microsoft.ML.Clip;

/// <summary>
/// How wide a text will be at most. Whoever looks at a plot may have any font: counted are the widths of DejaVu Sans, the widest of the usual ones, so that
/// what
/// fits here fits there.
/// </summary>
internal static class TextWidth
{
    private const double Bold = 1.13, Wide = 1, Other = 0.72, Minus = 0.84;

    /// <summary>The height of a line, of a font of size 1.</summary>
    public const double LineHeight = 1.25;

    // Advances of U+0020 to U+007E, in hundredths.
    private static readonly byte[] Ascii =
    [
        32, 40, 46, 84, 64, 95, 78, 27, 39, 39, 50, 84, 32, 36, 32, 34, 64, 64, 64, 64, 64, 64, 64, 64, 64, 64, 34, 34, 84, 84, 84, 53,
        100, 68, 69, 70, 77, 63, 58, 77, 75, 29, 29, 66, 56, 86, 75, 79, 60, 79, 69, 63, 61, 73, 68, 99, 69, 61, 69, 39, 34, 39, 84, 50,
        50, 61, 63, 55, 63, 62, 35, 63, 63, 28, 28, 58, 28, 97, 63, 61, 63, 63, 41, 52, 39, 63, 59, 82, 59, 59, 52, 64, 34, 64, 84,
    ];

    public static double Of(string text, double size, bool isBold = false)
    {
        double width = 0;
        foreach (var rune in text.EnumerateRunes())
        {
            width += Of(rune);
        }
        return width * size * (isBold ? Bold : 1);
    }

    /// <summary>As much of a text as fits, with an ellipsis where it goes on.</summary>
    public static string Shorten(string text, double size, double most, bool isBold = false)
    {
        if (Of(text, size, isBold) <= most)
        {
            return text;
        }
        double width = Of("…", size, isBold);
        var shortened = new StringBuilder();
        foreach (string element in Elements(text))
        {
            width += Of(element, size, isBold);
            if (width > most)
            {
                break;
            }
            shortened.Append(element);
        }
        return shortened.ToString().TrimEnd() + "…";
    }

    /// <summary>A text in lines that fit; the last is shortened if there would be more than <paramref name="most"/>.</summary>
    public static IReadOnlyList<string> Wrap(string text, double size, double width, int most, bool isBold = false)
    {
        var lines = new List<string>();
        string line = "";
        // Not at spaces that are to keep what is around them together.
        string[] words = text.Split([' ', '\n', '\t'], StringSplitOptions.RemoveEmptyEntries);
        for (int i = 0; i < words.Length; i++)
        {
            string longer = line.Length == 0 ? words[i] : line + " " + words[i];
            if (line.Length == 0 || Of(longer, size, isBold) <= width)
            {
                line = longer;
                continue;
            }
            if (lines.Count == most - 1)
            {
                lines.Add(Shorten(line + " " + string.Join(' ', words[i..]), size, width, isBold));
                return lines;
            }
            lines.Add(Shorten(line, size, width, isBold));
            line = words[i];
        }
        lines.Add(Shorten(line, size, width, isBold));
        return lines;
    }

    // What readers take for one character is not cut.
    private static IEnumerable<string> Elements(string text)
    {
        for (var elements = StringInfo.GetTextElementEnumerator(text); elements.MoveNext();)
        {
            yield return elements.GetTextElement();
        }
    }

    private static double Of(Rune rune)
    {
        if (rune.Value is >= ' ' and <= '~')
        {
            return Ascii[rune.Value - ' '] / 100.0;
        }
        if (rune.Value == '\u2212')
        {
            return Minus;
        }
        bool isNothing = Rune.GetUnicodeCategory(rune) is UnicodeCategory.NonSpacingMark or UnicodeCategory.EnclosingMark or UnicodeCategory.Format;
        return isNothing ? 0 : rune.Value >= 0x1100 ? Wide : Other;
    }
}
