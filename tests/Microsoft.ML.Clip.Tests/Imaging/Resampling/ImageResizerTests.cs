using CsCheck;

namespace Microsoft.ML.Clip.Tests;

/// <summary>The fast resampler against the slow, plain one, and against its own scalar twin. Run with fewer vector instructions by <see cref="VectorInstructionTests"/>.</summary>
public class ImageResizerTests
{
    private static readonly string[] Filters = ["nearest", "box", "bilinear", "hamming", "bicubic", "lanczos"];

    // One pixel, primes, powers of two and their neighbours, extreme ratios both ways, sizes on either side of the tap groups and vector lengths.
    private static readonly (int Width, int Height, int NewWidth, int NewHeight)[] Sizes =
    [
        (1, 1, 1, 1), (1, 1, 7, 5), (1, 9, 5, 5), (9, 1, 5, 5), (2, 3, 3, 2), (3, 2, 17, 31), (4, 4, 2, 2), (5, 7, 5, 3), (7, 5, 3, 5), (8, 8, 8, 8),
        (13, 11, 16, 16), (17, 19, 16, 16), (31, 37, 33, 15), (64, 3, 16, 16), (3, 64, 16, 16), (97, 101, 32, 32), (101, 97, 15, 67), (127, 2, 1, 64),
        (211, 5, 224, 3), (500, 3, 7, 2), (3, 500, 2, 7), (701, 1, 3, 1), (23, 29, 64, 65), (255, 16, 129, 16), (256, 16, 128, 8), (257, 17, 128, 9),
    ];

    public static TheoryData<int, int, int, int, string> Cases()
    {
        var data = new TheoryData<int, int, int, int, string>();
        foreach (var (width, height, newWidth, newHeight) in Sizes)
        {
            foreach (string filter in Filters)
            {
                data.Add(width, height, newWidth, newHeight, filter);
            }
        }
        return data;
    }

    [Theory, MemberData(nameof(Cases))]
    public void Resize_AwkwardSizes_EqualsThePlainReference(int width, int height, int newWidth, int newHeight, string filter)
    {
        foreach (byte[] pixels in (byte[][])[Noise(width, height), Extremes(width, height)])
        {
            Assert.Equal(ReferenceResizer.Resize(pixels, width, height, newWidth, newHeight, filter),
                Resize(pixels, width, height, newWidth, newHeight, filter));
        }
    }

    [Fact]
    public void Resize_RandomSizes_EqualsThePlainReference()
    {
        var sizes = Gen.Select(Gen.Int[1, 90], Gen.Int[1, 60], Gen.Int[1, 70], Gen.Int[1, 40]);
        Gen.Select(sizes, Gen.OneOfConst(Filters)).Sample(t =>
        {
            var ((width, height, newWidth, newHeight), filter) = t;
            byte[] pixels = Noise(width, height);
            return ReferenceResizer.Resize(pixels, width, height, newWidth, newHeight, filter).AsSpan()
                .SequenceEqual(Resize(pixels, width, height, newWidth, newHeight, filter));
        }, iter: 300);
    }

    [Theory, MemberData(nameof(Cases))]
    public void ResizeRow_AnyVectorPath_EqualsTheScalarTwin(int width, int height, int newWidth, int newHeight, string filter)
    {
        _ = (height, newHeight);
        var weights = ResampleWeights.Create(width, newWidth, Parse(filter), 0, newWidth);
        byte[] row = Extremes(width, 1), fast = new byte[newWidth * 4], slow = new byte[newWidth * 4];
        ImageResizer.ResizeRow(row, fast, weights);
        ImageResizer.ResizeRowScalar(row, slow, weights);
        Assert.Equal(slow, fast);
    }

    [Theory, MemberData(nameof(Cases))]
    public void ResizeColumns_AnyVectorPath_EqualsTheScalarTwin(int width, int height, int newWidth, int newHeight, string filter)
    {
        _ = newWidth;
        var weights = ResampleWeights.Create(height, newHeight, Parse(filter), 0, newHeight);
        byte[] pixels = Noise(width, height), fast = new byte[width * 4], slow = new byte[width * 4];
        for (int y = 0; y < newHeight; y++)
        {
            var rows = pixels.AsSpan(weights.Start(y) * width * 4, weights.Stride * width * 4);
            ImageResizer.ResizeColumns(rows, fast, weights, y);
            ImageResizer.ResizeColumnsScalar(rows, slow, weights, y);
            Assert.Equal(slow, fast);
        }
    }

    [Theory]
    [InlineData("nearest"), InlineData("box"), InlineData("bilinear"), InlineData("hamming"), InlineData("bicubic"), InlineData("lanczos")]
    public void Resize_SameSize_IsIdentity(string filter)
    {
        byte[] pixels = Noise(37, 23);
        Assert.Equal(pixels, Resize(pixels, 37, 23, 37, 23, filter));
    }

    [Theory]
    [InlineData("box"), InlineData("bilinear"), InlineData("hamming"), InlineData("bicubic"), InlineData("lanczos")]
    public void Resize_OneColor_StaysThatColor(string filter)
    {
        byte[] pixels = [.. Enumerable.Range(0, 61 * 47).SelectMany(_ => (byte[])[255, 0, 128, 17])];
        Assert.Equal(pixels[..(20 * 31 * 4)], Resize(pixels, 61, 47, 20, 31, filter));
    }

    // The two passes as the preprocessor makes them.
    private static byte[] Resize(byte[] pixels, int width, int height, int newWidth, int newHeight, string filter)
    {
        var columns = ResampleWeights.Create(width, newWidth, Parse(filter), 0, newWidth);
        var rows = ResampleWeights.Create(height, newHeight, Parse(filter), 0, newHeight);
        byte[] wide = new byte[newWidth * height * 4], result = new byte[newWidth * newHeight * 4];
        for (int y = 0; y < height; y++)
        {
            ImageResizer.ResizeRow(pixels.AsSpan(y * width * 4, width * 4), wide.AsSpan(y * newWidth * 4, newWidth * 4), columns);
        }
        for (int y = 0; y < newHeight; y++)
        {
            var under = wide.AsSpan(rows.Start(y) * newWidth * 4, rows.Stride * newWidth * 4);
            ImageResizer.ResizeColumns(under, result.AsSpan(y * newWidth * 4, newWidth * 4), rows, y);
        }
        return result;
    }

    private static ResampleFilter Parse(string filter) => Enum.Parse<ResampleFilter>(filter, ignoreCase: true);

    private static byte[] Noise(int width, int height)
    {
        byte[] pixels = new byte[width * height * 4];
        new Random(width * 1000 + height).NextBytes(pixels);
        return pixels;
    }

    // Black and white only: where negative lobes overshoot, and sums are clipped.
    private static byte[] Extremes(int width, int height) => [.. Noise(width, height).Select(b => b < 128 ? (byte)0 : (byte)255)];
}
