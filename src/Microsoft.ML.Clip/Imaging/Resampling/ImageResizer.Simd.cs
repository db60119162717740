using System.Runtime.CompilerServices;
using System.Runtime.InteropServices;
using System.Runtime.Intrinsics;
using System.Runtime.Intrinsics.X86;

namespace Microsoft.ML.Clip;

// On x86 the sums are made by pmaddwd, which multiplies 16-bit numbers and adds neighbours: 8 products per 128 bits against 4 for a 32-bit
// multiplication, which is also slower. A tap of 24 bits takes two of them, one for each half (see ResampleWeights). For pmaddwd two pixels, or two
// rows, must be interleaved: [a0 b0 a1 b1 ...] against [tapA tapB tapA tapB ...]. Everywhere else 32-bit multiplications do.
internal static partial class ImageResizer
{
    private static bool TryResizeRowVectorized(ReadOnlySpan<byte> source, Span<byte> destination, ResampleWeights weights)
    {
        if (weights.Stride % ResampleWeights.TapGroup != 0)
        {
            return false; // The input itself is narrower than a group.
        }
        if (Avx2.IsSupported)
        {
            ResizeRowAvx2(source, destination, weights);
            return true;
        }
        if (Vector128.IsHardwareAccelerated)
        {
            ResizeRowVector128(source, destination, weights);
            return true;
        }
        return false;
    }

    /// <summary>Returns how many bytes of the row are done; the rest, less than a vector, is left to the scalar twin.</summary>
    private static int ResizeColumnsVectorized(ReadOnlySpan<byte> rows, Span<byte> destination, ResampleWeights weights, int index)
    {
        int done = 0;
        if (weights.Stride % ResampleWeights.TapGroup == 0)
        {
            if (Avx512BW.IsSupported)
            {
                done = ResizeColumnsAvx512(rows, destination, weights, index);
            }
            if (Avx2.IsSupported)
            {
                done = ResizeColumnsAvx2(rows, destination, weights, index, done);
            }
        }
        return Vector128.IsHardwareAccelerated ? ResizeColumnsVector128(rows, destination, weights, index, done) : done;
    }

    // Four pixels at a time: the low 128 bits hold pixels 0 and 1, the high ones pixels 2 and 3, both as [r r g g b b a a] of 16 bits.
    private static void ResizeRowAvx2(ReadOnlySpan<byte> source, Span<byte> destination, ResampleWeights weights)
    {
        ref byte pixels = ref MemoryMarshal.GetReference(source);
        ref byte output = ref MemoryMarshal.GetReference(destination);
        ref short high = ref MemoryMarshal.GetReference(weights.High);
        ref short low = ref MemoryMarshal.GetReference(weights.Low);
        var starts = weights.Starts;
        int stride = weights.Stride;
        // Pairs the channels of two neighbours, each byte followed by a zero byte (index 0x80).
        var pair = Vector128.Create((byte)0, 0x80, 4, 0x80, 1, 0x80, 5, 0x80, 2, 0x80, 6, 0x80, 3, 0x80, 7, 0x80);
        var pairs = Vector256.Create(pair, pair + (Vector128.Create((short)0x0008).AsByte()));
        var spread = Vector256.Create(0, 0, 0, 0, 1, 1, 1, 1);

        for (int x = 0; x < starts.Length; x++)
        {
            ref byte window = ref Unsafe.Add(ref pixels, (nint)starts[x] * Channels);
            var highSum = Vector256<int>.Zero;
            var lowSum = Vector256<int>.Zero;
            for (int t = 0; t < stride; t += ResampleWeights.TapGroup)
            {
                var four = Vector128.LoadUnsafe(ref window, (nuint)(t * Channels));
                var values = Avx2.Shuffle(Vector256.Create(four, four), pairs).AsInt16();
                highSum += Avx2.MultiplyAddAdjacent(values, LoadTaps(ref high, t, spread));
                lowSum += Avx2.MultiplyAddAdjacent(values, LoadTaps(ref low, t, spread));
            }
            var sums = (highSum << 8) + lowSum;
            var sum = sums.GetLower() + sums.GetUpper() + Vector128.Create(Half);
            Unsafe.WriteUnaligned(ref Unsafe.Add(ref output, (nint)x * Channels), PackPixel(sum >> ResampleWeights.PrecisionBits));
            high = ref Unsafe.Add(ref high, stride);
            low = ref Unsafe.Add(ref low, stride);
        }

        [MethodImpl(MethodImplOptions.AggressiveInlining)]
        static Vector256<short> LoadTaps(ref short taps, int t, Vector256<int> spread)
        {
            long four = Unsafe.ReadUnaligned<long>(ref Unsafe.As<short, byte>(ref Unsafe.Add(ref taps, t)));
            return Avx2.PermuteVar8x32(Vector256.CreateScalarUnsafe(four).AsInt32(), spread).AsInt16();
        }
    }

