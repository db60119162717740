namespace Microsoft.ML.Clip.Tests;

/// <summary>How far apart floats may be. Each is explained in docs/numerics.md.</summary>
internal static class Tolerances
{
    /// <summary>
    /// The same row encoded in batches of different sizes: matrix kernels add in another order, which moves the last bits of values of order 1.
    /// </summary>
    public const float BatchSize = 1e-5f;
}
