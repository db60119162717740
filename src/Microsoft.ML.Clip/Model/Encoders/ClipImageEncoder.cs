using System.Numerics.Tensors;
using System.Runtime.InteropServices;
using Microsoft.ML.OnnxRuntime;
using Microsoft.ML.OnnxRuntime.Tensors;

namespace Microsoft.ML.Clip;

/// <summary>The image tower: pixel values [N, 3, H, W] to I_f or I_e. Names, element types and fixed axes are those of its graph. Thread-safe.</summary>
internal sealed class ClipImageEncoder : IDisposable
{
    private readonly TowerNames _names;
    private readonly OnnxTower _tower;
    private readonly OnnxValue _pixels;
    private readonly ClipJointOutput? _joint;

    private ClipImageEncoder(OnnxGraph graph, TowerNames names, OnnxValue pixels, bool isShared, OnnxSessionFactory factory, Action<string> warn)
    {
        (_names, _pixels) = (names, pixels);
        _tower = new OnnxTower(graph, "image encoder", isShared, factory);
        _joint = ClipJointOutput.Find(graph, names, isShared, warn);
    }

    /// <summary>The pixel values' height and width where the graph fixes them.</summary>
    public int? Height => _pixels.Dimension(2);

    public int? Width => _pixels.Dimension(3);

    /// <summary>The length of I_e where the graph tells without being run.</summary>
    public int? Dimension => _joint?.Dimension;

    public OnnxGraph Graph => _tower.Graph;

    /// <summary>The image tower of a graph; null if the graph takes no image.</summary>
    /// <exception cref="InvalidDataException">The graph takes images in a form that CLIP's pixel values are not.</exception>
    public static ClipImageEncoder? TryCreate(OnnxGraph graph, TowerNames names, OnnxSessionFactory factory, Action<string> warn)
    {
        var pixels = graph.Input(names.Input) ?? graph.Inputs.FirstOrDefault(i => i.Rank == 4);
        if (pixels is null)
        {
            return null;
        }
        if (pixels is not { ElementType: TensorElementType.Float or TensorElementType.Float16, Rank: 4 or null } || pixels.Dimension(1) is not (3 or null))
        {
            throw new InvalidDataException($"The graph {graph.Description} takes images as {pixels}; expected float32 or float16 [N, 3, height, width].");
        }
        var encoder = new ClipImageEncoder(graph, names, pixels, isShared: graph.Inputs.Count > 1, factory, warn);
        OnnxSubgraph.RequireInputs(graph, encoder._joint?.Name, [pixels.Name]);
        return encoder;
    }

    /// <summary>The tensor that holds a kind of embedding.</summary>
    /// <exception cref="NotSupportedException">The graph does not have it.</exception>
    public string Tensor(ClipFeatures features, bool normalize)
    {
        if (features == ClipFeatures.JointEmbedding)
        {
            return (_joint ?? throw NoJointEmbedding()).Tensor(normalize);
        }
        return Graph.Output(_names.Features) is not null ? _names.Features : _joint?.Tail.Features ?? throw NoFeatures();
    }

    /// <summary>The length of a kind of embedding; runs the graph if that is the only way to know.</summary>
    public int TensorWidth(ClipFeatures features, int height, int width)
    {
        int? known = features == ClipFeatures.JointEmbedding ? _joint?.Dimension
            : Graph.Output(_names.Features) is { Rank: 2 } pooled ? pooled.Dimension(1) : _joint?.Tail.FeatureDimension;
        string tensor = Tensor(features, normalize: true);
        if (known is { } declared)
        {
            return declared;
        }
        using var zeros = new PooledTensor<float>(1, 3, height, width);
        zeros.Span.Clear();
        using var inputs = Inputs(zeros.Memory, 1, _pixels.Dimension(0) ?? 1, height, width);
        return _tower.MeasureWidth(tensor, inputs.Values);
    }

    /// <summary>
    /// Embeds a batch, pixel values [count, 3 · height · width] to output [count, width], in steps of the graph's batch size if that is fixed.
    /// </summary>
    public void Encode(Rows<float> pixelValues, int height, int width, string tensor, Rows<float> output, in WorkShare share)
    {
        int count = pixelValues.Count, rows = _pixels.Dimension(0) ?? count;
        for (int start = 0; start < count; start += rows)
        {
            int n = Math.Min(rows, count - start);
            using var call = ExitGate.Shared.Begin();
            using var inputs = Inputs(pixelValues.Slice(start, n).Values, n, rows, height, width);
            _tower.Run(tensor, inputs.Values, rows, output.Slice(start, n), share);
        }
    }

    /// <summary>The inputs of one run, as the graph wants them: for runs that are no encoding.</summary>
    /// <param name="pixelValues">[count, 3 · height · width]; no more than the graph's batch size, if that is fixed.</param>
    /// <param name="height">Of the images.</param>
    /// <param name="width">Of the images.</param>
    public OnnxInputs InputsOfOneRun(Rows<float> pixelValues, int height, int width) =>
        Inputs(pixelValues.Values, pixelValues.Count, _pixels.Dimension(0) ?? pixelValues.Count, height, width);

    /// <summary>The most images of one run; null where the graph takes any number.</summary>
    public int? FixedBatch => _pixels.Dimension(0);

    /// <summary>Begins to open the session for a tensor, beside what the caller does until it needs it.</summary>
    public void OpenAhead(string tensor, bool alone, Func<IDisposable> use) => _tower.OpenAhead(tensor, alone, use);

    public void Dispose() => _tower.Dispose();

    /// <summary>The session's input: the caller's memory itself, or a copy if it must be half precision or filled up to a fixed batch size.</summary>
    private OnnxInputs Inputs(ReadOnlyMemory<float> pixelValues, int count, int rows, int height, int width)
    {
        if (_pixels.ElementType == TensorElementType.Float16)
        {
            var half = new PooledTensor<Float16>(rows, 3, height, width);
            var values = MemoryMarshal.Cast<Float16, Half>(half.Span);
            TensorPrimitives.ConvertToHalf(pixelValues.Span, values);
            values[pixelValues.Length..].Clear();
            return new OnnxInputs().Add(_pixels.Name, half.Value, half);
        }
        if (count == rows)
        {
            // ONNX Runtime's managed interface has no read-only tensors, but inputs are not written to.
            return new OnnxInputs().Add(_pixels.Name, OrtValue.CreateTensorValueFromMemory(OnnxNativeRuntime.CpuMemory,
                MemoryMarshal.AsMemory(pixelValues), [rows, 3, height, width]));
        }
        var padded = new PooledTensor<float>(rows, 3, height, width);
        pixelValues.Span.CopyTo(padded.Span);
        padded.Span[pixelValues.Length..].Clear();
        return new OnnxInputs().Add(_pixels.Name, padded.Value, padded);
    }

    private NotSupportedException NoJointEmbedding() => new(
        $"The graph {Graph.Description} has no output that is an image embedding (looked for {string.Join(", ", _names.Embeddings.Concat(_names.AloneOnly))}): {Graph.Signature}. Export the model with its projection.");

    private NotSupportedException NoFeatures() => new(
        $"The graph {Graph.Description} does not expose the image features before the projection (I_f): it has no output '{_names.Features}', and its embedding is not a product " +
        $"with a projection matrix alone, as in CLIP's vision transformers. {Graph.Signature}. Use {nameof(ClipFeatures)}.{nameof(ClipFeatures.JointEmbedding)}.");
}