    // One pixel at a time, its four channels in four 32-bit lanes.
    private static void ResizeRowVector128(ReadOnlySpan<byte> source, Span<byte> destination, ResampleWeights weights)
    {
        ref byte pixels = ref MemoryMarshal.GetReference(source);
        ref byte output = ref MemoryMarshal.GetReference(destination);
        for (int x = 0; x < weights.Length; x++)
        {
            ref byte window = ref Unsafe.Add(ref pixels, (nint)weights.Start(x) * Channels);
            var sum = Vector128.Create(Half);
            for (int t = 0; t < weights.Stride; t++)
            {
                var pixel = Vector128.CreateScalar(Unsafe.ReadUnaligned<uint>(ref Unsafe.Add(ref window, t * Channels))).AsByte();
                sum += Vector128.WidenLower(Vector128.WidenLower(pixel)).AsInt32() * weights.Tap(x, t);
            }
            Unsafe.WriteUnaligned(ref Unsafe.Add(ref output, (nint)x * Channels), PackPixel(sum >> ResampleWeights.PrecisionBits));
        }
    }

    // 64 bytes of two rows at a time. Unpacking and packing both work within 128-bit lanes, so what the one mixes the other puts straight.
    private static int ResizeColumnsAvx512(ReadOnlySpan<byte> rows, Span<byte> destination, ResampleWeights weights, int index)
    {
        ref byte first = ref MemoryMarshal.GetReference(rows);
        ref byte output = ref MemoryMarshal.GetReference(destination);
        ref short high = ref Unsafe.Add(ref MemoryMarshal.GetReference(weights.High), index * weights.Stride);
        ref short low = ref Unsafe.Add(ref MemoryMarshal.GetReference(weights.Low), index * weights.Stride);
        nint rowBytes = destination.Length;
        int done = 0;
        for (; done + Vector512<byte>.Count <= destination.Length; done += Vector512<byte>.Count)
        {
            Vector512<int> high0 = default, high1 = default, high2 = default, high3 = default;
            Vector512<int> low0 = default, low1 = default, low2 = default, low3 = default;
            ref byte column = ref Unsafe.Add(ref first, done);
            for (int t = 0; t < weights.Stride; t += 2)
            {
                var upper = Vector512.LoadUnsafe(ref column, (nuint)(t * rowBytes));
                var lower = Vector512.LoadUnsafe(ref column, (nuint)((t + 1) * rowBytes));
                var left = Avx512BW.UnpackLow(upper, lower);
                var right = Avx512BW.UnpackHigh(upper, lower);
                var pairs0 = Avx512BW.UnpackLow(left, Vector512<byte>.Zero).AsInt16();
                var pairs1 = Avx512BW.UnpackHigh(left, Vector512<byte>.Zero).AsInt16();
                var pairs2 = Avx512BW.UnpackLow(right, Vector512<byte>.Zero).AsInt16();
                var pairs3 = Avx512BW.UnpackHigh(right, Vector512<byte>.Zero).AsInt16();
                var highTaps = Vector512.Create(TapPair(ref high, t)).AsInt16();
                var lowTaps = Vector512.Create(TapPair(ref low, t)).AsInt16();
                high0 += Avx512BW.MultiplyAddAdjacent(pairs0, highTaps);
                high1 += Avx512BW.MultiplyAddAdjacent(pairs1, highTaps);
                high2 += Avx512BW.MultiplyAddAdjacent(pairs2, highTaps);
                high3 += Avx512BW.MultiplyAddAdjacent(pairs3, highTaps);
                low0 += Avx512BW.MultiplyAddAdjacent(pairs0, lowTaps);
                low1 += Avx512BW.MultiplyAddAdjacent(pairs1, lowTaps);
                low2 += Avx512BW.MultiplyAddAdjacent(pairs2, lowTaps);
                low3 += Avx512BW.MultiplyAddAdjacent(pairs3, lowTaps);
            }
            var leftSums = Avx512BW.PackSignedSaturate(Round(high0, low0), Round(high1, low1));
            var rightSums = Avx512BW.PackSignedSaturate(Round(high2, low2), Round(high3, low3));
            Avx512BW.PackUnsignedSaturate(leftSums, rightSums).StoreUnsafe(ref output, (nuint)done);
        }
        return done;

        [MethodImpl(MethodImplOptions.AggressiveInlining)]
        static Vector512<int> Round(Vector512<int> high, Vector512<int> low) =>
            ((high << 8) + low + Vector512.Create(Half)) >> ResampleWeights.PrecisionBits;
    }

