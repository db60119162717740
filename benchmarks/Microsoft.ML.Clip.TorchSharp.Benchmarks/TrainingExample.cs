using System.Runtime.InteropServices;
using SkiaSharp;

namespace Microsoft.ML.Clip.Benchmarks;

/// <summary>A noisy image with a caption.</summary>
internal sealed class TrainingExample
{
    public const int BatchSize = 128;

    public static readonly ClipArchitecture Architecture = new()
    {
        ImageSize = 64,
        JointDimension = 128,
        Vision = ClipVisionKind.ModifiedResNet,
        ResidualBlock = ClipResidualBlock.Basic,
        StemKind = ClipStem.Patches,
        StemStride = 4,
        VisionWidth = 48,
        StageBlocks = [1, 2, 2],
        StageWidths = [48, 128, 256],
        ImagePooling = ClipImagePooling.Mean,
        VocabularySize = 1024,
        ContextLength = 16,
        TextWidth = 128,
        TextHeads = 4,
        TextLayers = 1,
    };

    public byte[] Image { get; set; } = [];

    public string Caption { get; set; } = "";

    public static TrainingExample[] Make(int count) =>
        [.. Enumerable.Range(0, count).Select(i => new TrainingExample { Image = Noise(i), Caption = $"a photo of a thing, number {i}" })];

    private static byte[] Noise(int seed)
    {
        byte[] pixels = new byte[64 * 64 * 4];
        new Random(seed).NextBytes(pixels);
        using var bitmap = new SKBitmap(new SKImageInfo(64, 64, SKColorType.Rgba8888, SKAlphaType.Opaque));
        Marshal.Copy(pixels, 0, bitmap.GetPixels(), pixels.Length);
        using var data = bitmap.Encode(SKEncodedImageFormat.Png, 100);
        return data.ToArray();
    }
}
