namespace Microsoft.ML.Clip;

/// <summary>Random streams that differ for neighbouring seeds.</summary>
internal static class SeededRandom
{
    /// <summary>The stream of a seed, the same in every process.</summary>
    /// <remarks><see cref="Random"/>'s own streams of the seeds 1, 2, 3, ... begin alike, and those are the seeds that people repeat experiments
    /// with; so the seed goes through the finaliser of SplitMix64 (Steele, Lea and Flood 2014) first.</remarks>
    public static Random Create(int seed)
    {
        ulong z = unchecked((ulong)seed + 0x9E3779B97F4A7C15);
        z = unchecked((z ^ (z >> 30)) * 0xBF58476D1CE4E5B9);
        z = unchecked((z ^ (z >> 27)) * 0x94D049BB133111EB);
        return new Random((int)((z ^ (z >> 31)) >> 33));
    }
}
