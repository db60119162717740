namespace Microsoft.ML.Clip;

/// <summary>Replaces every occurrence of one text by another.</summary>
internal sealed class ReplaceText(string old, string replacement) : NormalizationStep
{
    public override void Apply(scoped ReadOnlySpan<char> text, ref ValueList<char> output)
    {
        for (int at; (at = text.IndexOf(old, StringComparison.Ordinal)) >= 0; text = text[(at + old.Length)..])
        {
            output.AddRange(text[..at]);
            output.AddRange(replacement);
        }
        output.AddRange(text);
    }
}
