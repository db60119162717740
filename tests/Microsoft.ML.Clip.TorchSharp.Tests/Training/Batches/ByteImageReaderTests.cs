namespace Microsoft.ML.Clip.Tests;

public sealed class ByteImageReaderTests : IDisposable
{
    private const int Size = 16;

    private readonly TemporaryDirectory _directory = new();

    [Fact]
    public void Read_AFileOfTheRightSize_GivesItsPixelsInterleaved()
    {
        byte[] file = TestImages.EncodePng(Size, Size, seed: 3);
        using var bitmap = SkiaSharp.SKBitmap.Decode(file);
        byte[] expected = [.. bitmap.Pixels.SelectMany(p => new[] { p.Red, p.Green, p.Blue })];

        Assert.Equal(expected, Read(file));
    }

    [Theory]
    [InlineData(40, 25)]
    [InlineData(9, 31)]
    public void Read_AFileOfAnotherSize_GivesThePipelinesPixels(int width, int height)
    {
        byte[] file = TestImages.EncodePng(width, height, seed: 4);
        var architecture = new ClipArchitecture();
        float[] values = new float[3 * Size * Size];
        ClipImagePreprocessor.Create(Size).PreprocessEncoded(file, values);

        byte[] bytes = Read(file);

        // The pipeline's values are (byte / 255 - mean) / deviation, plane by plane.
        for (int i = 0; i < bytes.Length; i++)
        {
            int channel = i % 3;
            double value = (values[(channel * Size * Size) + (i / 3)] * architecture.ImageStandardDeviation[channel])
                + architecture.ImageMean[channel];
            Assert.Equal(bytes[i], (byte)Math.Round(255 * value));
        }
    }

    [Fact]
    public void Read_FromAFolder_TakesRelativePathsFromThere()
    {
        byte[] file = TestImages.EncodePng(20, 20, seed: 5);
        _directory.Write("folder/image.png", file);
        byte[] pixels = new byte[3 * Size * Size];

        new ByteImageReader(Size, _directory.Combine("folder")).Read("image.png", pixels);

        Assert.Equal(Read(file), pixels);
        var elsewhere = new ByteImageReader(Size, _directory);
        Assert.Contains("image.png", Assert.Throws<ClipImageException>(() => elsewhere.Read("image.png", pixels)).Message, StringComparison.Ordinal);
    }

    [Fact]
    public void Load_ManyFiles_KeepsTheirOrder()
    {
        string[] paths = TestImages.Write(_directory, 40);

        var set = ClipImageSet.Load(paths, Size);

        Assert.Equal((40, Size), (set.Count, set.Size));
        for (int i = 0; i < paths.Length; i++)
        {
            Assert.Equal(Read(File.ReadAllBytes(paths[i])), set[i].ToArray());
        }
        Assert.Contains("not-there.png", Assert.Throws<ClipImageException>(() => ClipImageSet.Load(["not-there.png"], Size)).Message, StringComparison.Ordinal);
    }

    public void Dispose() => _directory.Dispose();

    private byte[] Read(byte[] file)
    {
        byte[] pixels = new byte[3 * Size * Size];
        new ByteImageReader(Size).Read(_directory.Write("read.png", file), pixels);
        return pixels;
    }
}
