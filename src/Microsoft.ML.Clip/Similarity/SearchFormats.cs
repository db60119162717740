using System.Numerics.Tensors;
using System.Runtime.CompilerServices;
using System.Runtime.Intrinsics;
using System.Runtime.Intrinsics.X86;

namespace Microsoft.ML.Clip;

/// <summary>How a value of an embedding is kept, and read back as float32: exactly, but for the factor.</summary>
/// <typeparam name="T">What is kept of a value.</typeparam>
internal interface ISearchFormat<T>
    where T : unmanaged
{
    /// <summary>Whether each row has a factor of its own.</summary>
    static abstract bool HasScales { get; }

    /// <summary>What 1 is read as, for all rows: a power of two.</summary>
    static abstract float One { get; }

    /// <summary>Sixteen values.</summary>
    static abstract Vector512<float> Load(ref readonly T values);

    /// <summary>The first and the second half of sixteen values, for processors without vectors of 512 bits.</summary>
    static abstract (Vector256<float> Low, Vector256<float> High) LoadHalves(ref readonly T values);

    /// <summary>Keeps a row.</summary>
    /// <param name="unit">The row, at unit length.</param>
    /// <param name="row">Receives it.</param>
    /// <returns>What its products have to be multiplied with, besides <see cref="One"/>.</returns>
    static abstract float Write(ReadOnlySpan<float> unit, Span<T> row);
}

/// <summary>As it is.</summary>
internal readonly struct SingleFormat : ISearchFormat<float>
{
    public static bool HasScales => false;

    public static float One => 1;

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static Vector512<float> Load(ref readonly float values) => Vector512.LoadUnsafe(in values);

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static (Vector256<float> Low, Vector256<float> High) LoadHalves(ref readonly float values) =>
        (Vector256.LoadUnsafe(in values), Vector256.LoadUnsafe(in values, 8));

    public static float Write(ReadOnlySpan<float> unit, Span<float> row)
    {
        unit.CopyTo(row);
        return 1;
    }
}

/// <summary>
/// Half precision, read by moving its bits: sign, exponent and fraction go where float32 has them, which is the value times 2^-112. Rows are kept times 2^14,
/// so that the smallest that are not zero (4e-9) are no subnormal numbers, on which processors lose time.
/// </summary>
internal readonly struct HalfFormat : ISearchFormat<short>
{
    private const float Scale = 1 << 14, Smallest = 1f / (1 << 14);

    // Of the bits moved: the sign, and what is not the sign's copies.
    private const int Mask = unchecked((int)0x8FFFE000);

    private const int FractionShift = 13;

    public static bool HasScales => false;

    public static float One { get; } = MathF.ScaleB(Scale, -112);

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static Vector512<float> Load(ref readonly short values)
    {
        var bits = Vector256.LoadUnsafe(in values);
        var wide = Avx512F.IsSupported ? Avx512F.ConvertToVector512Int32(bits) : Vector512.Create(Vector256.WidenLower(bits), Vector256.WidenUpper(bits));
        return (Vector512.ShiftLeft(wide, FractionShift) & Vector512.Create(Mask)).AsSingle();
    }

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static (Vector256<float> Low, Vector256<float> High) LoadHalves(ref readonly short values) =>
        (Half(Vector128.LoadUnsafe(in values)), Half(Vector128.LoadUnsafe(in values, 8)));

    public static float Write(ReadOnlySpan<float> unit, Span<short> row)
    {
        for (int i = 0; i < unit.Length; i++)
        {
            float value = unit[i] * Scale;
            row[i] = MathF.Abs(value) < Smallest ? (short)0 : BitConverter.HalfToInt16Bits((Half)value);
        }
        return 1;
    }

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    private static Vector256<float> Half(Vector128<short> bits)
    {
        var wide = Avx2.IsSupported ? Avx2.ConvertToVector256Int32(bits) : Vector256.Create(Vector128.WidenLower(bits), Vector128.WidenUpper(bits));
        return (Vector256.ShiftLeft(wide, FractionShift) & Vector256.Create(Mask)).AsSingle();
    }
}

/// <summary>Whole numbers from -127 to 127, and for each row what 1 of them is worth.</summary>
internal readonly struct Int8Format : ISearchFormat<sbyte>
{
    private const float Most = 127;

    public static bool HasScales => true;

    public static float One => 1;

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static Vector512<float> Load(ref readonly sbyte values)
    {
        var bytes = Vector128.LoadUnsafe(in values);
        if (Avx512F.IsSupported)
        {
            return Vector512.ConvertToSingle(Avx512F.ConvertToVector512Int32(bytes));
        }
        var (low, high) = LoadHalves(in values);
        return Vector512.Create(low, high);
    }

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static (Vector256<float> Low, Vector256<float> High) LoadHalves(ref readonly sbyte values)
    {
        var bytes = Vector128.LoadUnsafe(in values);
        Vector128<short> low = Vector128.WidenLower(bytes), high = Vector128.WidenUpper(bytes);
        return Avx2.IsSupported
            ? (Vector256.ConvertToSingle(Avx2.ConvertToVector256Int32(low)), Vector256.ConvertToSingle(Avx2.ConvertToVector256Int32(high)))
            : (Vector256.ConvertToSingle(Vector256.Create(Vector128.WidenLower(low), Vector128.WidenUpper(low))),
                Vector256.ConvertToSingle(Vector256.Create(Vector128.WidenLower(high), Vector128.WidenUpper(high))));
    }

    public static float Write(ReadOnlySpan<float> unit, Span<sbyte> row)
    {
        float scale = Most / MathF.Abs(TensorPrimitives.MaxMagnitude(unit));
        float product = 0;
        int squares = 0;
        for (int i = 0; i < unit.Length; i++)
        {
            int value = (int)MathF.Round(unit[i] * scale);
            row[i] = (sbyte)value;
            product += unit[i] * value;
            squares += value * value;
        }
        // The multiple of these numbers that lies nearest to the row.
        return product / squares;
    }
}
