using System.Collections.Concurrent;
using System.Diagnostics;

namespace Microsoft.ML.Clip;

/// <summary>
/// One axis of a resize: for each output pixel the first input pixel that it takes part of, and the taps, in fixed point. Immutable.
/// </summary>
/// <remarks>
/// A tap is round(weight · 2²²), as in Pillow's <c>normalize_coeffs_8bpc</c>, and is kept as two 16-bit halves, tap = 256 · high + low with
/// 0 ≤ low &lt; 256, which is the form that 16-bit multiply-and-add instructions want. As all sums are exact modulo 2³² the split loses nothing:
/// Σ pixel · tap = 256 · Σ pixel · high + Σ pixel · low. Each output pixel's taps fill <see cref="Stride"/> places; unused places hold zero.
/// </remarks>
internal sealed class ResampleWeights
{
    /// <summary>Fractional bits of a tap: 32, less 8 for the pixel, less 2 for the sign and for sums of weights above 1.</summary>
    public const int PrecisionBits = 22;

    /// <summary>Taps come in groups of this size; see ImageResizer.Simd.cs.</summary>
    public const int TapGroup = 4;

    private readonly int[] _starts;
    private readonly short[] _high;
    private readonly short[] _low;

    private ResampleWeights(int inputSize, int length, int stride)
    {
        (InputSize, Stride) = (inputSize, stride);
        _starts = new int[length];
        _high = new short[length * stride];
        _low = new short[length * stride];
    }

    /// <summary>Pixels along the axis of the input.</summary>
    public int InputSize { get; }

    /// <summary>Output pixels that are computed.</summary>
    public int Length => _starts.Length;

    /// <summary>Places for taps per output pixel, a multiple of <see cref="TapGroup"/> unless the input itself has fewer pixels.</summary>
    public int Stride { get; }

    /// <summary>Whether every output pixel is a copy of one input pixel.</summary>
    public bool IsCopy { get; private init; }

    /// <summary>The memory that it holds.</summary>
    public long Bytes => ((long)Length * sizeof(int)) + ((long)Length * Stride * 2 * sizeof(short));

    /// <summary>The first input pixel under the taps of an output pixel. All <see cref="Stride"/> pixels from there lie within the input.</summary>
    public int Start(int index) => _starts[index];

    /// <summary>The first input pixel that any output pixel needs.</summary>
    public int FirstInput => Length == 0 ? 0 : _starts.Min();

    /// <summary>The end of the input pixels that output pixels need, places with a tap of zero included.</summary>
    public int EndInput => Length == 0 ? 0 : _starts.Max() + Stride;

    public ReadOnlySpan<int> Starts => _starts;

    public ReadOnlySpan<short> High => _high;

    public ReadOnlySpan<short> Low => _low;

    public int Tap(int index, int place) => (_high[(index * Stride) + place] << 8) + _low[(index * Stride) + place];

    /// <summary>Computes the taps of output pixels <paramref name="first"/> to <paramref name="first"/> + <paramref name="count"/> - 1.</summary>
    /// <param name="inputSize">Pixels of the input.</param>
    /// <param name="outputSize">Pixels of the whole output, before cropping.</param>
    /// <param name="filter">The filter.</param>
    /// <param name="first">The first output pixel that is wanted.</param>
    /// <param name="count">How many are wanted.</param>
    public static ResampleWeights Create(int inputSize, int outputSize, ResampleFilter filter, int first, int count)
    {
        Debug.Assert(inputSize > 0 && first >= 0 && count > 0 && first + (long)count <= outputSize);
        // Pillow skips the pass where nothing changes, whatever the filter.
        if (inputSize == outputSize)
        {
            return CreateCopy(inputSize, count, i => first + i);
        }
        return filter == ResampleFilter.Nearest ? CreateNearest(inputSize, outputSize, first, count)
            : CreateFiltered(inputSize, outputSize, filter, first, count);
    }

    // Pillow resizes with NEAREST as an affine transform (ImagingScaleAffine), which adds up the step instead of multiplying it: the rounding
    // errors of the sum are part of the result.
    private static ResampleWeights CreateNearest(int inputSize, int outputSize, int first, int count)
    {
        double step = (double)(float)inputSize / outputSize;
        double position = step * 0.5;
        for (int i = 0; i < first; i++)
        {
            position += step;
        }
        return CreateCopy(inputSize, count, _ =>
        {
            int source = Math.Min((int)position, inputSize - 1);
            position += step;
            return source;
        });
    }

    private static ResampleWeights CreateCopy(int inputSize, int count, Func<int, int> source)
    {
        var weights = new ResampleWeights(inputSize, count, stride: 1) { IsCopy = true };
        for (int i = 0; i < count; i++)
        {
            weights._starts[i] = source(i);
            weights.SetTap(i, 0, 1 << PrecisionBits);
        }
        return weights;
    }

    // precompute_coeffs. The box is stored in single precision there, hence the conversion of the input's size.
    private static ResampleWeights CreateFiltered(int inputSize, int outputSize, ResampleFilter filter, int first, int count)
    {
        double scale = (double)(float)inputSize / outputSize;
        double filterScale = Math.Max(scale, 1.0);
        double support = ResampleKernel.Support(filter) * filterScale;
        double inverse = 1.0 / filterScale;

        int most = 0;
        for (int i = 0; i < count; i++)
        {
            (int start, int end) = Window(first + i);
            most = Math.Max(most, end - start);
        }
        int stride = Math.Min((most + TapGroup - 1) / TapGroup * TapGroup, inputSize);
        var weights = new ResampleWeights(inputSize, count, stride);
        double[] taps = new double[stride];
        for (int i = 0; i < count; i++)
        {
            double center = (first + i + 0.5) * scale;
            (int start, int end) = Window(first + i);
            double sum = 0.0;
            for (int x = start; x < end; x++)
            {
                taps[x - start] = ResampleKernel.Evaluate(filter, (x - center + 0.5) * inverse);
                sum += taps[x - start];
            }
            // Near the end the window moves left, with zeros before the taps, so that a whole group can be read without leaving the row.
            weights._starts[i] = Math.Min(start, inputSize - stride);
            int shift = start - weights._starts[i];
            for (int t = 0; t < end - start; t++)
            {
                weights.SetTap(i, shift + t, ToFixedPoint(sum != 0.0 ? taps[t] / sum : taps[t]));
            }
        }
        return weights;

        (int Start, int End) Window(int index)
        {
            double center = (index + 0.5) * scale;
            return (Math.Max(0, (int)(center - support + 0.5)), Math.Min(inputSize, (int)(center + support + 0.5)));
        }
    }

    private static int ToFixedPoint(double weight) => (int)((weight < 0 ? -0.5 : 0.5) + (weight * (1 << PrecisionBits)));

    // No normalised weight of these filters comes near 2, so the high half fits; checked, because a wrong tap would be a wrong picture.
    private void SetTap(int index, int place, int tap)
    {
        _high[(index * Stride) + place] = checked((short)(tap >> 8));
        _low[(index * Stride) + place] = (short)(tap & 0xFF);
    }
}

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

    private sealed record Key(int InputSize, int OutputSize, ResampleFilter Filter, int First, int Count);
}
