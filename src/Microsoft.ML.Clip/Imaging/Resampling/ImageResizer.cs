using System.Diagnostics;
using System.Runtime.CompilerServices;
using System.Runtime.InteropServices;

namespace Microsoft.ML.Clip;

/// <summary>
/// The two passes of Pillow's resampler (<c>ImagingResampleHorizontal_8bpc</c>, <c>ImagingResampleVertical_8bpc</c>), one row at a time. Pixels have
/// four bytes, whose order does not matter here. Each pass rounds its sums to bytes, so the
/// order of the passes is part of the result: first along rows, then along columns.
/// </summary>
/// <remarks>This file holds the definition; ImageResizer.Simd.cs does the same with vector instructions, to the bit.</remarks>
internal static partial class ImageResizer
{
    /// <summary>Bytes of a pixel.</summary>
    public const int Channels = 4;

    // Half of the last place, so that the shift rounds.
    private const int Half = 1 << (ResampleWeights.PrecisionBits - 1);

    /// <summary>Resizes one row.</summary>
    /// <param name="source">The row: as many pixels as <see cref="ResampleWeights.InputSize"/>.</param>
    /// <param name="destination">The resized row: as many pixels as <see cref="ResampleWeights.Length"/>.</param>
    /// <param name="weights">The taps of each pixel of the resized row.</param>
    public static void ResizeRow(ReadOnlySpan<byte> source, Span<byte> destination, ResampleWeights weights)
    {
        Debug.Assert(source.Length == weights.InputSize * Channels && destination.Length == weights.Length * Channels);
        if (weights.IsCopy)
        {
            CopyRow(source, destination, weights);
        }
        else if (!TryResizeRowVectorized(source, destination, weights))
        {
            ResizeRowScalar(source, destination, weights);
        }
    }

    /// <summary>Computes one row of the result from rows that are already resized.</summary>
    /// <param name="rows">The rows under the taps, one after the other, each as long as <paramref name="destination"/>.</param>
    /// <param name="destination">The row of the result.</param>
    /// <param name="weights">The taps of all rows of the result.</param>
    /// <param name="index">Which row of the result.</param>
    public static void ResizeColumns(ReadOnlySpan<byte> rows, Span<byte> destination, ResampleWeights weights, int index)
    {
        Debug.Assert(rows.Length == weights.Stride * destination.Length);
        if (weights.IsCopy)
        {
            rows.CopyTo(destination);
            return;
        }
        int done = ResizeColumnsVectorized(rows, destination, weights, index);
        ResizeColumnsScalar(rows, destination, weights, index, done);
    }

    internal static void ResizeRowScalar(ReadOnlySpan<byte> source, Span<byte> destination, ResampleWeights weights)
    {
        for (int x = 0; x < weights.Length; x++)
        {
            var window = source.Slice(weights.Start(x) * Channels, weights.Stride * Channels);
            (int c0, int c1, int c2, int c3) = (Half, Half, Half, Half);
            for (int t = 0; t < weights.Stride; t++)
            {
                int tap = weights.Tap(x, t);
                c0 += window[t * Channels] * tap;
                c1 += window[(t * Channels) + 1] * tap;
                c2 += window[(t * Channels) + 2] * tap;
                c3 += window[(t * Channels) + 3] * tap;
            }
            var pixel = destination.Slice(x * Channels, Channels);
            (pixel[0], pixel[1], pixel[2], pixel[3]) = (ToByte(c0), ToByte(c1), ToByte(c2), ToByte(c3));
        }
    }

    internal static void ResizeColumnsScalar(ReadOnlySpan<byte> rows, Span<byte> destination, ResampleWeights weights, int index, int firstByte = 0)
    {
        for (int i = firstByte; i < destination.Length; i++)
        {
            int sum = Half;
            for (int t = 0; t < weights.Stride; t++)
            {
                sum += rows[(t * destination.Length) + i] * weights.Tap(index, t);
            }
            destination[i] = ToByte(sum);
        }
    }

    private static void CopyRow(ReadOnlySpan<byte> source, Span<byte> destination, ResampleWeights weights)
    {
        var from = MemoryMarshal.Cast<byte, int>(source);
        var to = MemoryMarshal.Cast<byte, int>(destination);
        for (int x = 0; x < to.Length; x++)
        {
            to[x] = from[weights.Start(x)];
        }
    }

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    private static byte ToByte(int sum) => (byte)Math.Clamp(sum >> ResampleWeights.PrecisionBits, 0, 255);
}
