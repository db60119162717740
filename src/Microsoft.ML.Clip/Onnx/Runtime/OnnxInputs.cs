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

    public void Dispose() => _owned.ForEach(o => o.Dispose());
}
