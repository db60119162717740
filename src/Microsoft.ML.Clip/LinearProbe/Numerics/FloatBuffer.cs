using System.Runtime.CompilerServices;

namespace Microsoft.ML.Clip;

/// <summary>
/// An array of floats that does not move and starts on a cache line, so that kernels may hold its address and no vector straddles two lines.
/// Freed by the garbage collector; keep a reference for as long as the address is in use.
/// </summary>
internal sealed unsafe class FloatBuffer
{
    private const int Alignment = 64;

    private readonly float[] _array;
    private readonly int _offset;

    public FloatBuffer(int length, bool clear = true)
    {
        int padded = checked(length + Alignment / sizeof(float));
        _array = clear ? GC.AllocateArray<float>(padded, pinned: true) : GC.AllocateUninitializedArray<float>(padded, pinned: true);
        nuint address = (nuint)Unsafe.AsPointer(ref _array[0]);
        _offset = (int)((Alignment - address % Alignment) % Alignment / sizeof(float));
        Length = length;
        Pointer = (float*)address + _offset;
    }

    public int Length { get; }

    public float* Pointer { get; }

    public Span<float> Span => _array.AsSpan(_offset, Length);
}
