using System.Numerics.Tensors;
using System.Runtime.InteropServices;
using Microsoft.ML.OnnxRuntime;
using Microsoft.ML.OnnxRuntime.Tensors;

namespace Microsoft.ML.Clip;

/// <summary>
/// One tower's sessions. Each is opened when it is first needed: the graph as it stands for what it gives out, a cut of it for a tensor that it
/// computes but keeps; one for batches that share the machine, one for those that have it to themselves, as a session's number of threads is fixed.
/// Thread-safe; ONNX Runtime's sessions are.
/// </summary>
internal sealed class OnnxTower(OnnxGraph graph, string role, bool isShared, OnnxSessionFactory factory) : IDisposable
{
    private readonly Lock _lock = new();
    private readonly Dictionary<SessionKey, InferenceSession> _sessions = [];
    private readonly SharedWeights _weights = new();
    private readonly HashSet<SessionKey> _ahead = [];

    public OnnxGraph Graph => graph;

    /// <summary>Computes one tensor for a batch, and writes its first rows as float32.</summary>
    /// <param name="tensor">The tensor wanted, [rows, width].</param>
    /// <param name="inputs">The inputs by name; those that the session does not take are left out.</param>
    /// <param name="rows">The batch size of the inputs.</param>
    /// <param name="output">As many whole rows of the result as there are here.</param>
    /// <param name="share">Whether the run has the machine to itself.</param>
    public unsafe void Run(string tensor, IReadOnlyDictionary<string, OrtValue> inputs, int rows, Rows<float> output, in WorkShare share)
    {
        using var call = ExitGate.Shared.Begin();
        int width = output.Width;
        var session = Session(tensor, share.IsAlone);
        string[] names = [.. session.InputNames];
        OrtValue[] values = [.. names.Select(name => inputs[name])];
        var declared = session.OutputMetadata[tensor];
        using var run = new RunOptions();
        try
        {
            if (declared.ElementDataType == TensorElementType.Float && declared.Dimensions.Length == 2 && output.Count == rows)
            {
                fixed (float* pointer = output.Span)
                {
                    // The result is written where the caller wants it.
                    using var target = OrtValue.CreateTensorValueWithData(OnnxNativeRuntime.CpuMemory, TensorElementType.Float, [rows, width],
                        (nint)pointer, output.Values.Length * sizeof(float));
                    session.Run(run, names, values, [tensor], [target]);
                }
                return;
            }
            using var results = session.Run(run, names, values, [tensor]);
            Copy(results[0], tensor, rows, width, output.Span);
        }
        catch (OnnxRuntimeException e)
        {
            throw new InvalidOperationException($"ONNX Runtime could not run the {role} {graph.Description} on a batch of {rows}: {e.Message}", e);
        }
    }

    /// <summary>The length of a tensor's rows, found by running the graph: for exports that declare no shape.</summary>
    public int MeasureWidth(string tensor, IReadOnlyDictionary<string, OrtValue> inputs)
    {
        using var call = ExitGate.Shared.Begin();
        var session = Session(tensor, alone: false);
        string[] names = [.. session.InputNames];
        using var run = new RunOptions();
        using var results = session.Run(run, names, [.. names.Select(name => inputs[name])], [tensor]);
        return checked((int)results[0].GetTensorTypeAndShape().Shape[^1]);
    }

    /// <summary>
    /// Begins to open the session of a run to come, on another thread, once: while the first image is decoded or the vocabulary read, a core is idle. What
    /// fails there fails again where it is needed, and is told then.
    /// </summary>
    /// <param name="tensor">The tensor that will be wanted.</param>
    /// <param name="alone">Whether the run will have the machine to itself.</param>
    /// <param name="use">Keeps the tower alive meanwhile.</param>
    public void OpenAhead(string tensor, bool alone, Func<IDisposable> use)
    {
        // Whoever has the lock opens one.
        if (!factory.OpensAhead || !_lock.TryEnter())
        {
            return;
        }
        try
        {
            var key = Key(tensor, alone);
            if (_sessions.ContainsKey(key) || !_ahead.Add(key))
            {
                return;
            }
        }
        finally
        {
            _lock.Exit();
        }
        var lease = use();
        Background.Run(() =>
        {
            using (lease)
            {
                Session(tensor, alone);
            }
        });
    }

    public void Dispose()
    {
        lock (_lock)
        {
            foreach (var session in _sessions.Values.Distinct())
            {
                session.Dispose();
            }
            _sessions.Clear();
            _weights.Dispose();
        }
    }

    private InferenceSession Session(string tensor, bool alone)
    {
        var key = Key(tensor, alone);
        lock (_lock)
        {
            if (!_sessions.TryGetValue(key, out var session))
            {
                _sessions.Add(key, session = factory.Open(graph, key.Tensor.Length > 0 ? tensor : null, role, key.Alone, _weights));
            }
            return session;
        }
    }

    private SessionKey Key(string tensor, bool alone)
    {
        // A graph that serves both towers would demand the other one's inputs and compute it too: cut.
        // What is one value for every token is left out of the graph that serves all other outputs.
        bool isCut = isShared || graph.Output(tensor) is null or { Rank: 3 };
        // Where batches are encoded one at a time, they have the machine to themselves, too.
        return new(isCut ? tensor : "", alone || factory.Share.IsAlone);
    }

    private void Copy(OrtValue result, string tensor, int rows, int width, Span<float> output)
    {
        var info = result.GetTensorTypeAndShape();
        if (info.ElementCount != (long)rows * width)
        {
            throw new InvalidDataException($"The {role} {graph.Description} gave '{tensor}' as [{string.Join(", ", info.Shape)}] for a batch of {rows}; expected [{rows}, {width}].");
        }
        switch (info.ElementDataType)
        {
            case TensorElementType.Float: result.GetTensorDataAsSpan<float>()[..output.Length].CopyTo(output); break;
            case TensorElementType.Float16:
                TensorPrimitives.ConvertToSingle(MemoryMarshal.Cast<Float16, Half>(result.GetTensorDataAsSpan<Float16>())[..output.Length], output);
                break;
            default: throw new InvalidDataException($"The {role} {graph.Description} gives '{tensor}' as {info.ElementDataType}; expected float32 or float16.");
        }
    }

    /// <param name="Tensor">The only tensor that the session gives out; empty for all that are vectors.</param>
    /// <param name="Alone">Whether its runs have the machine to themselves.</param>
    private sealed record SessionKey(string Tensor, bool Alone);
}
