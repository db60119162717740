using System.Buffers;
using Microsoft.ML.OnnxRuntime.Tensors;

namespace Microsoft.ML.Clip;

/// <summary>The text tower: token ids [N, context length] to T_e. Names, element types and fixed axes are those of its graph. Thread-safe.</summary>
internal sealed class ClipTextEncoder : IDisposable
{
    /// <summary>
    /// How far, relative to its norm, an embedding may move when the padding is left out: float32 sums in another order. Docs: numerics.md.
    /// </summary>
    internal const float ShorterTolerance = 1e-4f;

    private const int ShortLength = 16;

    private readonly OnnxTower _tower;
    private readonly OnnxValue _ids;
    private readonly OnnxValue? _mask, _positions;
    private readonly ClipJointOutput _joint;
    private readonly Lock _testing = new();

    private readonly Action<string> _warn;
    private readonly bool _hidesPadding;

    // Null until it is known.
    private bool? _takesShorter;


    private ClipTextEncoder(OnnxGraph graph, ClipFamily family, OnnxValue ids, bool isShared, OnnxSessionFactory factory, Action<string> warn)
    {
        var names = family.Text;
        (_ids, _mask, _positions) = (ids, graph.Input(names.Mask), graph.Input(names.Positions));
        _takesShorter = family.Pooling switch { ClipTextPooling.EndOfText => null, var pooling => pooling == ClipTextPooling.Masked };
        // Elsewhere a family is sure of its padding, or hides it.
        ChecksPadding = family is { Pooling: ClipTextPooling.EndOfText, Texts.PadId: null } && _mask is null;
        _warn = warn;
        // Who takes the last place takes padding, and was trained without a mask.
        _hidesPadding = family.Pooling != ClipTextPooling.LastPlace;
        _tower = new OnnxTower(graph, "text encoder", isShared, factory);
        _joint = ClipJointOutput.Find(graph, names, isShared, warn) ?? throw new InvalidDataException(
            $"The graph {graph.Description} has no output that is a text embedding (looked for {string.Join(", ", names.Embeddings.Concat(names.AloneOnly))}): {graph.Signature}. Export the model with its projection"
            + (names.HasProjection && graph.Output(names.Features) is not null ? $", or, if it is one without, such as SigLIP, put its {KnownFiles.Configuration} beside it." : "."));
    }

    /// <summary>The number of token ids where the graph fixes it.</summary>
    public int? SequenceLength => _ids.Dimension(1);

    /// <summary>Whether it is still to be found out if the graph sees the padding, of which nothing sure is known.</summary>
    public bool ChecksPadding { get; set; }

    /// <summary>Whether the graph wants to be told where texts end.</summary>
    public bool TakesMask => _mask is not null;

    /// <summary>Whether texts are encoded without their padding; null as long as there was no text to find out with.</summary>
    public bool? TakesShorter => SequenceLength is null ? _takesShorter : false;

    /// <summary>The length of T_e where the graph tells without being run.</summary>
    public int? Dimension => _joint.Dimension;

    public OnnxGraph Graph => _tower.Graph;

    /// <summary>The text tower of a graph; null if the graph takes no token ids.</summary>
    /// <exception cref="InvalidDataException">The graph takes texts in a form that CLIP's token ids are not.</exception>
    public static ClipTextEncoder? TryCreate(OnnxGraph graph, ClipFamily family, OnnxSessionFactory factory, Action<string> warn)
    {
        var names = family.Text;
        var ids = graph.Input(names.Input)
            ?? graph.Inputs.FirstOrDefault(i => i.Rank == 2 && IsInteger(i) && i.Name != names.Mask && i.Name != names.Positions);
        if (ids is null)
        {
            return null;
        }
        OnnxValue?[] inputs = [ids, graph.Input(names.Mask), graph.Input(names.Positions)];
        if (inputs.FirstOrDefault(i => i is not null && (i.Rank is not (2 or null) || !IsInteger(i))) is { } odd)
        {
            throw new InvalidDataException($"The graph {graph.Description} takes {odd}; expected int32 or int64 [N, context length].");
        }
        bool isShared = graph.Inputs.Any(i => !inputs.Contains(i));
        var encoder = new ClipTextEncoder(graph, family, ids, isShared, factory, warn);
        OnnxSubgraph.RequireInputs(graph, encoder._joint.Name, [ids.Name, names.Mask, names.Positions]);
        return encoder;
    }

    /// <summary>The length of T_e; runs the graph if that is the only way to know.</summary>
    public int MeasureDimension(int contextLength)
    {
        // A context of thousands of places would take gigabytes to run.
        int length = TakesShorter == true ? Math.Min(contextLength, ShortLength) : contextLength;
        var ids = new Rows<int>(new int[length], length);
        using var inputs = Inputs(ids, new TextOrder(ids, frame: null), [0], _ids.Dimension(0) ?? 1, length);
        return _joint.Dimension ?? _tower.MeasureWidth(_joint.Name, inputs.Values);
    }

