using Microsoft.ML.Data;
using Microsoft.ML.Transforms.Image;

namespace Microsoft.ML.Clip.Benchmarks;

/// <summary>A row of what is embedded, as a path.</summary>
public sealed class PhotographRow
{
    /// <summary>The file.</summary>
    public string Path { get; set; } = "";
}

/// <summary>A row of what is embedded, decoded.</summary>
public sealed class DecodedRow
{
    /// <summary>The image; its size varies.</summary>
    [ImageType(1, 1)]
    public MLImage? Image { get; set; }
}

/// <summary>A row of results.</summary>
public sealed class EmbeddingRow
{
    /// <summary>The embedding.</summary>
    [ColumnName("image_embeds")]
    public float[] Embedding { get; set; } = [];
}
