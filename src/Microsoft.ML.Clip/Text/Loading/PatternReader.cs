namespace Microsoft.ML.Clip;

/// <summary>Reads a <c>pattern</c> of a tokenizer.json: <c>{"Regex": "..."}</c> or <c>{"String": "..."}</c>.</summary>
internal static class PatternReader
{
    /// <exception cref="InvalidDataException">It is neither of the two.</exception>
    public static (string Text, bool IsRegex) Read(JsonField pattern)
    {
        string? regex = pattern["Regex"].FindText(), text = pattern["String"].FindText();
        return string.IsNullOrEmpty(regex ?? text) ? throw pattern.Error("an object with a 'Regex' or a 'String' that is not empty") : (regex ?? text!, regex is not null);
    }

    /// <exception cref="InvalidDataException">.NET does not accept the regular expression.</exception>
    public static CodePointRegex Compile(JsonField pattern, string regex)
    {
        try
        {
            return new CodePointRegex(regex, $"{pattern.File}: the regular expression '{pattern.Path}'");
        }
        catch (ArgumentException e)
        {
            throw pattern.Error($"a regular expression that .NET knows (this one is malformed or unknown: {e.Message})");
        }
    }
}
