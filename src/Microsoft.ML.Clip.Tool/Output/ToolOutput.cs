using System.Text.Json;
using System.Text.Json.Serialization.Metadata;

namespace Mlclip;

/// <summary>What a command prints: results as tables, plain lines or JSON, and what is said besides on the other stream. Thread-safe.</summary>
internal sealed class ToolOutput(ToolConsole console, bool isJson)
{
    private readonly Lock _gate = new();

    public ToolConsole Console => console;

    /// <summary>Whether results are one JSON object a line.</summary>
    public bool IsJson => isJson;

    /// <summary>Rows of a result, which are printed as they come, or as a table at the end.</summary>
    /// <param name="json">How a row is written as JSON.</param>
    /// <param name="columns">The heading of each column, and what a row has there.</param>
    public OutputTable<T> Table<T>(JsonTypeInfo<T> json, params IReadOnlyList<(string Heading, Func<T, string> Cell)> columns) => new(this, json, columns);

    /// <summary>A result that is a list of facts.</summary>
    public void Facts<T>(T value, JsonTypeInfo<T> json, IEnumerable<(string Name, string Text)> facts)
    {
        if (isJson)
        {
            Json(value, json);
            return;
        }
        (string Name, string Text)[] all = [.. facts.Select(f => (f.Name, PrintedText.Safe(f.Text)))];
        if (console.IsOutTerminal)
        {
            TerminalView.Facts(console, all);
            return;
        }
        foreach (var (name, text) in all)
        {
            Line($"{name}\t{text}");
        }
    }

    /// <summary>A result of one object: a line of JSON.</summary>
    public void Json<T>(T value, JsonTypeInfo<T> json) => Line(JsonSerializer.Serialize(value, json));

    /// <summary>A line of the result as it is.</summary>
    public void Line(string line)
    {
        lock (_gate)
        {
            console.Out.WriteLine(line);
        }
    }

    /// <summary>Says something that is no result, in a line.</summary>
    public void Say(string text) => SayRaw(PrintedText.Safe(text));

    /// <summary>Says something that is no result, as it is.</summary>
    public void SayRaw(string text)
    {
        lock (_gate)
        {
            try
            {
                console.Error.WriteLine(text);
            }
            catch (Exception e) when (e is IOException or UnauthorizedAccessException)
            {
                // Closed, or a log on a full disk: the work goes on, and what the process ends with still tells how it went.
            }
        }
    }
}
