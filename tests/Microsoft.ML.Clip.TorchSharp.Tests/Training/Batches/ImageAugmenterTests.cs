namespace Microsoft.ML.Clip.Tests;

public sealed class ImageAugmenterTests
{
    private const int Size = 16;
    private const float Rounding = 1e-5f;

    private static readonly ClipArchitecture Architecture = SmallArchitectures.SmallResNet with { ImageMean = [0, 0, 0], ImageStandardDeviation = [1, 1, 1] };

    private static readonly byte[] Image = [.. Enumerable.Range(0, Size * Size * 3).Select(i => (byte)((i * 37) % 256))];

    [Fact]
    public void Copy_NormalizesEveryChannelWithItsOwnStatistics()
    {
        var architecture = Architecture with { ImageMean = [0.1, 0.2, 0.3], ImageStandardDeviation = [0.5, 0.25, 2] };
        float[] output = new float[Image.Length];
        new ImageAugmenter(architecture).Copy(Image, output);
        for (int i = 0; i < output.Length; i++)
        {
            Assert.Equal((float)(((Image[i] / 255.0) - architecture.ImageMean[i % 3]) / architecture.ImageStandardDeviation[i % 3]), output[i], Rounding);
        }
    }

    [Fact]
    public void Augment_OfTheWholeImage_IsTheImage()
    {
        float[] output = Augment(minimumArea: 1, shift: 0, flip: false, seed: 1);
        for (int i = 0; i < output.Length; i++)
        {
            Assert.Equal(Image[i] / 255f, output[i], Rounding);
        }
    }

    [Fact]
    public void Augment_WithFlips_MirrorsHalf()
    {
        int mirrored = 0;
        for (int seed = 0; seed < 200; seed++)
        {
            float[] output = Augment(minimumArea: 1, shift: 0, flip: true, seed);
            bool isMirrored = Math.Abs(output[0] - (Image[(Size - 1) * 3] / 255f)) < Rounding;
            Assert.Equal(Image[isMirrored ? 3 : (Size - 2) * 3] / 255f, output[(Size - 2) * 3], Rounding);
            mirrored += isMirrored ? 1 : 0;
        }

        Assert.InRange(mirrored, 70, 130);
    }

    [Fact]
    public void Augment_OfARamp_KeepsItLinearWithTheStepOfTheCrop()
    {
        // Bilinear sampling keeps a ramp a ramp; how steep it is tells how much of the image the crop holds.
        byte[] ramp = new byte[Size * Size * 3];
        for (int i = 0; i < ramp.Length; i++)
        {
            ramp[i] = (byte)(10 * (i / 3 % Size));
        }
        for (int seed = 0; seed < 50; seed++)
        {
            float[] output = new float[ramp.Length];
            var random = new CounterRandom(1, seed, 0);
            new ImageAugmenter(Architecture).Augment(ramp, output, ref random, 0.25, 0, flip: false);
            float[] row = [.. Enumerable.Range(1, Size - 2).Select(x => output[3 * x] * 25.5f)];
            float step = row[1] - row[0];
            Assert.InRange(step, 0.4f, 1f + Rounding);
            for (int x = 1; x < row.Length - 1; x++)
            {
                Assert.Equal(step, row[x + 1] - row[x], 1e-3f);
            }
        }
    }

    [Theory]
    [InlineData(8)]
    [InlineData(12)]
    public void Augment_ToASmallerSize_SamplesTheWholeCrop(int outputSize)
    {
        byte[] ramp = new byte[Size * Size * 3];
        for (int i = 0; i < ramp.Length; i++)
        {
            ramp[i] = (byte)(10 * (i / 3 % Size));
        }
        float[] output = new float[outputSize * outputSize * 3];
        var random = new CounterRandom(1, 1, 0);
        new ImageAugmenter(Architecture, outputSize).Augment(ramp, output, ref random, 1, 0, flip: false);
        // The centre of output pixel x lies at (x + 1/2) * Size / outputSize - 1/2.
        for (int i = 0; i < output.Length; i++)
        {
            Assert.Equal(10 * ((((i / 3 % outputSize) + 0.5) * Size / outputSize) - 0.5) / 255, output[i], Rounding);
        }
    }

    [Fact]
    public void Augment_BeyondTheEdge_RepeatsIt()
    {
        byte[] plain = [.. Enumerable.Repeat((byte)200, Size * Size * 3)];
        for (int seed = 0; seed < 20; seed++)
        {
            float[] output = new float[plain.Length];
            var random = new CounterRandom(2, seed, 0);
            new ImageAugmenter(Architecture).Augment(plain, output, ref random, 0.5, 0.3, flip: true);
            Assert.All(output, v => Assert.Equal(200 / 255f, v, Rounding));
        }
    }

    private static float[] Augment(double minimumArea, double shift, bool flip, int seed)
    {
        float[] output = new float[Image.Length];
        var random = new CounterRandom(1, seed, 0);
        new ImageAugmenter(Architecture).Augment(Image, output, ref random, minimumArea, shift, flip);
        return output;
    }
}
