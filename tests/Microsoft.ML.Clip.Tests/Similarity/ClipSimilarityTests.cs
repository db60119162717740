using CsCheck;

namespace Microsoft.ML.Clip.Tests;

public sealed class ClipSimilarityTests
{
    // Two float32 sums of eight products, one of them by vector instructions.
    private const float Tolerance = 1e-6f;

    private static readonly Gen<float[]> Vector = Gen.Float[-1, 1].Array[8].Where(v => v.Any(x => Math.Abs(x) > 1e-3));

    [Fact]
    public void Cosine_IsTheFormula() => Gen.Select(Vector, Vector, Gen.Float[0.01f, 100]).Sample((x, y, factor) =>
    {
        double expected = x.Zip(y, (a, b) => (double)a * b).Sum() / Math.Sqrt(x.Sum(a => (double)a * a) * y.Sum(b => (double)b * b));
        float actual = ClipSimilarity.Cosine(x, y), scaled = ClipSimilarity.Cosine([.. x.Select(a => a * factor)], y);
        return Math.Abs(expected - actual) < Tolerance && Math.Abs(actual - scaled) < Tolerance && actual == ClipSimilarity.Cosine(y, x)
            && Math.Abs(actual) <= 1;
    });

    [Fact]
    public void TopK_IsTheSortedList() => Gen.Select(Vector, Vector.Array[0, 30], Gen.Int[1, 40]).Sample((query, rows, count) =>
    {
        // Repeated rows tie, and the first of them comes first.
        float[][] embeddings = [.. rows, .. rows];
        var expected = embeddings.Select((e, i) => (Index: i, Cosine: ClipSimilarity.Cosine(query, e))).OrderByDescending(m => m.Cosine)
            .ThenBy(m => m.Index).Take(count);
        float[] flat = [.. embeddings.SelectMany(e => e)];
        float[] cosines = new float[embeddings.Length];
        ClipSimilarity.Cosines(query, flat, cosines);

        return expected.SequenceEqual(ClipSimilarity.TopK(query, embeddings, count).Select(m => (m.Index, m.Cosine)))
            && ClipSimilarity.TopK(query, flat, count).SequenceEqual(ClipSimilarity.TopK(query, embeddings, count))
            && cosines.SequenceEqual(embeddings.Select(e => ClipSimilarity.Cosine(query, e)));
    });

    [Fact]
    public void RowsWithoutADirection_AreNearToNothing()
    {
        float[] embeddings = [1, 0, float.NaN, float.NaN, 0, 0, 0, 1];
        float[] cosines = new float[4];

        ClipSimilarity.Cosines([1, 0], embeddings, cosines);

        Assert.Equal([1, float.NaN, float.NaN, 0], cosines);
        Assert.Equal([0, 3], ClipSimilarity.TopK([1, 0], embeddings, 4).Select(m => m.Index));
    }

    [Fact]
    public void BadInput_SaysExpectedAndFound()
    {
        Assert.Contains("Expected 2 values, but found 3", Message(() => ClipSimilarity.Cosine([1, 0], [1, 0, 0])), StringComparison.Ordinal);
        Assert.Contains("its norm is 0", Message(() => ClipSimilarity.Cosine([1, 0], [0, 0])), StringComparison.Ordinal);
        Assert.Contains("its norm is NaN", Message(() => ClipSimilarity.TopK([float.NaN, 0], [1, 0], 1)), StringComparison.Ordinal);
        Assert.Contains("has 0 values", Message(() => ClipSimilarity.TopK([], [1, 0], 1)), StringComparison.Ordinal);
        Assert.Contains("3 values, which are no whole rows of the query's 2", Message(() => ClipSimilarity.TopK([1, 0], [1, 0, 0], 1)), StringComparison.Ordinal);
        Assert.Contains("embeddings[1] has 1 values, but the query has 2", Message(() => ClipSimilarity.TopK([1, 0], (float[][])[[1, 0], [1]], 1)), StringComparison.Ordinal);
        Assert.Contains("Expected 1 values, but found 2", Message(() => ClipSimilarity.Cosines([1, 0], [1, 0], new float[2])), StringComparison.Ordinal);
        Assert.Throws<ArgumentOutOfRangeException>(() => ClipSimilarity.TopK([1, 0], [1, 0], 0));
        static string Message(Action action) => Assert.Throws<ArgumentException>(action).Message;
    }
}
