using CsCheck;
using Microsoft.ML.Data;

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

    /// <summary>Squares of such values, and products of two such vectors, are nothing or infinite in float32.</summary>
    [Theory]
    [InlineData(1e-30f), InlineData(1e-37f), InlineData(1e-20f), InlineData(1e20f), InlineData(1e36f)]
    public void NumbersFarFromOne_HaveTheSameCosines(float factor)
    {
        var random = new Random(7);
        const int Width = 64, Count = 9;
        float[] embeddings = [.. Enumerable.Range(0, Count * Width).Select(_ => (float)(random.NextDouble() - 0.4))], query = embeddings[..Width];
        float[] far = [.. embeddings.Select((v, i) => i / Width % 2 == 0 ? v * factor : v)], farQuery = [.. query.Select(v => v * factor)];
        float[] expected = new float[Count], found = new float[Count];

        ClipSimilarity.Cosines(query, embeddings, expected);
        foreach (float[] one in (float[][])[query, farQuery])
        {
            ClipSimilarity.Cosines(one, far, found);
            Assert.Equal(expected, found, (a, b) => MathF.Abs(a - b) < 1e-6f);
            Assert.Equal(ClipSimilarity.TopK(query, embeddings, Count).Select(m => m.Index), ClipSimilarity.TopK(one, far, Count).Select(m => m.Index));
            Assert.Equal(expected[4], ClipSimilarity.Cosine(one, far.AsSpan(4 * Width, Width)), 1e-6f);
        }
        Assert.Equal(1, ClipSimilarity.Cosine(farQuery, farQuery), 1e-6f);

        // The classes' side: the same embedding, of another size.
        var classifier = ClipZeroShotClassifier.FromUnitWeights(["a", "b"], Unit(embeddings.AsSpan(Width, 2 * Width)), 100, ClipScoreKind.Softmax, 0, null);
        Assert.Equal(classifier.Classify(query).Scores, classifier.Classify(farQuery).Scores, (a, b) => MathF.Abs(a - b) < 1e-4f);
        Assert.Null(EmbeddingReader.Read(new VBuffer<float>(Width, farQuery), new float[Width]));

        static float[] Unit(ReadOnlySpan<float> rows)
        {
            float[] unit = rows.ToArray();
            for (int i = 0; i < 2; i++)
            {
                Assert.Null(Direction.ToUnit(unit.AsSpan(i * Width, Width), unit.AsSpan(i * Width, Width)));
            }
            return unit;
        }
    }

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
