namespace Microsoft.ML.Clip;

/// <summary>Replaces every match of a regular expression by a fixed text.</summary>
internal sealed class ReplacePattern(CodePointRegex pattern, string replacement) : NormalizationStep
{
    public override void Apply(scoped ReadOnlySpan<char> text, ref ValueList<char> output)
    {
        int copied = 0;
        foreach (var match in pattern.Matches(text))
        {
            output.AddRange(text[copied..match.Start]);
            output.AddRange(replacement);
            copied = match.Start + match.Length;
        }
        output.AddRange(text[copied..]);
    }
}
