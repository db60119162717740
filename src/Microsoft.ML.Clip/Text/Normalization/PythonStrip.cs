namespace Microsoft.ML.Clip;

/// <summary>Python's <c>str.strip</c>, for which the separators U+001C to U+001F are white space too.</summary>
internal sealed class PythonStrip : NormalizationStep
{
    public static PythonStrip Instance { get; } = new();

    public override void Apply(scoped ReadOnlySpan<char> text, ref ValueList<char> output) => output.AddRange(Trim(text));

    public static ReadOnlySpan<char> Trim(ReadOnlySpan<char> text)
    {
        int start = 0, end = text.Length;
        while (start < end && IsSpace(text[start]))
        {
            start++;
        }
        while (end > start && IsSpace(text[end - 1]))
        {
            end--;
        }
        return text[start..end];
    }

    public static bool IsSpace(char c) => char.IsWhiteSpace(c) || c is >= '\u001C' and <= '\u001F';
}
