using System.Buffers;
using System.Diagnostics;
using System.Globalization;
using System.Text;
using System.Text.RegularExpressions;

namespace Microsoft.ML.Clip;

/// <summary>
/// A regular expression that sees code points, as the references' engines do, where .NET's sees UTF-16: <c>\p{L}</c> finds astral letters. Every
/// astral code point is shown to the engine as one character of the basic plane that has the same general category.
/// </summary>
internal sealed class CodePointRegex
{
    // One character for each UnicodeCategory, in the order of that enumeration; none is white space or ASCII, so no literal of a pattern means it.
    private const string Representatives =
        "\u0200\u0201\u01C5\u02B0\u0E01\u036F\u0903\u0488\u0966\u2160\u0F2A\u00A0\u2028\u2029\u0080\uFEFF\uD800\uE000\u203F\u2010\u0F3A\u0F3B\u00AB\u00BB\u2020\u2200\u20A0\u02C2\u00A6\uFFFF";

    // Bundles come from strangers, and a pattern may backtrack without end.
    private static readonly TimeSpan Limit = TimeSpan.FromSeconds(10);

    private const int LongestShown = 100;

    private static readonly List<Piece> Nothing = [];

    private readonly Regex _regex;
    private readonly string? _literal;
    private readonly string _name;

    private CodePointRegex(string literal, Regex regex) => (_literal, _regex, _name) = (literal, regex, "A text to look for");

    /// <param name="pattern">The regular expression.</param>
    /// <param name="name">What it is and where it stands, for messages.</param>
    /// <param name="limit">The most time for the matches of one text; null for ten seconds.</param>
    /// <exception cref="ArgumentException">The pattern is malformed, or uses what .NET does not know.</exception>
    public CodePointRegex(string pattern, string name = "The regular expression", TimeSpan? limit = null) =>
        (_regex, _name) = (new Regex(pattern, RegexOptions.CultureInvariant, limit ?? Limit), name);

    /// <summary>A pattern that is a text, which is not empty.</summary>
    public static CodePointRegex Literal(string text) => new(text, new Regex(Regex.Escape(text), RegexOptions.CultureInvariant, Limit));

    /// <summary>All matches, in order, as places in the text.</summary>
    /// <exception cref="InvalidDataException">The pattern needs more than its time for the text.</exception>
    public IReadOnlyList<Piece> Matches(ReadOnlySpan<char> text)
    {
        if (_literal is not null && !text.Contains(_literal, StringComparison.Ordinal))
        {
            return Nothing;
        }
        try
        {
            if (text.IndexOfAnyInRange('\uD800', '\uDFFF') < 0)
            {
                return Find(text);
            }
            var places = new List<int>(text.Length + 1);
            var found = Find(Project(text, places));
            for (int i = 0; i < found.Count; i++)
            {
                found[i] = new Piece(places[found[i].Start], places[found[i].Start + found[i].Length] - places[found[i].Start]);
            }
            return found;
        }
        catch (RegexMatchTimeoutException e)
        {
            throw new InvalidDataException($"{_name} needs more than {_regex.MatchTimeout.TotalSeconds:0.###} s for a text of {text.Length:N0} characters: '{Shown(_regex.ToString())}'.", e);
        }
    }

    private List<Piece> Find(ReadOnlySpan<char> text)
    {
        var found = new List<Piece>();
        long start = Stopwatch.GetTimestamp();
        foreach (var match in _regex.EnumerateMatches(text))
        {
            found.Add(new Piece(match.Index, match.Length));
            // .NET's own limit begins anew with each match.
            if (Stopwatch.GetElapsedTime(start) > _regex.MatchTimeout)
            {
                throw new RegexMatchTimeoutException("", _regex.ToString(), _regex.MatchTimeout);
            }
        }
        return found;
    }

    private static string Shown(string pattern) => pattern.Length <= LongestShown ? pattern : $"{pattern.AsSpan(0, LongestShown)}...";

    private static string Project(ReadOnlySpan<char> text, List<int> places)
    {
        var projected = new StringBuilder(text.Length);
        for (int i = 0; i < text.Length;)
        {
            places.Add(i);
            // A lone surrogate reads as U+FFFD here, and becomes it when it is encoded.
            _ = Rune.DecodeFromUtf16(text[i..], out var rune, out int length);
            projected.Append(rune.IsBmp ? (char)rune.Value : Representatives[(int)CharUnicodeInfo.GetUnicodeCategory(rune.Value)]);
            i += length;
        }
        places.Add(text.Length);
        return projected.ToString();
    }
}
