using Microsoft.ML.Clip.Tests;
using SkiaSharp;

namespace Microsoft.ML.Clip.Fuzz;

/// <summary>Images: what is read of their headers here, and all of them through the decoder.</summary>
internal static class ImageReaders
{
    private const int Edge = 16, LargestEdge = 1 << 20;

    private static readonly ImageFormat Format = new();

    private const long MostPixels = 1 << 18, MostMemory = 64 << 20;

    // Small limits: within them an execution is short, and what goes beyond has to be refused before it is decoded.
    private static readonly ClipImagePreprocessorOptions Small = new() { MaximumPixels = MostPixels, MaximumDecodingMemory = MostMemory };

    private static readonly ClipImagePreprocessor[] Preprocessors =
    [
        ClipImagePreprocessor.Create(Edge, Small with { Convention = ClipImageConvention.HuggingFace, ApplyExifOrientation = true }),
        ClipImagePreprocessor.Create(Edge, Small with { Convention = ClipImageConvention.OpenAI, Decoding = ClipImageDecoding.Fast }),
    ];

    public static Reader Header { get; } = new("image-header", Format, Seeds, ReadHeader)
    {
        Sources = ["Microsoft.ML.Clip/Imaging/Headers/"],
        IsDocumented = _ => false,
        Share = 60_000,
    };

    public static Reader Image { get; } = new("image", Format, Seeds, ReadImage)
    {
        Sources = ["Microsoft.ML.Clip/Imaging/Headers/", "Microsoft.ML.Clip/Imaging/Decoding/"],
        IsDocumented = e => e is ClipImageException,
        Share = 6_000,
        WatchesMemory = true,
    };

    private static IEnumerable<byte[]> Seeds()
    {
        foreach (string format in (string[])["jpg", "png", "gif", "bmp", "webp", "ico"])
        {
            yield return ImageFiles.OfFormat(format);
        }
        foreach (string format in (string[])["jpg", "png", "gif", "bmp"])
        {
            yield return ImageFiles.WithSize(format, 1000, 3);
        }
        yield return ImageFiles.WithOrientation(ImageFiles.OfFormat("jpg"), 6);
        yield return ImageFiles.Png(9, 7, 16, 0, (x, y) => [x * 5000 + y]);
        yield return ImageFiles.Png(9, 7, 8, 6, (x, y) => [x, y, x + y, 20 * x]);
        yield return ImageFiles.Png(9, 7, 8, 4, (x, y) => [x, 30 * y]);
        yield return ImageFiles.Bmp16(12, 9, true, (x, y) => (ushort)(x * y * 100));
        yield return ImageFiles.Gif(12, 10, 8, 8, 3, 2, (x, y) => (byte)(x + y), transparent: 3);
        yield return HostileFiles.InterlacedPng(33, 21, 8, 2);
        yield return HostileFiles.InterlacedPng(20, 20, 16, 6);
        yield return HostileFiles.ProgressiveJpeg(40, 40, scans: 4);
        yield return HostileFiles.LosslessWebP(16, 12);
        yield return HostileFiles.Gif(64, 64);
        yield return ImageFiles.Encode(SKEncodedImageFormat.Webp, 24, 18, quality: 100);
        foreach (byte[] attack in Inputs.Attacks(1 << 14, ".jpg", ".gif", ".webp", ".ico", ".png"))
        {
            yield return attack;
        }
    }

    private static void ReadHeader(byte[] input)
    {
        _ = ImageKinds.NameOfForeign(input);
        foreach (var kind in ImageKinds.Of(input) is { } own ? (ImageKind[])[own] : Enum.GetValues<ImageKind>())
        {
            if (ImageHeader.TryRead(new HeaderBytes(input), kind) is { } header)
            {
                Inputs.Require(header.DecoderBytes >= 0 || header.Width < 0 || header.Height < 0, $"The decoder takes {header.DecoderBytes} bytes for {header.Width} x {header.Height}.");
            }
        }
        if (GifHeader.TryRead(input, out var gif))
        {
            _ = gif.IsGrayRamp(input);
            Inputs.Require(gif.PaletteOffset + (3 * gif.PaletteSize) <= input.Length && gif.ControlFlagsOffset + 3 < input.Length, "A place lies beyond the file.");
        }
        if (JpegHeader.TryRead(new HeaderBytes(input), out var jpeg))
        {
            Inputs.Require(jpeg.Width is >= 0 and < LargestEdge && jpeg.Height is >= 0 and < LargestEdge && jpeg.Orientation is >= 1 and <= 8, "The header makes no sense.");
        }
    }

    private static void ReadImage(byte[] input)
    {
        foreach (var preprocessor in Preprocessors)
        {
            float[] values = new float[preprocessor.PixelValueCount];
            Array.Fill(values, float.NaN);
            preprocessor.PreprocessEncoded(input, values);
            Inputs.Require(!values.Any(float.IsNaN), "Not every value was written.");
            Inputs.Require(values.All(v => v is > -3 and < 3), "A value is beyond those of white and black.");
        }
    }
}
