namespace Microsoft.ML.Clip.Tests;

public sealed class ClipPlotImageTests
{
    private static readonly ClipPlotGuess[] Guesses = [new("cat", 0.5)];

    [Fact]
    public void Shrink_GivesWhatAModelSees()
    {
        const int Size = 64;
        byte[] large = Picture(300, 200), wanted = Seen(large, Size);

        var small = new ClipPlotImage("a.png", large, "cat", Guesses).Shrink(Size);

        Assert.Equal(("a.png", "cat"), (small.Name, small.TrueClass));
        Assert.True(small.Encoded.Length < large.Length);
        // The small one is a PNG that the library's decoder reads, of just these pixels: of its own size preprocessing changes nothing.
        Assert.Equal(wanted, Seen(small.Encoded.Span, Size));
        Assert.Contains("data:image/png;base64,", ClipPlots.ImageGrid([small]), StringComparison.Ordinal);
    }

    [Fact]
    public void Shrink_ASmallImage_StaysAsItIs()
    {
        byte[] tiny = Picture(8, 8);

        Assert.Equal(tiny, new ClipPlotImage("a.png", tiny, "cat", Guesses).Shrink().Encoded.ToArray());
    }

    [Fact]
    public void Shrink_NoImage_IsNamed()
    {
        Assert.Contains("'b.png' cannot be made small", Assert.Throws<ClipImageException>(() => new ClipPlotImage("b.png", new byte[9], "cat", Guesses).Shrink()).Message,
            StringComparison.Ordinal);
        Assert.Throws<ArgumentOutOfRangeException>(() => new ClipPlotImage("b.png", Picture(8, 8), "cat", Guesses).Shrink(8));
    }

    private static byte[] Picture(int width, int height)
    {
        var random = new Random(3);
        byte[] rgb = new byte[width * height * 3];
        random.NextBytes(rgb);
        return PngFile.Write(rgb, width);
    }

    private static byte[] Seen(ReadOnlySpan<byte> file, int size)
    {
        var preprocessor = ClipImagePreprocessor.Create(size);
        float[] values = new float[preprocessor.PixelValueCount];
        preprocessor.PreprocessEncoded(file, values);
        float[] means = [0.48145466f, 0.4578275f, 0.40821073f], deviations = [0.26862954f, 0.26130258f, 0.27577711f];
        return [.. values.Select((v, i) => (byte)MathF.Round(255 * ((v * deviations[i / (size * size)]) + means[i / (size * size)])))];
    }
}
