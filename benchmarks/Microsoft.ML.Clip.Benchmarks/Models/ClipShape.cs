namespace Microsoft.ML.Clip.Benchmarks;

/// <summary>The sizes of a CLIP model with two transformers (Radford et al. 2021, table 20).</summary>
/// <param name="Name">What it is called in results.</param>
/// <param name="Dimension">Of the joint space.</param>
/// <param name="ImageSize">Edge of the square image in pixels.</param>
/// <param name="PatchSize">Edge of a square patch in pixels.</param>
/// <param name="ImageWidth">Width of the image transformer.</param>
/// <param name="ImageLayers">Layers of the image transformer.</param>
/// <param name="TextWidth">Width of the text transformer.</param>
/// <param name="TextLayers">Layers of the text transformer.</param>
internal sealed record ClipShape(string Name, int Dimension, int ImageSize, int PatchSize, int ImageWidth, int ImageLayers, int TextWidth, int TextLayers)
{
    public const int HeadWidth = 64, Context = 77, Vocabulary = 49408, EndOfText = 49407;

    public static readonly ClipShape ViTB32 = new("vit-b-32", 512, 224, 32, 768, 12, 512, 12);

    /// <summary>The same interface with next to nothing behind it: what is left to measure is everything around the encoder.</summary>
    public static readonly ClipShape Tiny = new("tiny", 512, 224, 32, 64, 1, 64, 1);
}
