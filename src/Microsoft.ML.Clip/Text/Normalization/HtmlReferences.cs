using System.Buffers;
using System.Collections.Frozen;
using System.Globalization;
using System.Text;

namespace Microsoft.ML.Clip;

/// <summary>
/// Resolves HTML character references as Python's <c>html.unescape</c> does, by the HTML standard's rules: all 2,231 names, the longest known
/// prefix of a name without semicolon (<c>&amp;notit</c>), Windows-1252 for &#128; to &#159;. <c>System.Net.WebUtility</c> knows 253 names.
/// </summary>
internal sealed class HtmlReferences : NormalizationStep
{
    private const int LongestName = 32;
    private const int OutOfRange = 0x110000;

    // What the numbers 0x80 to 0x9F stand for: Windows-1252, whose five holes stay control characters.
    private const string Windows1252 =
        "\u20AC\u0081\u201A\u0192\u201E\u2026\u2020\u2021\u02C6\u2030\u0160\u2039\u0152\u008D\u017D\u008F" +
        "\u0090\u2018\u2019\u201C\u201D\u2022\u2013\u2014\u02DC\u2122\u0161\u203A\u0153\u009D\u017E\u0178";

    private static readonly SearchValues<char> NameEnds = SearchValues.Create("\t\n\f <&#;");
    private static readonly FrozenDictionary<string, string> Names = ReadNames();
    private static readonly FrozenDictionary<string, string>.AlternateLookup<ReadOnlySpan<char>> NameLookup = Names.GetAlternateLookup<ReadOnlySpan<char>>();

    public static HtmlReferences Instance { get; } = new();

    public override void Apply(scoped ReadOnlySpan<char> text, ref ValueList<char> output)
    {
        for (int at; (at = text.IndexOf('&')) >= 0;)
        {
            output.AddRange(text[..at]);
            text = text[(at + 1)..];
            text = text[(text is ['#', ..] ? AppendNumeric(text, ref output) : AppendNamed(text, ref output))..];
        }
        output.AddRange(text);
    }

    /// <summary>Resolves <c>#123;</c> or <c>#x1F;</c> and returns how much of the text that was; a lone ampersand is kept.</summary>
    private static int AppendNumeric(scoped ReadOnlySpan<char> text, ref ValueList<char> output)
    {
        bool isHex = text.Length > 1 && text[1] is 'x' or 'X';
        int first = isHex ? 2 : 1, end = first;
        int number = 0;
        while (end < text.Length && (isHex ? char.IsAsciiHexDigit(text[end]) : char.IsAsciiDigit(text[end])))
        {
            number = Math.Min(OutOfRange, number * (isHex ? 16 : 10) + HexValue(text[end++]));
        }
        if (end == first)
        {
            output.Add('&');
            return 0;
        }
        AppendCodePoint(number, ref output);
        return end < text.Length && text[end] == ';' ? end + 1 : end;
    }

    private static void AppendCodePoint(int number, ref ValueList<char> output)
    {
        if (number is >= 0x80 and <= 0x9F)
        {
            output.Add(Windows1252[number - 0x80]);
        }
        else if (number == 0 || !Rune.IsValid(number))
        {
            output.Add('\uFFFD');
        }
        else if (!IsDropped(number))
        {
            var rune = new Rune(number);
            rune.EncodeToUtf16(output.Append(rune.Utf16SequenceLength));
        }
    }

    // Control characters and noncharacters: the standard calls them errors, Python drops them.
    private static bool IsDropped(int number) =>
        number is >= 1 and <= 8 or 0x0B or >= 0x0E and <= 0x1F or 0x7F or >= 0xFDD0 and <= 0xFDEF || (number & 0xFFFE) == 0xFFFE;

    /// <summary>Resolves a name, or the longest known prefix of it, and returns how much of the text that was.</summary>
    private static int AppendNamed(scoped ReadOnlySpan<char> text, ref ValueList<char> output)
    {
        // The limit of 32 is Python's and counts code points; no name holds an astral one, so it only bounds where the search gives up.
        int end = text[..Math.Min(text.Length, LongestName)].IndexOfAny(NameEnds);
        end = end < 0 ? Math.Min(text.Length, LongestName) : end;
        if (end > 0 && end < text.Length && text[end] == ';' && NameLookup.TryGetValue(text[..(end + 1)], out string? value))
        {
            output.AddRange(value);
            return end + 1;
        }
        for (int length = end; length > 1; length--)
        {
            if (NameLookup.TryGetValue(text[..length], out value))
            {
                output.AddRange(value);
                return length;
            }
        }
        output.Add('&');
        return 0;
    }

    private static int HexValue(char digit) => char.IsAsciiDigit(digit) ? digit - '0' : (digit | 0x20) - 'a' + 10;

    private static FrozenDictionary<string, string> ReadNames()
    {
        var names = new Dictionary<string, string>();
        foreach (string line in EmbeddedText.ReadLines("HtmlEntities.txt"))
        {
            string[] fields = line.Split(' ');
            string value = string.Concat(fields[1..].Select(f => char.ConvertFromUtf32(int.Parse(f, NumberStyles.HexNumber, CultureInfo.InvariantCulture))));
            names[fields[0].TrimEnd('?') + ";"] = value;
            if (fields[0].EndsWith('?'))
            {
                names[fields[0].TrimEnd('?')] = value;
            }
        }
        return names.ToFrozenDictionary();
    }
}
