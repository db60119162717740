namespace Microsoft.ML.Clip.Tests;

public sealed class BatchSizesTests
{
    [Theory]
    [InlineData(16, 2, 64, new[] { 4, 8, 16, 16, 10, 10 })]
    [InlineData(16, 2, 20, new[] { 10, 10 })]
    [InlineData(16, 2, 33, new[] { 4, 15, 14 })]
    [InlineData(16, 1, 40, new[] { 16, 16, 8 })]
    [InlineData(1, 4, 3, new[] { 1, 1, 1 })]
    [InlineData(8, 4, 100, new[] { 1, 2, 3, 4, 8, 8, 8, 8, 8, 8, 8, 8, 7, 7, 7, 5 })]
    public void Batches_RiseAndEndTogether(int capacity, int encoders, int rows, int[] expected) =>
        Assert.Equal(expected, Sizes(capacity, encoders, rows, rows));

    [Fact]
    public void Batches_WhereTheNumberOfRowsIsNotKnown_RiseToWholeOnes() => Assert.Equal([4, 8, 16, 16, 16, 4], Sizes(16, 2, null, 64));

    [Theory]
    [InlineData(0)]
    [InlineData(10)]
    [InlineData(1000)]
    [InlineData(-5)]
    public void Batches_WhereTheNumberOfRowsWasWrong_HoldThemAll(int said)
    {
        int[] sizes = Sizes(16, 2, said, 100);

        Assert.Equal(100, sizes.Sum());
        Assert.All(sizes, size => Assert.InRange(size, 1, 16));
    }

    private static int[] Sizes(int capacity, int encoders, long? said, int rows)
    {
        var sizes = new BatchSizes(capacity, encoders, said);
        var taken = new List<int>();
        for (int read = 0; read < rows; read += taken[^1])
        {
            taken.Add(Math.Min(sizes.Next(read), rows - read));
        }
        return [.. taken];
    }
}