    /// <summary>
    /// Embeds texts, padded ids [count, context length] to output [count, width]: each distinct text once, in batches of like length, cut to the longest
    /// of them where the graph allows it. An attention mask is 0 behind each row's text, as <paramref name="frame"/> tells it, or, if that is null, its highest
    /// id; it hides nothing from a tower that takes the last place.
    /// Told of each run is how many distinct texts it was, on the thread that ran it; an exception from there ends the work.
    /// </summary>
    public void Encode(Rows<int> ids, TextFrame? frame, bool normalize, Rows<float> output, WorkShare share, Action<int>? onRun = null)
    {
        var order = new TextOrder(ids, frame);
        string tensor = _joint.Tensor(normalize);
        bool cut = SequenceLength is null && order.Length(order.Rows[0]) < ids.Width && (_takesShorter ?? TestShorter(ids, order, tensor, output.Width, share));
        if (ChecksPadding && order.Length(order.Rows[0]) < ids.Width)
        {
            CheckPadding(ids, order, tensor, output.Width, share);
        }
        int count = order.Rows.Length, batches = ConcurrentBatches.Count(count, share.BatchSize);
        if (order.IsIdentity)
        {
            EncodeDistinct(output);
            return;
        }
        float[] memory = ArrayPool<float>.Shared.Rent(count * output.Width);
        try
        {
            var distinct = new Rows<float>(memory.AsMemory(0, count * output.Width), output.Width);
            EncodeDistinct(distinct);
            for (int row = 0; row < ids.Count; row++)
            {
                distinct[order.Place(row)].CopyTo(output[row]);
            }
        }
        finally
        {
            ArrayPool<float>.Shared.Return(memory);
        }

        void EncodeDistinct(Rows<float> results) => ConcurrentBatches.For(batches, share.Own, batch =>
        {
            int start = batch * share.BatchSize, end = Math.Min(start + share.BatchSize, count);
            var rows = order.Rows[start..end];
            Run(ids, order, rows, cut ? order.Length(rows[^1]) : ids.Width, tensor, results.Slice(start, end - start), share);
            onRun?.Invoke(end - start);
        });
    }

    /// <summary>The joint embedding as the graph gives it out.</summary>
    public string Joint => _joint.Name;

    /// <summary>The same before anything is done to its length.</summary>
    public string Projected => _joint.Tensor(normalize: false);

    /// <summary>The most texts of one run; null where the graph takes any number.</summary>
    public int? FixedBatch => _ids.Dimension(0);

    /// <summary>The inputs of one run, as the graph wants them, cut where texts are: for runs that are no encoding.</summary>
    /// <param name="ids">[count, context length]; no more than the graph's batch size, if that is fixed.</param>
    /// <param name="frame">What ends a text.</param>
    public OnnxInputs InputsOfOneRun(Rows<int> ids, TextFrame? frame)
    {
        var order = new TextOrder(ids, frame);
        return Inputs(ids, order, order.Rows, FixedBatch ?? order.Rows.Length, TakesShorter == true ? order.Length(order.Rows[^1]) : ids.Width);
    }

    /// <summary>Begins to open the session for a kind of embedding, beside what the caller does until it needs it.</summary>
    public void OpenAhead(bool normalize, bool alone, Func<IDisposable> use) => _tower.OpenAhead(_joint.Tensor(normalize), alone, use);

    public void Dispose() => _tower.Dispose();

    /// <summary>Runs the graph on some rows, in steps of its batch size if that is fixed.</summary>
    private void Run(Rows<int> ids, TextOrder order, ReadOnlySpan<int> rows, int length, string tensor, Rows<float> output, in WorkShare share)
    {
        int step = _ids.Dimension(0) ?? rows.Length;
        for (int start = 0; start < rows.Length; start += step)
        {
            int n = Math.Min(step, rows.Length - start);
            using var call = ExitGate.Shared.Begin();
            using var inputs = Inputs(ids, order, rows.Slice(start, n), step, length);
            _tower.Run(tensor, inputs.Values, step, output.Slice(start, n), share);
        }
    }

