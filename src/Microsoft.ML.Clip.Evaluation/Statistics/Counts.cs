using System.Numerics;
using System.Runtime.CompilerServices;
using System.Runtime.InteropServices;

namespace Microsoft.ML.Clip;

/// <summary>
/// How many of many values are above another, many at a time. Compiled with full optimisation at once: many programs measure once, and would do half of it in
/// code that was compiled in haste.
/// </summary>
internal static class Counts
{
    /// <summary>How many values are above a limit; NaN is not.</summary>
    [MethodImpl(MethodImplOptions.AggressiveOptimization)]
    public static int Above(ReadOnlySpan<float> values, float limit)
    {
        var vectors = MemoryMarshal.Cast<float, Vector<float>>(values);
        var limits = new Vector<float>(limit);
        var sum = Vector<int>.Zero;
        foreach (var vector in vectors)
        {
            // True is -1.
            sum -= Vector.GreaterThan(vector, limits);
        }
        int count = Vector.Sum(sum);
        for (int i = vectors.Length * Vector<float>.Count; i < values.Length; i++)
        {
            count += values[i] > limit ? 1 : 0;
        }
        return count;
    }

    /// <summary>Adds 1 to the count of each value that is above its limit.</summary>
    [MethodImpl(MethodImplOptions.AggressiveOptimization)]
    public static void Above(ReadOnlySpan<float> values, ReadOnlySpan<float> limits, Span<int> counts)
    {
        var vectors = MemoryMarshal.Cast<float, Vector<float>>(values);
        var ofLimits = MemoryMarshal.Cast<float, Vector<float>>(limits[..values.Length]);
        var ofCounts = MemoryMarshal.Cast<int, Vector<int>>(counts[..values.Length]);
        for (int i = 0; i < vectors.Length; i++)
        {
            ofCounts[i] -= Vector.GreaterThan(vectors[i], ofLimits[i]);
        }
        for (int i = vectors.Length * Vector<float>.Count; i < values.Length; i++)
        {
            counts[i] += values[i] > limits[i] ? 1 : 0;
        }
    }

    /// <summary>Whether a value is as high as its limit, or higher.</summary>
    [MethodImpl(MethodImplOptions.AggressiveOptimization)]
    public static bool AnyNotBelow(ReadOnlySpan<float> values, ReadOnlySpan<float> limits)
    {
        var vectors = MemoryMarshal.Cast<float, Vector<float>>(values);
        var ofLimits = MemoryMarshal.Cast<float, Vector<float>>(limits[..values.Length]);
        for (int i = 0; i < vectors.Length; i++)
        {
            if (Vector.GreaterThanOrEqualAny(vectors[i], ofLimits[i]))
            {
                return true;
            }
        }
        for (int i = vectors.Length * Vector<float>.Count; i < values.Length; i++)
        {
            if (values[i] >= limits[i])
            {
                return true;
            }
        }
        return false;
    }

    /// <summary>How many values are equal to one.</summary>
    [MethodImpl(MethodImplOptions.AggressiveOptimization)]
    public static int Equal(ReadOnlySpan<float> values, float other)
    {
        var vectors = MemoryMarshal.Cast<float, Vector<float>>(values);
        var others = new Vector<float>(other);
        var sum = Vector<int>.Zero;
        foreach (var vector in vectors)
        {
            sum -= Vector.Equals(vector, others);
        }
        int count = Vector.Sum(sum);
        for (int i = vectors.Length * Vector<float>.Count; i < values.Length; i++)
        {
            count += values[i] == other ? 1 : 0;
        }
        return count;
    }

    /// <summary>
    /// The least and the greatest value, and the place of the first that is the greatest; NaN where one is NaN, and then the place of the first such.
    /// </summary>
    [MethodImpl(MethodImplOptions.AggressiveOptimization)]
    public static (float Least, float Greatest, int Place) Range(ReadOnlySpan<float> values)
    {
        var vectors = MemoryMarshal.Cast<float, Vector<float>>(values);
        float least = values[0], greatest = least;
        bool hasNaN = false;
        if (vectors.Length > 0)
        {
            Vector<float> lower = vectors[0], upper = lower;
            var numbers = Vector.Equals(lower, lower);
            foreach (var vector in vectors[1..])
            {
                lower = Vector.Min(lower, vector);
                upper = Vector.Max(upper, vector);
                numbers &= Vector.Equals(vector, vector);
            }
            hasNaN = numbers != Vector<int>.AllBitsSet;
            for (int i = 0; i < Vector<float>.Count; i++)
            {
                (least, greatest) = (Math.Min(least, lower[i]), Math.Max(greatest, upper[i]));
            }
        }
        for (int i = vectors.Length * Vector<float>.Count; i < values.Length; i++)
        {
            (least, greatest) = (Math.Min(least, values[i]), Math.Max(greatest, values[i]));
        }
        hasNaN |= float.IsNaN(greatest);
        return hasNaN ? (float.NaN, float.NaN, First(values, float.NaN)) : (least, greatest, First(values, greatest));
    }

    private static int First(ReadOnlySpan<float> values, float value)
    {
        bool isNaN = float.IsNaN(value);
        var vectors = MemoryMarshal.Cast<float, Vector<float>>(values);
        var sought = new Vector<float>(value);
        int at = 0;
        while (at < vectors.Length && !isNaN && !Vector.EqualsAny(vectors[at], sought))
        {
            at++;
        }
        for (int i = isNaN ? 0 : at * Vector<float>.Count; i < values.Length; i++)
        {
            if (isNaN ? float.IsNaN(values[i]) : values[i] == value)
            {
                return i;
            }
        }
        return -1;
    }
}
