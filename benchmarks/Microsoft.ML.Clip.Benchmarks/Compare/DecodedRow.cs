using Microsoft.ML.Data;
using Microsoft.ML.Transforms.Image;

namespace Microsoft.ML.Clip.Benchmarks;

/// <summary>A row of what is embedded, decoded.</summary>
public sealed class DecodedRow
{
    /// <summary>The image; its size varies.</summary>
    [ImageType(1, 1)]
    public MLImage? Image { get; set; }
}
