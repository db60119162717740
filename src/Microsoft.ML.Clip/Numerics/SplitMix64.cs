namespace Microsoft.ML.Clip;

/// <summary>
/// The random numbers of Steele, Lea and Flood 2014 ("Fast splittable pseudorandom number generators"): a counter whose bits a finaliser mixes, so that streams of
/// neighbouring seeds have nothing in common.
/// </summary>
internal struct SplitMix64(ulong seed)
{
    private ulong _counter = seed;

    /// <summary>The next 64 bits.</summary>
    public ulong Next() => unchecked(Mix(_counter += 0x9E3779B97F4A7C15));

    private static ulong Mix(ulong z)
    {
        z = unchecked((z ^ (z >> 30)) * 0xBF58476D1CE4E5B9);
        z = unchecked((z ^ (z >> 27)) * 0x94D049BB133111EB);
        return z ^ (z >> 31);
    }
}
