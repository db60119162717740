using CsCheck;

namespace Microsoft.ML.Clip.Tests;

public sealed class ClipRetrievalTests
{
    /// <summary>Signs, whose norm is 4: cosines are exact, and many are equal.</summary>
    private const int Dimension = 16;

    [Fact]
    public void Evaluate_SmallProblems_EqualsWhatLookingAtAllPairsSays() =>
        Gen.Select(Gen.Int[1, 12], Gen.Int[0, 25], Gen.Int[0, int.MaxValue]).Sample(Compare);

    [Theory]
    [InlineData(513, 100)]
    [InlineData(1100, 7)]
    public void Evaluate_SeveralBlocks_EqualsWhatLookingAtAllPairsSays(int images, int more) => Compare(images, more, seed: 1);

    [Fact]
    public void Evaluate_RepeatedCaptions_ShareARank()
    {
        // Both images have the same caption: each finds it at rank 1, and it finds both there or neither.
        var result = ClipRetrieval.Evaluate(new float[] { 1, 0, 1, 0 }, new float[] { 2, 0, 3, 0 }, [0, 1], 2);

        Assert.Equal((2, 2), (result.ImageToText.At[0].Hits, result.TextToImage.At[0].Hits));
        Assert.Equal((1, 1), (result.ImageToText.MedianRank, result.TextToImage.MedianRank));
        Assert.Equal([1, 5, 10], result.TextToImage.At.Select(a => a.K));
    }

    [Fact]
    public void Evaluate_WhatDoesNotFit_IsNamed()
    {
        float[] two = [1, 0, 0, 1];
        Assert.Contains("images[1] has no direction", Message(new float[] { 1, 0, 0, 0 }, two, [0, 1]), StringComparison.Ordinal);
        Assert.Contains("texts[0] has no direction", Message(two, new float[] { float.NaN, 0, 0, 1 }, [0, 1]), StringComparison.Ordinal);
        Assert.Contains("Image 1 (counted from 0) has no caption", Message(two, two, [0, 0]), StringComparison.Ordinal);
        Assert.Contains("Caption 1 (counted from 0) belongs to image 2", Message(two, two, [0, 2]), StringComparison.Ordinal);
        Assert.Contains("2 captions, but 3", Message(two, two, [0, 1, 1]), StringComparison.Ordinal);
        Assert.Contains("rows of 2", Message(new float[3], two, [0, 1]), StringComparison.Ordinal);
        Assert.Throws<ArgumentOutOfRangeException>(() => ClipRetrieval.Evaluate(two, two, [0, 1], 2, [0]));

        static string Message(float[] images, float[] texts, int[] imageOf) =>
            Assert.Throws<ArgumentException>(() => ClipRetrieval.Evaluate(images, texts, imageOf, 2)).Message;
    }

    [Fact]
    public void Evaluate_Cancelled_Ends() => Assert.ThrowsAny<OperationCanceledException>(
        () => ClipRetrieval.Evaluate(new float[] { 1 }, new float[] { 1 }, [0], 1, cancellationToken: new CancellationToken(canceled: true)));

    private static void Compare(int images, int more, int seed)
    {
        var random = new Random(seed);
        int[] imageOf = [.. Enumerable.Range(0, images), .. Enumerable.Range(0, more).Select(_ => random.Next(images))];
        float[][] of = Rows(images), texts = Rows(imageOf.Length);

        var result = ClipRetrieval.Evaluate(Flat(of), Flat(texts), imageOf, Dimension, [1, 2, 5]);

        double[] textRanks = [.. texts.Select((t, i) => Rank(of.Select(image => Cosine(t, image)), [Cosine(t, of[imageOf[i]])]))];
        double[] imageRanks = [.. of.Select((image, i) =>
            Rank(texts.Select(t => Cosine(t, image)), texts.Where((_, t) => imageOf[t] == i).Select(t => Cosine(t, image))))];
        Check(textRanks, images, result.TextToImage);
        Check(imageRanks, imageOf.Length, result.ImageToText);

        float[][] Rows(int count) => [.. Enumerable.Range(0, count).Select(_ => Signs())];

        float[] Signs() => [.. Enumerable.Range(0, Dimension).Select(_ => random.Next(2) == 0 ? -1f : 1f)];
    }

    private static void Check(double[] ranks, int candidates, ClipRecall recall)
    {
        Assert.Equal((ranks.Length, candidates), (recall.Queries, recall.Candidates));
        Assert.All(recall.At, at => Assert.Equal(ranks.Count(r => r <= at.K), at.Hits));
        double[] sorted = [.. ranks.Order()];
        Assert.Equal((sorted[(sorted.Length - 1) / 2] + sorted[sorted.Length / 2]) / 2, recall.MedianRank);
    }

    private static double Rank(IEnumerable<float> all, IEnumerable<float> right)
    {
        float best = right.Max();
        return 1 + all.Count(c => c > best);
    }

    private static float Cosine(float[] x, float[] y)
    {
        float sum = 0;
        for (int i = 0; i < x.Length; i++)
        {
            sum += x[i] * y[i];
        }
        return sum / Dimension;
    }

    private static float[] Flat(float[][] rows) => [.. rows.SelectMany(r => r)];
}
