using System.Globalization;
using System.Text;

namespace Mlclip;

/// <summary>Names and labels as they may be printed: a file name can hold what moves a terminal's cursor, or turns the direction of writing.</summary>
internal static class PrintedText
{
    /// <summary>The text in one line, with \uXXXX for control characters, line and paragraph separators and marks of direction.</summary>
    public static string Safe(string text)
    {
        if (!text.Any(IsUnsafe))
        {
            return text;
        }
        var safe = new StringBuilder(text.Length + 16);
        foreach (char c in text)
        {
            _ = IsUnsafe(c) ? safe.Append(CultureInfo.InvariantCulture, $"\\u{(int)c:x4}") : safe.Append(c);
        }
        return safe.ToString();
    }

    /// <summary>A word of a command line that a shell takes as it is: in single quotes if it has to be.</summary>
    public static string Shell(string word) =>
        word.Length > 0 && word.All(c => char.IsLetterOrDigit(c) || "-_./:@+,=%".Contains(c, StringComparison.Ordinal) || (c == '\\' && OperatingSystem.IsWindows()))
            ? word : $"'{word.Replace("'", "'\\''", StringComparison.Ordinal)}'";

    /// <summary>A message that has several lines in one. Not for what has names in it, in which a break is a character as any other: <see cref="Safe"/>.</summary>
    public static string OneLine(string text) =>
        string.Join(' ', text.Split(['\r', '\n'], StringSplitOptions.RemoveEmptyEntries | StringSplitOptions.TrimEntries));

    /// <summary>The beginning of a text that may be of any length.</summary>
    public static string Short(string text, int most) => text.Length <= most ? text : $"{text[..(char.IsHighSurrogate(text[most - 1]) ? most - 1 : most)]}...";

    /// <summary>A size that people read: 1,234 bytes, 29 kB, 5.3 MB, 1.2 GB.</summary>
    public static string Size(long bytes) => bytes switch
    {
        < 10_000 => string.Create(CultureInfo.InvariantCulture, $"{bytes:N0} bytes"),
        < 1_000_000 => string.Create(CultureInfo.InvariantCulture, $"{bytes / 1e3:N0} kB"),
        < 1_000_000_000 => string.Create(CultureInfo.InvariantCulture, $"{bytes / 1e6:N1} MB"),
        _ => string.Create(CultureInfo.InvariantCulture, $"{bytes / 1e9:N1} GB"),
    };

    /// <summary>1 picture, 2 pictures.</summary>
    public static string Count(long count, string what) => string.Create(CultureInfo.InvariantCulture, $"{count:N0} {what}{(count == 1 ? "" : "s")}");

    private static bool IsUnsafe(char c) => char.IsControl(c)
        || c is '\u2028' or '\u2029' or '\u061C' or '\u200E' or '\u200F' or (>= '\u202A' and <= '\u202E') or (>= '\u2066' and <= '\u2069');
}
