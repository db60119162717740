using System.Buffers;
using System.Numerics;
using System.Numerics.Tensors;
using System.Runtime.InteropServices;
using Microsoft.ML.OnnxRuntime;
using Microsoft.ML.OnnxRuntime.Tensors;

namespace Microsoft.ML.Clip;

/// <summary>The text tower: token ids [N, context length] to T_e. Names, element types and fixed axes are those of its graph. Thread-safe.</summary>
internal sealed class ClipTextEncoder : IDisposable
{
    private const string MaskName = "attention_mask", PositionsName = "position_ids";
    private static readonly string[] JointNames = ["text_embeds", "text_embedding", "text_features", "output", "embedding"];

    private readonly OnnxTower _tower;
    private readonly OnnxValue _ids;
    private readonly OnnxValue? _mask, _positions;
    private readonly ClipJointOutput _joint;

    private ClipTextEncoder(OnnxGraph graph, OnnxValue ids, bool isShared, OnnxSessionFactory factory)
    {
        (_ids, _mask, _positions) = (ids, graph.Input(MaskName), graph.Input(PositionsName));
        _tower = new OnnxTower(graph, "text encoder", isShared, factory);
        _joint = ClipJointOutput.Find(graph, isShared ? JointNames[..1] : JointNames) ?? throw new InvalidDataException(
            $"The graph {graph.Description} has no output that is a text embedding (looked for {string.Join(", ", JointNames)}): {graph.Signature}. Export the model with its projection.");
    }

    /// <summary>The number of token ids where the graph fixes it.</summary>
    public int? SequenceLength => _ids.Dimension(1);

    /// <summary>Whether the graph wants to be told where texts end.</summary>
    public bool TakesMask => _mask is not null;

    /// <summary>The length of T_e where the graph tells without being run.</summary>
    public int? Dimension => _joint.Dimension;

    public OnnxGraph Graph => _tower.Graph;

    /// <summary>The text tower of a graph; null if the graph takes no token ids.</summary>
    /// <exception cref="InvalidDataException">The graph takes texts in a form that CLIP's token ids are not.</exception>
    public static ClipTextEncoder? TryCreate(OnnxGraph graph, OnnxSessionFactory factory)
    {
        var ids = graph.Input("input_ids") ?? graph.Inputs.FirstOrDefault(i => i.Rank == 2 && IsInteger(i) && i.Name is not (MaskName or PositionsName));
        if (ids is null)
        {
            return null;
        }
        OnnxValue?[] inputs = [ids, graph.Input(MaskName), graph.Input(PositionsName)];
        if (inputs.FirstOrDefault(i => i is not null && (i.Rank is not (2 or null) || !IsInteger(i))) is { } odd)
        {
            throw new InvalidDataException($"The graph {graph.Description} takes {odd}; expected int32 or int64 [N, context length].");
        }
        bool isShared = graph.Inputs.Any(i => !inputs.Contains(i));
        var encoder = new ClipTextEncoder(graph, ids, isShared, factory);
        OnnxSubgraph.RequireInputs(graph, encoder._joint.Name, [ids.Name, MaskName, PositionsName]);
        return encoder;
    }

    /// <summary>The length of T_e; runs the graph if that is the only way to know.</summary>
    public int MeasureDimension(int contextLength)
    {
        using var inputs = Inputs(new int[contextLength], 1, _ids.Dimension(0) ?? 1, contextLength, endOfTextId: null);
        return _joint.Dimension ?? _tower.MeasureWidth(_joint.Name, inputs.Values);
    }

