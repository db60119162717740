using Microsoft.ML.Data;
using Microsoft.ML.Runtime;

namespace Microsoft.ML.Clip;

/// <summary>
/// Embeds a column of texts with a CLIP text encoder.
/// </summary>
/// <remarks>
/// <list type="table">
/// <listheader><term>Column</term><description>Type and meaning</description></listheader>
/// <item><term>input</term><description>Text.</description></item>
/// <item><term>output</term><description>Vector of <see cref="float"/>, [<see cref="ClipModel.EmbeddingDimension"/>]: the joint embedding. Of unit length if
/// <see cref="ClipTextEmbeddingOptions.Normalize"/>.</description></item>
/// </list>
/// <para>Nothing is learned: <c>Fit</c> only checks the schema. Source: <c>encode_text</c> of openai/CLIP; section 2.4 and figure 3 of the paper.</para>
/// </remarks>
public sealed class ClipTextEmbeddingEstimator : TrivialEstimator<ClipTextEmbeddingTransformer>
{
    internal ClipTextEmbeddingEstimator(IHostEnvironment env, string outputColumnName, string inputColumnName, ClipModel model,
        ClipTextEmbeddingOptions options)
        : base(Contracts.CheckRef(env, nameof(env)).Register(nameof(ClipTextEmbeddingEstimator)),
            new ClipTextEmbeddingTransformer(env, outputColumnName, inputColumnName, model, options))
    {
    }

    /// <inheritdoc/>
    /// <exception cref="ArgumentOutOfRangeException">The input column is missing or holds no texts.</exception>
    public override SchemaShape GetOutputSchema(SchemaShape inputSchema)
    {
        Host.CheckValue(inputSchema, nameof(inputSchema));
        var column = ColumnChecks.Find(Host, inputSchema, Transformer.InputColumnName);
        if (column.Kind != SchemaShape.Column.VectorKind.Scalar || column.ItemType is not TextDataViewType)
        {
            throw ColumnChecks.WrongType(Host, column.Name, "text", column.GetTypeString());
        }
        return EmbeddingColumn.AddTo(inputSchema, Transformer.OutputColumnName, Transformer.Normalize);
    }
}
