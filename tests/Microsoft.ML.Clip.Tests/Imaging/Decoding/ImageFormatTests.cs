using SkiaSharp;

namespace Microsoft.ML.Clip.Tests;

/// <summary>What Pillow makes of less common pixels, stated by rule where the golden files show it by example.</summary>
public class ImageFormatTests
{
    private static readonly ClipImagePreprocessorOptions OpenAI = new() { Convention = ClipImageConvention.OpenAI };

    [Fact]
    public void Decode_Bmp565_SpreadsBitsTruncated()
    {
        byte[] file = ImageFiles.Bmp16(64, 1, sixBitsOfGreen: true, (x, _) => (ushort)(((x & 31) << 11) | (x << 5) | (31 - (x & 31))));
        byte[] expected = [.. Enumerable.Range(0, 64).SelectMany(x =>
            (byte[])[(byte)((x & 31) * 255 / 31), (byte)(x * 255 / 63), (byte)((31 - (x & 31)) * 255 / 31)])];
        Assert.Equal(expected, RawPixels.Decode(file, 64, 1));
    }

    [Fact]
    public void Decode_Bmp555_SpreadsBitsTruncated()
    {
        byte[] file = ImageFiles.Bmp16(32, 2, sixBitsOfGreen: false, (x, y) => (ushort)((x << 10) | (x << 5) | (y * 31)));
        byte[] row(int blue) => [.. Enumerable.Range(0, 32).SelectMany(x => (byte[])[(byte)(x * 255 / 31), (byte)(x * 255 / 31), (byte)blue])];
        Assert.Equal([.. row(0), .. row(255)], RawPixels.Decode(file, 32, 2));
    }

    [Fact]
    public void Decode_GifFrameInsideThePicture_IsSurroundedByTheFirstColor()
    {
        byte[] file = ImageFiles.Gif(4, 3, 2, 1, 1, 1, (x, _) => (byte)(100 + x), transparent: null);
        byte[] outside = [0, 255, 7];
        byte[] edge = [.. outside, .. outside, .. outside, .. outside];
        Assert.Equal([.. edge, .. outside, 100, 155, 7, 101, 154, 7, .. outside, .. edge], RawPixels.Decode(file, 4, 3));
    }

    [Fact]
    public void Decode_GifTransparentIndex_ShowsThePalettesColor()
    {
        byte[] file = ImageFiles.Gif(3, 1, 3, 1, 0, 0, (x, _) => (byte)x, transparent: 1);
        Assert.Equal([0, 255, 7, 1, 254, 7, 2, 253, 7], RawPixels.Decode(file, 3, 1));
    }

    [Fact]
    public void Decode_TransparentPng_DropsTheAlphaAndKeepsTheColor()
    {
        byte[] file = ImageFiles.Png(2, 1, 8, 6, (x, _) => [10, 20, 30, x * 128]);
        Assert.Equal([10, 20, 30, 10, 20, 30], RawPixels.Decode(file, 2, 1));
        Assert.Equal([10, 20, 30, 10, 20, 30], RawPixels.Decode(file, 2, 1, OpenAI));
    }

    [Fact]
    public void Resize_TransparentPng_CountsTheAlphaForOpenAIOnly()
    {
        // Red and opaque beside green and transparent, halved.
        byte[] file = ImageFiles.Png(4, 2, 8, 6, (x, _) => x % 2 == 0 ? [200, 0, 0, 255] : [0, 200, 0, 0]);
        Assert.Equal([100, 100, 0], RawPixels.Run(RawPixels.Create("\"size\": { \"height\": 1, \"width\": 2 }, \"resample\": 4", 2, 1), file)[..3]);
        Assert.Equal([199, 0, 0], RawPixels.Run(RawPixels.Create("\"size\": { \"height\": 1, \"width\": 2 }, \"resample\": 4", 2, 1, OpenAI), file)[..3]);
    }

