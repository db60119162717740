using System.Text.Json.Serialization.Metadata;

namespace Mlclip;

/// <summary>Rows: a line of JSON each, or a line with tabs between the columns, as they come; on a terminal a table when it is disposed.</summary>
internal sealed class OutputTable<T>(ToolOutput output, JsonTypeInfo<T> json, IReadOnlyList<(string Heading, Func<T, string> Cell)> columns) : IDisposable
{
    // A table of all rows would keep them all, and nobody reads a longer one.
    private const int MostRows = 1000;

    private readonly List<string[]> _rows = [];

    public void Add(T row)
    {
        if (output.IsJson)
        {
            output.Json(row, json);
            return;
        }
        string[] cells = [.. columns.Select(c => PrintedText.Safe(c.Cell(row)))];
        if (!output.Console.IsOutTerminal)
        {
            output.Line(string.Join('\t', cells));
            return;
        }
        _rows.Add(cells);
        if (_rows.Count == MostRows)
        {
            Dispose();
        }
    }

    public void Dispose()
    {
        if (_rows.Count > 0)
        {
            TerminalView.Table(output.Console, [.. columns.Select(c => c.Heading)], _rows);
            _rows.Clear();
        }
    }
}
