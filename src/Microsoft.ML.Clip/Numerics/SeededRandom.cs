namespace Microsoft.ML.Clip;

/// <summary>Random streams that differ for neighbouring seeds.</summary>
internal static class SeededRandom
{
    /// <summary>The stream of a seed, the same in every process.</summary>
    /// <remarks><see cref="Random"/>'s own streams of the seeds 1, 2, 3, ... begin alike, and those are the seeds that people repeat experiments
    /// with; so the seed goes through <see cref="SplitMix64"/> first.</remarks>
    public static Random Create(int seed) => new((int)(new SplitMix64(unchecked((ulong)seed)).Next() >> 33));
}
