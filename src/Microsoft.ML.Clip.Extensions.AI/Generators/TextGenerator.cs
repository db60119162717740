namespace Microsoft.ML.Clip;

/// <summary>Texts to embeddings.</summary>
internal sealed class TextGenerator(ClipModel clip, string? modelId) : ClipGenerator<string>(clip, modelId)
{
    protected override (float[][] Vectors, long? Tokens) Embed(string[] inputs, CancellationToken cancellationToken) =>
        new TextInputs(inputs, Places: null).Embed(Clip, cancellationToken);
}
