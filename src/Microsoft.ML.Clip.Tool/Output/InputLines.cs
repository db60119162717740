using System.Text;

namespace Mlclip;

/// <summary>Lines of standard input or of a file, whatever it is that comes there.</summary>
internal static class InputLines
{
    /// <summary>What is kept of a line: far more than a number or a name has.</summary>
    public const int MostCharacters = 1_000;

    /// <summary>The reader of a stream: UTF-8, or what a mark at its start says, which is no part of the text.</summary>
    public static TextReader Open(Stream stream) =>
        TextReader.Synchronized(new StreamReader(stream, new UTF8Encoding(false), detectEncodingFromByteOrderMarks: true));

    /// <summary>All lines that are left.</summary>
    public static IEnumerable<string> All(TextReader reader)
    {
        while (Read(reader) is { } line)
        {
            yield return line;
        }
    }

    /// <summary>The next line, at most <see cref="MostCharacters"/> and one more of it, by which it is known to be too long; null at the end.</summary>
    public static string? Read(TextReader reader)
    {
        var line = new StringBuilder();
        for (int c = reader.Read(); ; c = reader.Read())
        {
            switch (c)
            {
                case < 0: return line.Length > 0 ? line.ToString() : null;
                case '\n': return line.ToString();
                default:
                    if (line.Length <= MostCharacters)
                    {
                        line.Append((char)c);
                    }
                    break;
            }
        }
    }
}
