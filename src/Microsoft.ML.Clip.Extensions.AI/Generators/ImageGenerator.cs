using Microsoft.Extensions.AI;

namespace Microsoft.ML.Clip;

/// <summary>Images to embeddings.</summary>
internal sealed class ImageGenerator(ClipModel clip, string? modelId) : ClipGenerator<DataContent>(clip, modelId)
{
    protected override (float[][] Vectors, long? Tokens) Embed(DataContent[] inputs, CancellationToken cancellationToken) =>
        (new ImageInputs(inputs, Places: null).Embed(Clip, cancellationToken), null);
}
