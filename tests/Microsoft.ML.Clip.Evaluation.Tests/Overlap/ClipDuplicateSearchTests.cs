using CsCheck;

namespace Microsoft.ML.Clip.Tests;

public sealed class ClipDuplicateSearchTests
{
    /// <summary>Signs, whose norm is 4: cosines are exact, and many are equal.</summary>
    private const int Dimension = 16;

    [Fact]
    public void Find_AnyBlocks_IsWhatLookingAtAllPairsSays() =>
        Gen.Select(Gen.Int[1, 40], Gen.Int[1, 150].Array[1, 4], Gen.Int[0, int.MaxValue]).Sample(Compare, iter: 30);

    [Fact]
    public void Find_SeveralBlocksOfTheProduct_IsWhatLookingAtAllPairsSays() => Compare(1030, [100, 1, 300], seed: 1);

    /// <summary>A copy that is scaled, and one with noise, beside what is far.</summary>
    [Fact]
    public void Find_Copies_StandAtTheTop()
    {
        float[] test = [1, 0, 0, 1, 1, 1], training = [0.9f, -0.1f, -1, -1, 0, 3];

        var found = ClipDuplicateSearch.Find(test, [training], 2);

        Assert.Equal([1, 0, 2], found.Select(f => f.TestRow));
        Assert.Equal([2, 0, 2], found.Select(f => f.TrainingRow));
        Assert.Equal(1, found[0].Cosine);
        Assert.Equal(0.9f / MathF.Sqrt(0.82f), found[1].Cosine, 1e-6f);
    }

    [Fact]
    public void Find_WhatDoesNotFit_IsNamed()
    {
        float[] two = [1, 0, 0, 1], zero = [1, 0, 0, 0];
        Assert.Contains("test[1] has no direction", Message(zero, two), StringComparison.Ordinal);
        Assert.Contains("training[1][1] has no direction", Message(two, two, zero), StringComparison.Ordinal);
        Assert.Contains("no training row", Message(two), StringComparison.Ordinal);
        Assert.Contains("There are 3 values", Message(two, new float[3]), StringComparison.Ordinal);
        Assert.ThrowsAny<OperationCanceledException>(() => ClipDuplicateSearch.Find(two, [two], 2, new CancellationToken(canceled: true)));

        static string Message(float[] test, params float[][] training) =>
            Assert.Throws<ArgumentException>(() => ClipDuplicateSearch.Find(test, training.Select(t => new ReadOnlyMemory<float>(t)), 2)).Message;
    }

    private static void Compare(int tests, int[] blocks, int seed)
    {
        var random = new Random(seed);
        float[] test = Signs(tests);
        float[][] training = [.. blocks.Select(Signs)];
        float[] all = [.. training.SelectMany(t => t)];

        var found = ClipDuplicateSearch.Find(test, training.Select(t => new ReadOnlyMemory<float>(t)), Dimension);

        var expected = Enumerable.Range(0, tests).Select(i =>
        {
            float[] cosines = [.. Enumerable.Range(0, all.Length / Dimension).Select(j => Product(test, i, all, j) / Dimension)];
            return new ClipDuplicate(i, Array.IndexOf(cosines, cosines.Max()), cosines.Max());
        });
        Assert.Equal(expected.OrderByDescending(e => e.Cosine).ThenBy(e => e.TestRow), found);

        float[] Signs(int count) => [.. Enumerable.Range(0, count * Dimension).Select(_ => random.Next(2) == 0 ? -1f : 1f)];
    }

    private static float Product(float[] x, int i, float[] y, int j)
    {
        float sum = 0;
        for (int k = 0; k < Dimension; k++)
        {
            sum += x[(i * Dimension) + k] * y[(j * Dimension) + k];
        }
        return sum;
    }
}
