using Microsoft.ML.Data;

namespace Microsoft.ML.Clip.Tests;

public class ClipImagePreprocessorTests
{
    public static TheoryData<ClipImageConvention, int, int> Pictures
    {
        get
        {
            var data = new TheoryData<ClipImageConvention, int, int>();
            foreach (var convention in Enum.GetValues<ClipImageConvention>())
            {
                foreach (var (width, height) in ((int, int)[])[(40, 30), (30, 43), (32, 32), (35, 32), (7, 5), (300, 3)])
                {
                    data.Add(convention, width, height);
                }
            }
            return data;
        }
    }

    [Theory, MemberData(nameof(Pictures))]
    public void PreprocessEncoded_ClipsSettings_EqualsResizeCropAndNormaliseDonePlainly(ClipImageConvention convention, int width, int height)
    {
        const int Edge = 32;
        byte[] file = TestImages.EncodePng(width, height, seed: 8);
        byte[] pixels = Rgba(RawPixels.Decode(file, height: height, width: width));
        int newWidth = width <= height ? Edge : (int)(Edge * (double)width / height), newHeight = width <= height ? (int)(Edge * (double)height / width) : Edge;
        byte[] resized = ReferenceResizer.Resize(pixels, width, height, newWidth, newHeight, "bicubic");
        int left = Half(newWidth - Edge), top = Half(newHeight - Edge);
        float[] mean = [0.48145466f, 0.4578275f, 0.40821073f], deviation = [0.26862954f, 0.26130258f, 0.27577711f];
        float[] expected = new float[3 * Edge * Edge], actual = new float[3 * Edge * Edge];
        for (int i = 0; i < expected.Length; i++)
        {
            int channel = i / (Edge * Edge), y = i / Edge % Edge, x = i % Edge;
            expected[i] = ((resized[(((y + top) * newWidth) + x + left) * 4 + channel] / 255f) - mean[channel]) / deviation[channel];
        }

        ClipImagePreprocessor.Create(Edge, new() { Convention = convention }).PreprocessEncoded(file, actual);

        Assert.Equal(expected, actual);
        int Half(int excess) => convention == ClipImageConvention.HuggingFace ? excess / 2 : (int)Math.Round(excess / 2.0, MidpointRounding.ToEven);
    }

    [Fact]
    public void Preprocess_EitherPixelFormat_EqualsTheFile()
    {
        byte[] file = TestImages.EncodePng(50, 40, seed: 2);
        var preprocessor = RawPixels.Create("\"size\": 32", 32, 32);
        byte[] expected = RawPixels.Run(preprocessor, file), rgba = Rgba(RawPixels.Decode(file, 50, 40));
        byte[] bgra = [.. rgba.Chunk(4).SelectMany(p => (byte[])[p[2], p[1], p[0], p[3]])];
        foreach (var (pixels, format) in new[] { (rgba, MLPixelFormat.Rgba32), (bgra, MLPixelFormat.Bgra32) })
        {
            using var image = MLImage.CreateFromPixels(50, 40, format, pixels);
            float[] values = new float[preprocessor.PixelValueCount];
            preprocessor.Preprocess(image, values);
            Assert.Equal(expected, RawPixels.Interleave(values));
        }
    }

    [Fact]
    public void Preprocess_PremultipliedAlpha_IsDividedAgain()
    {
        var preprocessor = RawPixels.Create("\"do_resize\": false", 2, 1);
        // 100 · 255 / 128 = 199.2, 50 · 255 / 128 = 99.6.
        Assert.Equal([199, 100, 0, 10, 20, 30], Run(preprocessor, [100, 50, 0, 128, 10, 20, 30, 255]));
    }

    [Fact]
    public void Preprocess_ColorAboveItsAlpha_IsTakenAsItIs()
    {
        var preprocessor = RawPixels.Create("\"do_resize\": false", 2, 1);
        Assert.Equal([200, 100, 0, 10, 20, 30], Run(preprocessor, [200, 100, 0, 128, 10, 20, 30, 255]));
    }

    [Fact]
    public void PreprocessEncoded_ManyThreads_GiveTheSameValues()
    {
        var preprocessor = ClipImagePreprocessor.Create(48);
        byte[][] files = [.. Enumerable.Range(0, 12).Select(i => TestImages.EncodePng(60 + i, 50 + (i * 3), seed: i))];
        float[][] alone = [.. files.Select(f => Preprocess(ClipImagePreprocessor.Create(48), f))];
        Parallel.For(0, 200, i => Assert.Equal(alone[i % files.Length], Preprocess(preprocessor, files[i % files.Length])));
    }

    [Fact]
    public void PreprocessEncoded_ImageSmallerThanTheCrop_IsPaddedWithTheFillColor()
    {
        byte[] file = ImageFiles.Png(2, 2, 8, 2, (x, y) => [50, 60, 70]);
        byte[] huggingFace = RawPixels.Run(RawPixels.Create("\"do_resize\": false", 5, 4), file);
        byte[] ring = [0, 0, 0], inside = [50, 60, 70];
        string picture = string.Concat(huggingFace.Chunk(3).Select(p => p.SequenceEqual(ring) ? '.' : p.SequenceEqual(inside) ? '#' : '?'));
        Assert.Equal("....." + "..##." + "..##." + ".....", picture);

        string config = """{ "size": 4, "resize_mode": "longest", "mean": [0, 0, 0], "std": [1, 1, 1], "fill_color": 255 }""";
        float[] values = Preprocess(ClipImagePreprocessor.FromJson(config), ImageFiles.Png(4, 2, 8, 2, (x, y) => [0, 0, 0]));
        Assert.Equal([1f, 1, 1, 1, 0, 0, 0, 0, 0, 0, 0, 0, 1, 1, 1, 1], values[..16]);
    }

    private static byte[] Run(ClipImagePreprocessor preprocessor, byte[] rgba)
    {
        using var image = MLImage.CreateFromPixels(2, 1, MLPixelFormat.Rgba32, rgba);
        float[] values = new float[preprocessor.PixelValueCount];
        preprocessor.Preprocess(image, values);
        return RawPixels.Interleave(values);
    }

    private static float[] Preprocess(ClipImagePreprocessor preprocessor, byte[] file)
    {
        float[] values = new float[preprocessor.PixelValueCount];
        preprocessor.PreprocessEncoded(file, values);
        return values;
    }

    private static byte[] Rgba(byte[] rgb) => [.. rgb.Chunk(3).SelectMany(p => (byte[])[.. p, 255])];
}
