namespace Microsoft.ML.Clip.Tests;

public sealed class PackedRowsTests
{
    /// <summary>float32 sums of 1,000 values of order 1, against double.</summary>
    private const double Float32 = 1e-3;

    [Theory]
    [InlineData(1, 1)]
    [InlineData(3, 7)]
    [InlineData(8, 16)]
    [InlineData(512, 33)]
    [InlineData(1000, 49)]
    public void Multiply_AnyShape_IsTheSumOfProducts_AndTheSameWhereverARowStands(int dimension, int count)
    {
        var random = new Random(dimension);
        float[] rows = Values(7 * dimension), all = Values(count * dimension);
        float[] backwards = [.. all.Chunk(dimension).Reverse().SelectMany(r => r)];
        var packed = new PackedRows(all, dimension);

        float[] products = Products(packed), reversed = Products(new PackedRows(backwards, dimension));

        Assert.Equal((count, dimension, 0), (packed.Count, packed.Dimension, packed.Width % 16));
        for (int row = 0; row < 7; row++)
        {
            float[] x = rows[(row * dimension)..((row + 1) * dimension)];
            for (int i = 0; i < count; i++)
            {
                float product = products[(row * packed.Width) + i];
                Assert.Equal(x.Zip(all.Skip(i * dimension)).Sum(p => (double)p.First * p.Second), product, Float32);
                Assert.Equal(product, reversed[(row * packed.Width) + count - 1 - i]);
                Assert.Equal(product, packed.One(x, i));
            }
            Assert.All(products[((row * packed.Width) + count)..((row + 1) * packed.Width)], p => Assert.Equal(0, p));
        }

        float[] Values(int n) => [.. Enumerable.Range(0, n).Select(_ => (random.NextSingle() * 2) - 1)];

        // In two parts, where there are two panels.
        float[] Products(PackedRows of)
        {
            float[] results = new float[7 * of.Width];
            for (int first = 0; first < of.Width; first += 32)
            {
                int width = Math.Min(32, of.Width - first);
                float[] part = new float[7 * width];
                of.Multiply(rows, first, width, part);
                for (int row = 0; row < 7; row++)
                {
                    part.AsSpan(row * width, width).CopyTo(results.AsSpan((row * of.Width) + first));
                }
            }
            float[] whole = new float[7 * of.Width];
            of.Multiply(rows, 0, of.Width, whole);
            Assert.Equal(results, whole);
            return whole;
        }
    }
}
