namespace Microsoft.ML.Clip.Tests;

public class ResampleWeightsTests
{
    private const int One = 1 << ResampleWeights.PrecisionBits;

    public static TheoryData<int, int> Sizes => new() { { 1, 1 }, { 1, 224 }, { 2, 3 }, { 3, 2 }, { 5, 224 }, { 223, 224 }, { 225, 224 },
        { 331, 224 }, { 1000, 224 }, { 4999, 32 }, { 30000, 1 } };

    [Theory, MemberData(nameof(Sizes))]
    public void Tap_AllFilters_SumToOne(int size, int newSize)
    {
        foreach (var filter in Enum.GetValues<ResampleFilter>())
        {
            var weights = ResampleWeights.Create(size, newSize, filter, 0, newSize);
            for (int i = 0; i < weights.Length; i++)
            {
                int sum = Enumerable.Range(0, weights.Stride).Sum(t => weights.Tap(i, t));
                // Each tap is rounded by at most half of the last place.
                Assert.InRange(sum, One - weights.Stride, One + weights.Stride);
                Assert.InRange(weights.Start(i), 0, size - weights.Stride);
            }
        }
    }

    [Theory, MemberData(nameof(Sizes))]
    public void Tap_AllFilters_EqualsThePlainReference(int size, int newSize)
    {
        foreach (var filter in Enum.GetValues<ResampleFilter>())
        {
            var weights = ResampleWeights.Create(size, newSize, filter, 0, newSize);
            long[][] expected = ReferenceResizer.Weights(size, newSize, filter.ToString().ToLowerInvariant());
            for (int i = 0; i < weights.Length; i++)
            {
                long[] actual = new long[size];
                for (int t = 0; t < weights.Stride; t++)
                {
                    actual[weights.Start(i) + t] = weights.Tap(i, t);
                }
                Assert.Equal(expected[i], actual);
            }
        }
    }

    [Fact]
    public void Create_PartOfTheOutput_EqualsThatPartOfTheWhole()
    {
        var whole = ResampleWeights.Create(331, 224, ResampleFilter.Bicubic, 0, 224);
        var part = ResampleWeights.Create(331, 224, ResampleFilter.Bicubic, 50, 60);
        for (int i = 0; i < 60; i++)
        {
            for (int t = 0; t < part.Stride; t++)
            {
                Assert.Equal(whole.Tap(50 + i, t), part.Tap(i, t));
            }
        }
    }

    [Fact]
    public void Tap_Bicubic_HasTheConstantOfPillow()
    {
        // Doubling: the new pixels lie a quarter off the old ones. With a = -0.75 (OpenCV, PyTorch) the four weights would be others.
        var weights = ResampleWeights.Create(8, 16, ResampleFilter.Bicubic, 7, 1);
        int[] taps = [.. Enumerable.Range(0, 4).Select(t => weights.Tap(0, t))];
        Assert.Equal([-9 * One / 128, 111 * (One / 128), 29 * One / 128, -3 * One / 128], taps);
    }

    [Fact]
    public void Get_MoreSizesThanFit_StaysBounded()
    {
        const long Capacity = 200_000;
        var cache = new ResampleWeightsCache(Capacity);
        for (int size = 225; size < 1500; size++)
        {
            var weights = cache.Get(size, 224, ResampleFilter.Bicubic, 0, 224);
            Assert.Equal(size, weights.InputSize);
            Assert.InRange(cache.Bytes, 0, Capacity);
        }
        Assert.True(cache.Bytes > 0);
    }

    [Fact]
    public void Get_SameSizeAgain_IsTheSameObject()
    {
        var cache = new ResampleWeightsCache();
        var first = cache.Get(300, 224, ResampleFilter.Bicubic, 0, 224);
        Assert.Same(first, cache.Get(300, 224, ResampleFilter.Bicubic, 0, 224));
        Assert.NotSame(first, cache.Get(300, 224, ResampleFilter.Bicubic, 1, 223));
        Assert.NotSame(first, cache.Get(300, 224, ResampleFilter.Bilinear, 0, 224));
    }

    [Fact]
    public async Task Get_ManyThreads_GivesRightWeightsAndStaysBounded()
    {
        var cache = new ResampleWeightsCache(capacity: 100_000);
        await Task.WhenAll(Enumerable.Range(0, 4).Select(thread => Task.Run(() =>
        {
            for (int i = 0; i < 2000; i++)
            {
                int size = 225 + ((i * (thread + 1)) % 97);
                Assert.Equal(size, cache.Get(size, 32, ResampleFilter.Box, 0, 32).InputSize);
            }
        })));
        Assert.InRange(cache.Bytes, 0, 100_000);
    }
}
