namespace Microsoft.ML.Clip.Tests;

public class PixelNormalizerTests
{
    [Fact]
    public void Item_BothConventions_AgreeForEveryLevel()
    {
        var huggingFace = new PixelNormalizer(new() { Convention = ClipImageConvention.HuggingFace });
        var openAI = new PixelNormalizer(new() { Convention = ClipImageConvention.OpenAI });
        for (int channel = 0; channel < 3; channel++)
        {
            for (int level = 0; level < 256; level++)
            {
                Assert.Equal(openAI[channel, (byte)level], huggingFace[channel, (byte)level]);
            }
        }
    }

    [Fact]
    public void Item_OpenAI_IsToTensorThenNormalizeInSinglePrecision()
    {
        float[] mean = [0.48145466f, 0.4578275f, 0.40821073f], deviation = [0.26862954f, 0.26130258f, 0.27577711f];
        var normalizer = new PixelNormalizer(new() { Convention = ClipImageConvention.OpenAI });
        for (int channel = 0; channel < 3; channel++)
        {
            for (int level = 0; level < 256; level++)
            {
                Assert.Equal(((level / 255f) - mean[channel]) / deviation[channel], normalizer[channel, (byte)level]);
            }
        }
    }

    [Fact]
    public void Item_NothingToDo_IsTheLevelItself()
    {
        var normalizer = new PixelNormalizer(new() { RescaleFactor = null, Normalization = null });
        Assert.All(Enumerable.Range(0, 256), level => Assert.Equal(level, normalizer[1, (byte)level]));
    }

    [Theory]
    [InlineData(false), InlineData(true)]
    public void WriteRow_EitherOrder_PutsColorsIntoTheirPlanes(bool blueFirst)
    {
        var normalizer = new PixelNormalizer(new() { RescaleFactor = null, Normalization = null });
        byte[] pixels = blueFirst ? [3, 2, 1, 99, 6, 5, 4, 99] : [1, 2, 3, 99, 4, 5, 6, 99];
        float[] red = new float[2], green = new float[2], blue = new float[2];
        normalizer.WriteRow(pixels, blueFirst, red, green, blue);
        Assert.Equal([1f, 4, 2, 5, 3, 6], [.. red, .. green, .. blue]);
    }
}
