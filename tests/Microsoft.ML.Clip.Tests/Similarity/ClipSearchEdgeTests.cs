namespace Microsoft.ML.Clip.Tests;

/// <summary>Searches for everything, and among numbers at the ends of what float32 holds.</summary>
public sealed class ClipSearchEdgeTests
{
    [Theory]
    [InlineData(1e-30f)]
    [InlineData(1e-40f)]
    [InlineData(1e30f)]
    public void SmallAndLargeNumbers_HaveADirection(float size)
    {
        var index = new ClipSearchIndex(2);
        index.Add([size, 0, 0, size]);
        Assert.Equal(1f, index.Search([0, size], 1)[0].Cosine, 1e-4f);
        Assert.Equal(1, index.Search([0, size], 1)[0].Index);
    }

    [Fact]
    public void ManyQueries_OfAll_AreDone()
    {
        var index = new ClipSearchIndex(1, ClipSearchStorage.Int8, numberOfThreads: 1);
        float[] rows = new float[2_000_000];
        Array.Fill(rows, 1f);
        index.Add(rows);
        var found = index.SearchBatch([1f, 1f, -1f], int.MaxValue);

        Assert.All(found, matches => Assert.Equal(2_000_000, matches.Count));
    }

    [Fact]
    public void OneQuery_AllOfThem_OnManyThreads_IsDone()
    {
        var index = new ClipSearchIndex(1, ClipSearchStorage.Int8, numberOfThreads: 1024);
        float[] rows = new float[2_000_000];
        Array.Fill(rows, 1f);
        index.Add(rows);

        // 1,024 threads with room for all of them each would be 16 GB.
        Assert.Equal(2_000_000, index.Search([1f], int.MaxValue).Count);
    }
}