    /// <summary>
    /// Finds out, once, whether the graph computes the same without the padding. CLIP's attention is causal, so what stands behind the end token
    /// cannot matter; but a graph that merely looks like CLIP's may attend to it, pool at the last place, or take no other length after all.
    /// </summary>
    private bool TestShorter(Rows<int> ids, TextOrder order, string tensor, int width, WorkShare share)
    {
        lock (_testing)
        {
            return _takesShorter ??= Test();
        }

        bool Test()
        {
            var shortest = order.Rows[..1];
            float[] whole = new float[width], cut = new float[width];
            Run(ids, order, shortest, ids.Width, tensor, new(whole, width), share);
            try
            {
                Run(ids, order, shortest, order.Length(shortest[0]), tensor, new(cut, width), share);
            }
            catch (InvalidOperationException)
            {
                return false;
            }
            // NaN compares as false, which is the careful answer.
            return PlainMath.Distance(whole, cut) <= ShorterTolerance * PlainMath.Norm(whole);
        }
    }

    /// <summary>
    /// Finds out, once, whether the graph sees the padding, and warns: towers without a causal mask were trained with 0 there, which the files of their
    /// tokenizers, copied from OpenAI's, do not say.
    /// </summary>
    private void CheckPadding(Rows<int> ids, TextOrder order, string tensor, int width, WorkShare share)
    {
        lock (_testing)
        {
            int shortest = order.Rows[0], pad = ids[shortest][^1];
            if (!ChecksPadding)
            {
                return;
            }
            ChecksPadding = false;
            if (TakesShorter == true || pad == 0)
            {
                return;
            }
            var other = new Rows<int>(ids[shortest].ToArray(), ids.Width);
            other[0][order.Length(shortest)..].Clear();
            float[] asItIs = new float[width], asTrained = new float[width];
            Run(ids, order, [shortest], ids.Width, tensor, new(asItIs, width), share);
            Run(other, order, [0], ids.Width, tensor, new(asTrained, width), share);
            if (!(PlainMath.Distance(asItIs, asTrained) <= ShorterTolerance * PlainMath.Norm(asItIs)))
            {
                _warn($"The text encoder {Graph.Description} sees the padding behind a text, which the files of its tokenizer fill with id {pad}. Such towers (MobileCLIP, CoCa) were trained with 0. "
                    + $"Set {nameof(ClipTokenizerOptions)}.{nameof(ClipTokenizerOptions.PadId)} to 0, or to {pad} if that is right for this model.");
            }
        }
    }

    private OnnxInputs Inputs(Rows<int> ids, TextOrder order, ReadOnlySpan<int> rows, int batch, int length)
    {
        var inputs = new OnnxInputs();
        int[] memory = ArrayPool<int>.Shared.Rent(batch * length);
        try
        {
            var values = new Rows<int>(memory.AsMemory(0, batch * length), length);
            FillIds(values, ids, rows);
            Add(inputs, _ids, values);
            if (_mask is not null)
            {
                FillMask(values, order, rows);
                Add(inputs, _mask, values);
            }
            if (_positions is not null)
            {
                FillPositions(values);
                Add(inputs, _positions, values);
            }
            return inputs;
        }
        catch
        {
            inputs.Dispose();
            throw;
        }
        finally
        {
            ArrayPool<int>.Shared.Return(memory);
        }
    }

    // A graph with a fixed batch size gets its missing rows as copies of the first.
    private static int RowAt(ReadOnlySpan<int> rows, int i) => rows[i < rows.Length ? i : 0];

    private static void FillIds(Rows<int> values, Rows<int> ids, ReadOnlySpan<int> rows)
    {
        for (int i = 0; i < values.Count; i++)
        {
            ids[RowAt(rows, i)][..values.Width].CopyTo(values[i]);
        }
    }

    private void FillMask(Rows<int> values, TextOrder order, ReadOnlySpan<int> rows)
    {
        for (int i = 0; i < values.Count; i++)
        {
            int end = _hidesPadding ? Math.Min(order.End(RowAt(rows, i)), values.Width) : values.Width;
            values[i][..end].Fill(1);
            values[i][end..].Clear();
        }
    }

    private static void FillPositions(Rows<int> values)
    {
        for (int i = 0; i < values.Count; i++)
        {
            for (int position = 0; position < values.Width; position++)
            {
                values[i][position] = position;
            }
        }
    }

    private static void Add(OnnxInputs inputs, OnnxValue input, Rows<int> values)
    {
        if (input.ElementType == TensorElementType.Int32)
        {
            var tensor = new PooledTensor<int>(values.Count, values.Width);
            inputs.Add(input.Name, tensor.Value, tensor);
            values.Span.CopyTo(tensor.Span);
        }
        else
        {
            var tensor = new PooledTensor<long>(values.Count, values.Width);
            inputs.Add(input.Name, tensor.Value, tensor);
            Widen(values.Span, tensor.Span);
        }
    }

    private static void Widen(ReadOnlySpan<int> values, Span<long> result)
    {
        for (int i = 0; i < values.Length; i++)
        {
            result[i] = values[i];
        }
    }

    private static bool IsInteger(OnnxValue value) => value.ElementType is TensorElementType.Int32 or TensorElementType.Int64;
}
