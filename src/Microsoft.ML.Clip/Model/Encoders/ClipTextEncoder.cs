using System.Buffers;
using System.Numerics;
using System.Numerics.Tensors;
using Microsoft.ML.OnnxRuntime.Tensors;

namespace Microsoft.ML.Clip;

/// <summary>The text tower: token ids [N, context length] to T_e. Names, element types and fixed axes are those of its graph. Thread-safe.</summary>
internal sealed class ClipTextEncoder : IDisposable
{
    /// <summary>
    /// How far, relative to its norm, an embedding may move when the padding is left out: float32 sums in another order. Docs: numerics.md.
    /// </summary>
    internal const float ShorterTolerance = 1e-4f;

    private const string MaskName = "attention_mask", PositionsName = "position_ids";
    private static readonly string[] JointNames = ["text_embeds", "text_embedding", "text_features", "output", "embedding"];

    private readonly OnnxTower _tower;
    private readonly OnnxValue _ids;
    private readonly OnnxValue? _mask, _positions;
    private readonly ClipJointOutput _joint;
    private readonly Lock _testing = new();

    // Null until it is known.
    private bool? _takesShorter;

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

    /// <summary>Whether texts are encoded without their padding; null as long as there was no text to find out with.</summary>
    public bool? TakesShorter => SequenceLength is null ? _takesShorter : false;

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
        int[] ids = new int[contextLength];
        using var inputs = Inputs(ids, contextLength, new TextOrder(ids, contextLength, endOfTextId: null), [0], _ids.Dimension(0) ?? 1, contextLength);
        return _joint.Dimension ?? _tower.MeasureWidth(_joint.Name, inputs.Values);
    }

    /// <summary>
    /// Embeds texts, padded ids [count, contextLength] to output [count, rowLength]: each distinct text once, in batches of like length, cut to the longest
    /// of them where the graph allows it. An attention mask is 0 behind each row's first <paramref name="endOfTextId"/>, or, if that is null, its highest id.
    /// </summary>
    public void Encode(ReadOnlyMemory<int> ids, int contextLength, int? endOfTextId, bool normalize, Memory<float> output, int rowLength, TextBatching batching)
    {
        var order = new TextOrder(ids, contextLength, endOfTextId);
        string tensor = _joint.Tensor(normalize);
        bool cut = SequenceLength is null && order.Length(order.Rows[0]) < contextLength
            && (_takesShorter ?? TestShorter(ids, contextLength, order, tensor, rowLength, batching.Alone));
        int count = order.Rows.Length, batches = (count + batching.Size - 1) / batching.Size;
        if (order.IsIdentity)
        {
            EncodeDistinct(output);
            return;
        }
        float[] distinct = ArrayPool<float>.Shared.Rent(count * rowLength);
        try
        {
            EncodeDistinct(distinct.AsMemory(0, count * rowLength));
            for (int row = 0; row < ids.Length / contextLength; row++)
            {
                distinct.AsSpan(order.Place(row) * rowLength, rowLength).CopyTo(output.Span[(row * rowLength)..]);
            }
        }
        finally
        {
            ArrayPool<float>.Shared.Return(distinct);
        }

        void EncodeDistinct(Memory<float> results) => ConcurrentBatches.For(batches, batching.Concurrency, batch =>
        {
            int start = batch * batching.Size, end = Math.Min(start + batching.Size, count);
            var rows = order.Rows[start..end];
            int length = cut ? order.Length(rows[^1]) : contextLength;
            Run(ids.Span, contextLength, order, rows, length, tensor, results.Span[(start * rowLength)..(end * rowLength)], rowLength, batching.Alone);
        });
    }

    public void Dispose() => _tower.Dispose();

    /// <summary>Runs the graph on some rows, in steps of its batch size if that is fixed.</summary>
    private void Run(ReadOnlySpan<int> ids, int contextLength, TextOrder order, ReadOnlySpan<int> rows, int length, string tensor, Span<float> output,
        int rowLength, bool alone)
    {
        int step = _ids.Dimension(0) ?? rows.Length;
        for (int start = 0; start < rows.Length; start += step)
        {
            int n = Math.Min(step, rows.Length - start);
            using var inputs = Inputs(ids, contextLength, order, rows.Slice(start, n), step, length);
            _tower.Run(tensor, inputs.Values, step, output.Slice(start * rowLength, n * rowLength), rowLength, alone);
        }
    }

    /// <summary>
    /// Finds out, once, whether the graph computes the same without the padding. CLIP's attention is causal, so what stands behind the end token
    /// cannot matter; but a graph that merely looks like CLIP's may attend to it, pool at the last place, or take no other length after all.
    /// </summary>
    private bool TestShorter(ReadOnlyMemory<int> ids, int contextLength, TextOrder order, string tensor, int rowLength, bool alone)
    {
        lock (_testing)
        {
            return _takesShorter ??= Test();
        }

        bool Test()
        {
            var shortest = order.Rows[..1];
            float[] whole = new float[rowLength], cut = new float[rowLength];
            Run(ids.Span, contextLength, order, shortest, contextLength, tensor, whole, rowLength, alone);
            try
            {
                Run(ids.Span, contextLength, order, shortest, order.Length(shortest[0]), tensor, cut, rowLength, alone);
            }
            catch (InvalidOperationException)
            {
                return false;
            }
            // NaN compares as false, which is the careful answer.
            return TensorPrimitives.Distance<float>(whole, cut) <= ShorterTolerance * TensorPrimitives.Norm<float>(whole);
        }
    }

    private OnnxInputs Inputs(ReadOnlySpan<int> ids, int contextLength, TextOrder order, ReadOnlySpan<int> rows, int batch, int length)
    {
        int[] values = ArrayPool<int>.Shared.Rent(batch * length);
        var inputs = new OnnxInputs();
        // A graph with a fixed batch size gets its missing rows as copies of the first.
        for (int i = 0; i < batch; i++)
        {
            ids.Slice(Row(rows, i) * contextLength, length).CopyTo(values.AsSpan(i * length));
        }
        Add(inputs, _ids, values, batch, length);
        for (int i = 0; _mask is not null && i < batch; i++)
        {
            var mask = values.AsSpan(i * length, length);
            int end = Math.Min(order.End(Row(rows, i)), length);
            mask[..end].Fill(1);
            mask[end..].Clear();
        }
        Add(inputs, _mask, values, batch, length);
        for (int i = 0; _positions is not null && i < batch * length; i++)
        {
            values[i] = i % length;
        }
        Add(inputs, _positions, values, batch, length);
        ArrayPool<int>.Shared.Return(values);
        return inputs;

        static int Row(ReadOnlySpan<int> rows, int i) => rows[i < rows.Length ? i : 0];
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
        TensorPrimitives.ConvertTruncating(values[..(rows * length)], tensor.Span);
    }

    private static bool IsInteger(OnnxValue value) => value.ElementType is TensorElementType.Int32 or TensorElementType.Int64;
}
