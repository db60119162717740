using System.Text;

namespace Microsoft.ML.Clip;

/// <summary>Writes comma-separated values by RFC 4180.</summary>
internal sealed class CsvWriter(string endOfLine = "\r\n")
{
    private readonly StringBuilder _text = new();

    public void Write(IEnumerable<string> fields) => _text.AppendJoin(',', fields.Select(Field)).Append(endOfLine);

    public override string ToString() => _text.ToString();

    private static string Field(string text) => text.AsSpan().IndexOfAny("\",\r\n") < 0 && text == text.Trim() ? text : $"\"{text.Replace("\"", "\"\"", StringComparison.Ordinal)}\"";
}
