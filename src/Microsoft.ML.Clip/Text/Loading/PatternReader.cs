using System.Text.Json;

namespace Microsoft.ML.Clip;

/// <summary>Reads a <c>pattern</c> of a tokenizer.json: <c>{"Regex": "..."}</c> or <c>{"String": "..."}</c>.</summary>
internal static class PatternReader
{
    /// <exception cref="InvalidDataException">It is neither of the two.</exception>
    public static (string Text, bool IsRegex) Read(JsonFile file, JsonElement parent)
    {
        var pattern = file.Get(parent, "pattern", JsonValueKind.Object);
        string? regex = file.FindString(pattern, "Regex"), text = file.FindString(pattern, "String");
        if (string.IsNullOrEmpty(regex ?? text))
        {
            throw file.Error("a 'pattern' needs a 'Regex' or a 'String' that is not empty");
        }
        return (regex ?? text!, regex is not null);
    }

    /// <exception cref="InvalidDataException">.NET does not accept the pattern.</exception>
    public static CodePointRegex Compile(JsonFile file, string pattern)
    {
        try
        {
            return new CodePointRegex(pattern);
        }
        catch (ArgumentException e)
        {
            throw file.Error($"the regular expression '{pattern}' is malformed or unknown to .NET: {e.Message}");
        }
    }
}
