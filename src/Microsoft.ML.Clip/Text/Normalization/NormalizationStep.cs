namespace Microsoft.ML.Clip;

/// <summary>One step of a text's normalisation. Immutable and thread-safe.</summary>
internal abstract class NormalizationStep
{
    /// <summary>Appends the changed text to <paramref name="output"/>.</summary>
    public abstract void Apply(scoped ReadOnlySpan<char> text, ref ValueList<char> output);
}
