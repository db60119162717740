using System.Collections.Concurrent;

namespace Microsoft.ML.Clip;

/// <summary>
/// Keeps the weights of the sizes met lately: photographs of a collection share few sizes. Bounded in memory; thread-safe; a hit takes no lock
/// and allocates nothing.
/// </summary>
internal sealed class ResampleWeightsCache
{
    /// <summary>Room for about a thousand common sizes (some 15 kB each).</summary>
    public const long DefaultCapacity = 16L << 20;

    private readonly ConcurrentDictionary<Key, ResampleWeights> _weights = new();
    private readonly long _capacity;
    private long _bytes;

    public ResampleWeightsCache(long capacity = DefaultCapacity) => _capacity = capacity;

    /// <summary>The memory that the cached weights hold; at most the capacity.</summary>
    public long Bytes => Interlocked.Read(ref _bytes);

    public ResampleWeights Get(int inputSize, int outputSize, ResampleFilter filter, int first, int count)
    {
        var key = new Key(inputSize, outputSize, filter, first, count);
        if (_weights.TryGetValue(key, out var weights))
        {
            return weights;
        }
        weights = ResampleWeights.Create(inputSize, outputSize, filter, first, count);
        Add(key, weights);
        return weights;
    }

    // Starting again when full is the simplest policy that is bounded, and a collection of so many sizes gains little from any other. One that
    // would fill a good part of the cache by itself is not worth emptying it.
    private void Add(Key key, ResampleWeights weights)
    {
        if (weights.Bytes > _capacity / 4)
        {
            return;
        }
        lock (_weights)
        {
            if (_bytes + weights.Bytes > _capacity)
            {
                _weights.Clear();
                _bytes = 0;
            }
            if (_weights.TryAdd(key, weights))
            {
                _bytes += weights.Bytes;
            }
        }
    }

    private readonly record struct Key(int InputSize, int OutputSize, ResampleFilter Filter, int First, int Count);
}
