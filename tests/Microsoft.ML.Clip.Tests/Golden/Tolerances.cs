namespace Microsoft.ML.Clip.Tests;

/// <summary>How far results may lie from the reference's; docs/numerics.md explains each.</summary>
internal static class Tolerances
{
    /// <summary>Normalised embeddings: float32 sums in another order than PyTorch's.</summary>
    public const float NormalizedEmbedding = 2e-5f;

    /// <summary>Embeddings before normalisation, whose norms are 3 to 11 in the fixtures.</summary>
    public const float Embedding = 1e-4f;

    /// <summary>Logits: the error of a cosine times a logit scale of up to 100.</summary>
    public const float Logit = 1e-3f;

    /// <summary>Softmax probabilities.</summary>
    public const float Probability = 1e-4f;

    /// <summary>Normalised embeddings of the families' small models: float32 against float64.</summary>
    public const float FamilyEmbedding = 1e-5f;

    /// <summary>The same before normalisation, where norms are 1 to 8, and numbers that a graph holds.</summary>
    public const float FamilyNorm = 5e-5f;

    /// <summary>Softmax and sigmoid of their logits: the error of a cosine times a logit scale of up to 100.</summary>
    public const float FamilyScore = 2e-4f;

    /// <summary>
    /// The same row encoded in batches of different sizes: matrix kernels add in another order, which moves the last bits of values of order 1.
    /// </summary>
    public const float BatchSize = 1e-5f;

    /// <summary>Unit embeddings of a graph that was put together against those of its parts: the same sums by another library.</summary>
    public const float ComposedGraph = 1e-5f;

    /// <summary>Unit embeddings of a head that is the solution of a system against the same in float64: what float32 weights and sums leave.</summary>
    public const float ClosedForm = 1e-5f;

    /// <summary>Gradients of a head, relative to the largest of an array, against PyTorch's in float64.</summary>
    public const float HeadGradient = 1e-5f;

    /// <summary>The largest absolute difference, and a clear failure beyond the tolerance. NaN is never within it.</summary>
    public static void Close(ReadOnlySpan<float> expected, ReadOnlySpan<float> actual, float tolerance, string what = "")
    {
        Assert.Equal(expected.Length, actual.Length);
        for (int i = 0; i < expected.Length; i++)
        {
            float difference = MathF.Abs(expected[i] - actual[i]);
            Assert.True(difference <= tolerance, $"{what}[{i}]: expected {expected[i]:R}, found {actual[i]:R}, {difference:E1} apart; {tolerance:E1} allowed");
        }
    }
}
