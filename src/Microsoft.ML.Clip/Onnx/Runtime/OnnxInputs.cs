using System.Buffers;
using Microsoft.ML.OnnxRuntime;

namespace Microsoft.ML.Clip;

/// <summary>The named inputs of one run, and the pooled memory behind them; both are let go together.</summary>
internal sealed class OnnxInputs : IDisposable
{
    private readonly Dictionary<string, OrtValue> _values = new(StringComparer.Ordinal);
    private readonly List<IDisposable> _owned = [];

    public IReadOnlyDictionary<string, OrtValue> Values => _values;

    /// <summary>Adds an input. <paramref name="owner"/> disposes the value with its memory; without one the value itself is disposed.</summary>
    public OnnxInputs Add(string name, OrtValue value, IDisposable? owner = null)
    {
        _values.Add(name, value);
        _owned.Add(owner ?? value);
        return this;
    }

    /// <summary>Takes over the inputs of another one.</summary>
    public OnnxInputs Join(OnnxInputs other)
    {
        foreach (var (name, value) in other._values)
        {
            _values.Add(name, value);
        }
        _owned.AddRange(other._owned);
        return this;
    }

    public void Dispose() => _owned.ForEach(o => o.Dispose());
}

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
