namespace Microsoft.ML.Clip;

/// <summary>
/// Random numbers that follow from their coordinates alone (seed, step, place), so that a resumed run draws what an uninterrupted one would, and threads in
/// any order draw the same. SplitMix64 of Steele, Lea and Flood 2014.
/// </summary>
internal struct CounterRandom
{
    private ulong _state;

    public CounterRandom(long seed, long first, long second)
    {
        _state = (ulong)seed;
        _state = NextUInt64() ^ (ulong)first;
        _state = NextUInt64() ^ (ulong)second;
    }

    /// <summary>Uniform in [0, 1).</summary>
    public double NextDouble() => (NextUInt64() >> 11) * (1.0 / (1UL << 53));

    /// <summary>Uniform in [low, high).</summary>
    public double NextDouble(double low, double high) => low + ((high - low) * NextDouble());

    /// <summary>Uniform in 0 .. <paramref name="count"/> - 1.</summary>
    public int Next(int count) => (int)(NextDouble() * count);

    private ulong NextUInt64()
    {
        ulong z = _state += 0x9E3779B97F4A7C15;
        z = (z ^ (z >> 30)) * 0xBF58476D1CE4E5B9;
        z = (z ^ (z >> 27)) * 0x94D049BB133111EB;
        return z ^ (z >> 31);
    }
}
