using Microsoft.ML.Data;
using Microsoft.ML.Runtime;

namespace Microsoft.ML.Clip;

/// <summary>
/// Embeds a column of images with a CLIP image encoder.
/// </summary>
/// <remarks>
/// <list type="table">
/// <listheader><term>Column</term><description>Type and meaning</description></listheader>
/// <item><term>input</term><description><see cref="MLImage"/>, text (a file's path) or a vector of bytes (an encoded file). Paths and bytes are the fast
/// way: decoding happens inside the batch, in parallel.</description></item>
/// <item><term>output</term><description>Vector of <see cref="float"/> of known size: [<see cref="ClipModel.EmbeddingDimension"/>] for
/// <see cref="ClipFeatures.JointEmbedding"/>, the encoder's width for <see cref="ClipFeatures.Encoder"/>. Of unit length if
/// <see cref="ClipImageEmbeddingOptions.Normalize"/>.</description></item>
/// <item><term>errors</term><description>Text, if <see cref="ClipImageEmbeddingOptions.ErrorColumnName"/> asks for it: why the row failed, or
/// empty.</description></item>
/// </list>
/// <para>Nothing is learned: <c>Fit</c> only checks the schema. Source: <c>encode_image</c> of openai/CLIP; section 2.4 and figure 3 of the paper.</para>
/// </remarks>
public sealed class ClipImageEmbeddingEstimator : TrivialEstimator<ClipImageEmbeddingTransformer>
{
    internal ClipImageEmbeddingEstimator(IHostEnvironment env, string outputColumnName, string inputColumnName, ClipModel model,
        ClipImageEmbeddingOptions options)
        : base(Contracts.CheckRef(env, nameof(env)).Register(nameof(ClipImageEmbeddingEstimator)),
            new ClipImageEmbeddingTransformer(env, outputColumnName, inputColumnName, model, options))
    {
    }

    /// <inheritdoc/>
    /// <exception cref="ArgumentOutOfRangeException">The input column is missing or holds no images.</exception>
    public override SchemaShape GetOutputSchema(SchemaShape inputSchema)
    {
        Host.CheckValue(inputSchema, nameof(inputSchema));
        var column = ColumnChecks.Find(Host, inputSchema, Transformer.InputColumnName);
        if (!ImageColumn.IsImage(column))
        {
            throw ColumnChecks.WrongType(Host, column.Name, ImageColumn.Expected, column.GetTypeString());
        }
        return ErrorColumn.AddTo(EmbeddingColumn.AddTo(inputSchema, Transformer.OutputColumnName, Transformer.Normalize), Transformer.ErrorColumnName);
    }
}
