namespace Microsoft.ML.Clip;

/// <summary>
/// Random numbers that follow from their coordinates alone (seed, step, place), so that a resumed run draws what an uninterrupted one would, and threads in
/// any order draw the same.
/// </summary>
internal struct CounterRandom
{
    private SplitMix64 _stream;

    public CounterRandom(long seed, long first, long second)
    {
        ulong state = new SplitMix64((ulong)seed).Next() ^ (ulong)first;
        _stream = new SplitMix64(new SplitMix64(state).Next() ^ (ulong)second);
    }

    /// <summary>Uniform in [0, 1).</summary>
    public double NextDouble() => (_stream.Next() >> 11) * (1.0 / (1UL << 53));

    /// <summary>Uniform in [low, high).</summary>
    public double NextDouble(double low, double high) => low + ((high - low) * NextDouble());

    /// <summary>Uniform in 0 .. <paramref name="count"/> - 1.</summary>
    public int Next(int count) => (int)(NextDouble() * count);
}
