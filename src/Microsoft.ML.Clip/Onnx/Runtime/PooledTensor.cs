using System.Buffers;
using Microsoft.ML.OnnxRuntime;

namespace Microsoft.ML.Clip;

/// <summary>An input of a session in pooled memory, for values that must be converted or padded first; the memory goes back when disposed.</summary>
internal sealed class PooledTensor<T> : IDisposable
    where T : unmanaged
{
    private readonly T[] _buffer;

    public PooledTensor(params ReadOnlySpan<long> shape)
    {
        int count = 1;
        foreach (long axis in shape)
        {
            count = checked(count * (int)axis);
        }
        _buffer = ArrayPool<T>.Shared.Rent(count);
        Memory = _buffer.AsMemory(0, count);
        Value = OrtValue.CreateTensorValueFromMemory(OnnxNativeRuntime.CpuMemory, Memory, shape.ToArray());
    }

    public Memory<T> Memory { get; }

    public Span<T> Span => Memory.Span;

    public OrtValue Value { get; }

    public void Dispose()
    {
        Value.Dispose();
        ArrayPool<T>.Shared.Return(_buffer);
    }
}
