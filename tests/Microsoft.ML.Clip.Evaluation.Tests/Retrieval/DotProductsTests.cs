namespace Microsoft.ML.Clip.Tests;

public sealed class DotProductsTests
{
    /// <summary>float32 sums of 1,000 values of order 1, against double.</summary>
    private const double Float32 = 1e-3;

    [Theory]
    [InlineData(1, 1)]
    [InlineData(3, 7)]
    [InlineData(8, 9)]
    [InlineData(512, 6)]
    [InlineData(1000, 5)]
    public void Of_AnyShape_IsTheSumOfProducts_AndTheSameWhereverARowStands(int length, int rows)
    {
        var random = new Random(length);
        float[] x = Values(length), all = Values(length * rows), results = new float[rows], reversed = new float[rows];
        DotProducts.Of(x, all, results);
        DotProducts.Of(x, [.. Enumerable.Range(0, rows).Reverse().SelectMany(r => all.Skip(r * length).Take(length))], reversed);

        Assert.Equal(results, reversed.Reverse());
        for (int row = 0; row < rows; row++)
        {
            float[] y = all[(row * length)..((row + 1) * length)];
            Assert.Equal(x.Zip(y).Sum(p => (double)p.First * p.Second), results[row], Float32);
            Assert.Equal(DotProducts.One(x, y), results[row]);
        }

        float[] Values(int count) => [.. Enumerable.Range(0, count).Select(_ => (random.NextSingle() * 2) - 1)];
    }
}