    [Fact]
    public void Resize_PaletteImage_TakesNearestForOpenAIOnly()
    {
        byte[] file = ImageFiles.Gif(64, 64, 64, 64, 0, 0, (x, y) => (byte)((x % 2) * 200), transparent: null);
        byte[][] colors = [[0, 255, 7], [200, 55, 7]];
        byte[] openAI = RawPixels.Run(RawPixels.Create("\"size\": 24", 24, 24, OpenAI), file);
        byte[] huggingFace = RawPixels.Run(RawPixels.Create("\"size\": 24", 24, 24), file);
        Assert.All(openAI.Chunk(3), pixel => Assert.Contains(pixel, colors));
        Assert.Contains(huggingFace.Chunk(3), pixel => pixel[0] is > 20 and < 180);
    }

    [Fact]
    public void Decode_SixteenBitColor_KeepsTheHighByte()
    {
        byte[] file = ImageFiles.Png(2, 1, 16, 2, (x, _) => [0x12FF, 0x3400 + x, 0xFFFF]);
        Assert.Equal([0x12, 0x34, 0xFF, 0x12, 0x34, 0xFF], RawPixels.Decode(file, 2, 1));
    }

    [Theory]
    [InlineData(ClipSixteenBitGray.Clip, 0, 200, 255, 255)]
    [InlineData(ClipSixteenBitGray.Scale, 0, 0, 1, 0x80)]
    public void Decode_SixteenBitGray_IsClippedOrScaled(ClipSixteenBitGray treatment, int first, int second, int third, int fourth)
    {
        int[] levels = [0, 200, 0x0105, 0x80FF];
        byte[] file = ImageFiles.Png(4, 1, 16, 0, (x, _) => [levels[x]]);
        byte[] expected = [.. ((int[])[first, second, third, fourth]).SelectMany(v => (byte[])[(byte)v, (byte)v, (byte)v])];
        foreach (var convention in Enum.GetValues<ClipImageConvention>())
        {
            Assert.Equal(expected, RawPixels.Decode(file, 4, 1, new() { SixteenBitGray = treatment, Convention = convention }));
        }
    }

    [Fact]
    public void Decode_IconOfSeveralSizes_TakesTheLargest() => Assert.Equal(
        RawPixels.Decode(TestImages.EncodePng(48, 48, seed: 3), 48, 48), RawPixels.Decode(ImageFiles.Ico((16, 16), (48, 48), (32, 32)), 48, 48));

    [Fact]
    public void PreprocessEncoded_Fast_StaysCloseToExactAndLeavesSmallImagesAlone()
    {
        using var bitmap = SKBitmap.Decode(ImageFiles.Encode(SKEncodedImageFormat.Png, 1600, 1200));
        using var smooth = bitmap.Resize(new SKImageInfo(160, 120), SKFilterQuality.High).Resize(new SKImageInfo(1600, 1200), SKFilterQuality.High);
        using var data = smooth.Encode(SKEncodedImageFormat.Jpeg, 95);
        byte[] large = data.ToArray(), small = ImageFiles.OfFormat("jpg");
        var exact = RawPixels.Create("\"size\": 64", 64, 64);
        var fast = RawPixels.Create("\"size\": 64", 64, 64, new() { Decoding = ClipImageDecoding.Fast });

        byte[] a = RawPixels.Run(exact, large), b = RawPixels.Run(fast, large);

        Assert.NotEqual(a, b); // It was decoded at another size.
        int[] differences = [.. a.Zip(b).Select(p => Math.Abs(p.First - p.Second))];
        Assert.True(differences.Average() < 1.5 && differences.Max() <= 16, $"mean {differences.Average():F2}, largest {differences.Max()}");
        Assert.Equal(RawPixels.Run(exact, small), RawPixels.Run(fast, small));
        byte[] png = TestImages.EncodePng(900, 700, seed: 1);
        Assert.Equal(RawPixels.Run(exact, png), RawPixels.Run(fast, png));
    }
}
