using System.Text;

namespace Microsoft.ML.Clip;

/// <summary>A table of comma-separated values, by RFC 4180, read whole: rows by the names of their columns.</summary>
internal sealed class CsvTable
{
    private readonly Dictionary<string, int> _places;
    private readonly List<(int Line, string[] Fields)> _rows;

    private CsvTable(string[] columns, Dictionary<string, int> places, List<(int Line, string[] Fields)> rows) =>
        (Columns, _places, _rows) = (columns, places, rows);

    /// <summary>The names of the columns.</summary>
    public IReadOnlyList<string> Columns { get; }

    /// <summary>How many rows there are.</summary>
    public int Count => _rows.Count;

    /// <summary>A field; <see langword="null"/> if there is no such column.</summary>
    public string? this[int row, string column] => _places.TryGetValue(column, out int place) ? _rows[row].Fields[place] : null;

    /// <summary>The line of the text where a row begins, from 1.</summary>
    public int LineOf(int row) => _rows[row].Line;

    /// <summary>Reads a table.</summary>
    /// <param name="text">The text; lines end with LF, or CR and LF.</param>
    /// <param name="source">Where it comes from, for messages.</param>
    /// <exception cref="InvalidDataException">It is no such table; the message has the line.</exception>
    public static CsvTable Parse(string text, string source)
    {
        var rows = new List<(int Line, string[] Fields)>();
        var fields = new List<string>();
        var field = new StringBuilder();
        int line = 1, first = 1, i = text.StartsWith('\uFEFF') ? 1 : 0;
        while (i < text.Length)
        {
            field.Clear();
            if (text[i] == '"')
            {
                i = Quoted(text, i + 1, field, ref line, source);
            }
            else
            {
                int end = text.AsSpan(i).IndexOfAny(",\r\n\"") is >= 0 and var length ? i + length : text.Length;
                field.Append(text, i, end - i);
                i = end;
            }
            fields.Add(field.ToString());
            if (i < text.Length && text[i] == ',')
            {
                if (++i < text.Length && text[i] is not ('\r' or '\n'))
                {
                    continue;
                }
                fields.Add("");
            }
            i = EndOfLine(text, i, line, source);
            Add(rows, fields, first, source);
            first = ++line;
        }
        if (rows.Count == 0)
        {
            throw new InvalidDataException($"{source} is empty; expected a line with the names of its columns.");
        }
        string[] columns = rows[0].Fields;
        var places = new Dictionary<string, int>(StringComparer.Ordinal);
        for (int c = 0; c < columns.Length; c++)
        {
            if (!places.TryAdd(columns[c], c))
            {
                throw new InvalidDataException($"{source} has two columns '{columns[c]}'.");
            }
        }
        return new(columns, places, rows[1..]);
    }

    private static int Quoted(string text, int i, StringBuilder field, ref int line, string source)
    {
        int first = line;
        for (; i < text.Length; i++)
        {
            if (text[i] != '"')
            {
                line += text[i] == '\n' ? 1 : 0;
                field.Append(text[i]);
            }
            else if (i + 1 < text.Length && text[i + 1] == '"')
            {
                field.Append(text[i++]);
            }
            else
            {
                return i + 1;
            }
        }
        throw new InvalidDataException($"Line {first} of {source} has a field in quotes that does not end.");
    }

    private static int EndOfLine(string text, int i, int line, string source)
    {
        if (i == text.Length)
        {
            return i;
        }
        i += text[i] == '\r' && i + 1 < text.Length && text[i + 1] == '\n' ? 1 : 0;
        return text[i] == '\n' ? i + 1 : throw new InvalidDataException($"Line {line} of {source} has '{text[i]}' where a field ends; expected a comma or the end of the line.");
    }

    private static void Add(List<(int Line, string[] Fields)> rows, List<string> fields, int line, string source)
    {
        if (fields is not [""])
        {
            if (rows.Count > 0 && fields.Count != rows[0].Fields.Length)
            {
                throw new InvalidDataException($"Line {line} of {source} has {fields.Count} fields; expected {rows[0].Fields.Length}, as its first line has.");
            }
            rows.Add((line, [.. fields]));
        }
        fields.Clear();
    }
}
