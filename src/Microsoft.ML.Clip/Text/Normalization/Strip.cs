namespace Microsoft.ML.Clip;

/// <summary>Removes white space from the ends of the text.</summary>
internal sealed class Strip(bool left, bool right) : NormalizationStep
{
    public override void Apply(scoped ReadOnlySpan<char> text, ref ValueList<char> output)
    {
        text = left ? text.TrimStart() : text;
        output.AddRange(right ? text.TrimEnd() : text);
    }
}
