using Microsoft.ML.Data;

namespace Microsoft.ML.Clip.Benchmarks;

/// <summary>A row of results.</summary>
public sealed class EmbeddingRow
{
    /// <summary>The embedding.</summary>
    [ColumnName("image_embeds")]
    public float[] Embedding { get; set; } = [];
}