    // The same with 32 bytes.
    private static int ResizeColumnsAvx2(ReadOnlySpan<byte> rows, Span<byte> destination, ResampleWeights weights, int index, int done)
    {
        ref byte first = ref MemoryMarshal.GetReference(rows);
        ref byte output = ref MemoryMarshal.GetReference(destination);
        ref short high = ref Unsafe.Add(ref MemoryMarshal.GetReference(weights.High), index * weights.Stride);
        ref short low = ref Unsafe.Add(ref MemoryMarshal.GetReference(weights.Low), index * weights.Stride);
        nint rowBytes = destination.Length;
        for (; done + Vector256<byte>.Count <= destination.Length; done += Vector256<byte>.Count)
        {
            Vector256<int> high0 = default, high1 = default, high2 = default, high3 = default;
            Vector256<int> low0 = default, low1 = default, low2 = default, low3 = default;
            ref byte column = ref Unsafe.Add(ref first, done);
            for (int t = 0; t < weights.Stride; t += 2)
            {
                var upper = Vector256.LoadUnsafe(ref column, (nuint)(t * rowBytes));
                var lower = Vector256.LoadUnsafe(ref column, (nuint)((t + 1) * rowBytes));
                var left = Avx2.UnpackLow(upper, lower);
                var right = Avx2.UnpackHigh(upper, lower);
                var pairs0 = Avx2.UnpackLow(left, Vector256<byte>.Zero).AsInt16();
                var pairs1 = Avx2.UnpackHigh(left, Vector256<byte>.Zero).AsInt16();
                var pairs2 = Avx2.UnpackLow(right, Vector256<byte>.Zero).AsInt16();
                var pairs3 = Avx2.UnpackHigh(right, Vector256<byte>.Zero).AsInt16();
                var highTaps = Vector256.Create(TapPair(ref high, t)).AsInt16();
                var lowTaps = Vector256.Create(TapPair(ref low, t)).AsInt16();
                high0 += Avx2.MultiplyAddAdjacent(pairs0, highTaps);
                high1 += Avx2.MultiplyAddAdjacent(pairs1, highTaps);
                high2 += Avx2.MultiplyAddAdjacent(pairs2, highTaps);
                high3 += Avx2.MultiplyAddAdjacent(pairs3, highTaps);
                low0 += Avx2.MultiplyAddAdjacent(pairs0, lowTaps);
                low1 += Avx2.MultiplyAddAdjacent(pairs1, lowTaps);
                low2 += Avx2.MultiplyAddAdjacent(pairs2, lowTaps);
                low3 += Avx2.MultiplyAddAdjacent(pairs3, lowTaps);
            }
            var leftSums = Avx2.PackSignedSaturate(Round(high0, low0), Round(high1, low1));
            var rightSums = Avx2.PackSignedSaturate(Round(high2, low2), Round(high3, low3));
            Avx2.PackUnsignedSaturate(leftSums, rightSums).StoreUnsafe(ref output, (nuint)done);
        }
        return done;

        [MethodImpl(MethodImplOptions.AggressiveInlining)]
        static Vector256<int> Round(Vector256<int> high, Vector256<int> low) =>
            ((high << 8) + low + Vector256.Create(Half)) >> ResampleWeights.PrecisionBits;
    }

    // One pixel (four bytes) of all rows at a time.
    private static int ResizeColumnsVector128(ReadOnlySpan<byte> rows, Span<byte> destination, ResampleWeights weights, int index, int done)
    {
        ref byte first = ref MemoryMarshal.GetReference(rows);
        ref byte output = ref MemoryMarshal.GetReference(destination);
        nint rowBytes = destination.Length;
        for (; done + Channels <= destination.Length; done += Channels)
        {
            var sum = Vector128.Create(Half);
            for (int t = 0; t < weights.Stride; t++)
            {
                var pixel = Vector128.CreateScalar(Unsafe.ReadUnaligned<uint>(ref Unsafe.Add(ref first, (t * rowBytes) + done))).AsByte();
                sum += Vector128.WidenLower(Vector128.WidenLower(pixel)).AsInt32() * weights.Tap(index, t);
            }
            Unsafe.WriteUnaligned(ref Unsafe.Add(ref output, done), PackPixel(sum >> ResampleWeights.PrecisionBits));
        }
        return done;
    }

    /// <summary>Two neighbouring taps as the two halves of 32 bits.</summary>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    private static int TapPair(ref short taps, int t) => Unsafe.ReadUnaligned<int>(ref Unsafe.As<short, byte>(ref Unsafe.Add(ref taps, t)));

    /// <summary>Four sums, clipped to bytes.</summary>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    private static uint PackPixel(Vector128<int> sums)
    {
        if (Sse2.IsSupported)
        {
            var words = Sse2.PackSignedSaturate(sums, sums);
            return Sse2.PackUnsignedSaturate(words, words).AsUInt32().ToScalar();
        }
        var clipped = Vector128.Min(Vector128.Max(sums, Vector128<int>.Zero), Vector128.Create(255));
        var narrow = Vector128.Narrow(clipped.AsUInt32(), clipped.AsUInt32());
        return Vector128.Narrow(narrow, narrow).AsUInt32().ToScalar();
    }
}