    /// <summary>
    /// Embeds a batch, padded ids [count, contextLength] to output [count, rowLength], in steps of the graph's batch size if that is fixed. An
    /// attention mask is 0 behind each row's first <paramref name="endOfTextId"/>, or, if that is null, its highest id, as in OpenAI's code.
    /// </summary>
    public void Encode(ReadOnlyMemory<int> ids, int count, int contextLength, int? endOfTextId, bool normalize, Span<float> output, int rowLength)
    {
        int rows = _ids.Dimension(0) ?? count;
        for (int start = 0; start < count; start += rows)
        {
            int n = Math.Min(rows, count - start);
            // Rows could be cut to the batch's longest text here where SequenceLength is null: causal attention never sees the padding.
            using var inputs = Inputs(ids.Slice(start * contextLength, n * contextLength), n, rows, contextLength, endOfTextId);
            _tower.Run(_joint.Tensor(normalize), inputs.Values, rows, output.Slice(start * rowLength, n * rowLength), rowLength);
        }
    }

    public void Dispose() => _tower.Dispose();

    private OnnxInputs Inputs(ReadOnlyMemory<int> ids, int count, int rows, int length, int? endOfTextId)
    {
        var inputs = new OnnxInputs();
        if (_ids.ElementType == TensorElementType.Int32 && count == rows)
        {
            // ONNX Runtime's managed interface has no read-only tensors, but inputs are not written to.
            inputs.Add(_ids.Name, OrtValue.CreateTensorValueFromMemory(OnnxNativeRuntime.CpuMemory, MemoryMarshal.AsMemory(ids), [rows, length]));
        }
        else
        {
            Add(inputs, _ids, ids.Span, rows, length);
        }
        if (_mask is not null || _positions is not null)
        {
            AddMaskAndPositions(inputs, ids.Span, rows, length, endOfTextId);
        }
        return inputs;
    }

    private void AddMaskAndPositions(OnnxInputs inputs, ReadOnlySpan<int> ids, int rows, int length, int? endOfTextId)
    {
        int[] mask = ArrayPool<int>.Shared.Rent(ids.Length), positions = ArrayPool<int>.Shared.Rent(ids.Length);
        for (int start = 0; start < ids.Length; start += length)
        {
            int end = End(ids.Slice(start, length), endOfTextId);
            for (int i = 0; i < length; i++)
            {
                (mask[start + i], positions[start + i]) = (i <= end ? 1 : 0, i);
            }
        }
        Add(inputs, _mask, mask.AsSpan(0, ids.Length), rows, length);
        Add(inputs, _positions, positions.AsSpan(0, ids.Length), rows, length);
        ArrayPool<int>.Shared.Return(mask);
        ArrayPool<int>.Shared.Return(positions);
    }

    /// <summary>Where a row's text ends: its first end token (Hugging Face) or, the same for CLIP's own vocabulary, its first highest id (OpenAI).</summary>
    private static int End(ReadOnlySpan<int> row, int? endOfTextId)
    {
        int end = endOfTextId is { } id ? row.IndexOf(id) : -1;
        return end >= 0 ? end : TensorPrimitives.IndexOfMax(row);
    }

    private static void Add(OnnxInputs inputs, OnnxValue? input, ReadOnlySpan<int> values, int rows, int length)
    {
        if (input?.ElementType == TensorElementType.Int32)
        {
            Add<int>(inputs, input.Name, values, rows, length);
        }
        else if (input is not null)
        {
            Add<long>(inputs, input.Name, values, rows, length);
        }
    }

    private static void Add<T>(OnnxInputs inputs, string name, ReadOnlySpan<int> values, int rows, int length)
        where T : unmanaged, INumber<T>
    {
        var tensor = new PooledTensor<T>(rows, length);
        inputs.Add(name, tensor.Value, tensor);
        TensorPrimitives.ConvertTruncating(values, tensor.Span);
        // A graph with a fixed batch size gets its missing rows as copies of the first.
        for (int filled = values.Length; filled < tensor.Span.Length; filled += length)
        {
            tensor.Span[..length].CopyTo(tensor.Span[filled..]);
        }
    }

    private static bool IsInteger(OnnxValue value) => value.ElementType is TensorElementType.Int32 or TensorElementType.Int64;
}
