using Microsoft.ML.Data;
using Microsoft.ML.Transforms.Image;

namespace Microsoft.ML.Clip.Tests;

/// <summary>A row with every kind of input that a CLIP step reads.</summary>
public sealed class StepRow
{
    public string Path { get; set; } = "";

    public byte[] Bytes { get; set; } = [];

    [ImageType(64, 64)]
    public MLImage Image { get; set; } = null!;

    public string Text { get; set; } = "";

    [VectorType(6)]
    public float[] Embedding { get; set; } = [];

    public float Number { get; set; }
}
