using System.Runtime.CompilerServices;

namespace Microsoft.ML.Clip;

/// <summary>
/// An array of floats that does not move and starts on a cache line, so that kernels may hold its address and no vector straddles two lines.
/// Freed by the garbage collector; keep a reference for as long as the address is in use.
/// </summary>
internal sealed unsafe class FloatBuffer
{
    /// <summary>Where a buffer starts: at a multiple of so many values.</summary>
    public const int Alignment = 64 / sizeof(float);

    private readonly float[] _array;
    private readonly int _offset;

    public FloatBuffer(int length, bool clear = true)
    {
        // Large ones are worth huge pages, and start with one; but not where the collector has written zeros before the advice could be given.
        bool isHuge = length >= HugePages.Size / sizeof(float) && !clear;
        int alignment = isHuge ? HugePages.Size / sizeof(float) : Alignment;
        int padded = checked(length + alignment);
        _array = clear ? GC.AllocateArray<float>(padded, pinned: true) : GC.AllocateUninitializedArray<float>(padded, pinned: true);
        nuint address = (nuint)Unsafe.AsPointer(ref _array[0]) / sizeof(float);
        _offset = (int)(((nuint)alignment - address % (nuint)alignment) % (nuint)alignment);
        Length = length;
        Pointer = (float*)Unsafe.AsPointer(ref _array[0]) + _offset;
        if (isHuge)
        {
            HugePages.Advise(Pointer, (nuint)length * sizeof(float));
        }
    }

    private FloatBuffer(FloatBuffer whole, int start, int length)
    {
        (_array, _offset, Length) = (whole._array, whole._offset + start, length);
        Pointer = whole.Pointer + start;
    }

    public int Length { get; }

    /// <summary>Where it starts. The pointer keeps nothing: a buffer that a method made needs <see cref="GC.KeepAlive"/> behind the last use of it.</summary>
    public float* Pointer { get; }

    public Span<float> Span => _array.AsSpan(_offset, Length);

    public Memory<float> Memory => _array.AsMemory(_offset, Length);

    /// <summary>A part of this buffer, in the same memory.</summary>
    /// <param name="start">Where it starts: a multiple of <see cref="Alignment"/>.</param>
    /// <param name="length">Its values.</param>
    public FloatBuffer Part(int start, int length)
    {
        ArgumentOutOfRangeException.ThrowIfNotEqual(start % Alignment, 0);
        ArgumentOutOfRangeException.ThrowIfGreaterThan(length, Length - start);
        return new FloatBuffer(this, start, length);
    }
}
