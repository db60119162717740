using System.Numerics.Tensors;
using System.Runtime.InteropServices;
using static Microsoft.ML.Model.OnnxConverter.OnnxCSharpToProtoWrapper.TensorProto.Types;

namespace Microsoft.ML.Clip;

/// <summary>Puts weights into a graph in the chosen precision; what comes out of it is a float32 tensor in every case.</summary>
internal sealed class OnnxWeights(OnnxGraphBuilder graph, ClipWeightPrecision precision)
{
    private const long Float = (long)DataType.Float;

    // Symmetric: -127 to 127, so that no zero point is needed and 0 stays 0.
    private const float LargestInt8 = 127;

    /// <summary>A gain, a bias, or another tensor of few values: float32 always.</summary>
    public string Small(WeightTensor weight) => graph.Initializer(weight.Name, DataType.Float, MemoryMarshal.AsBytes(weight.Values.AsSpan()), weight.Shape);

    /// <summary>A matrix or convolution, with a scale for each step along <paramref name="channelAxis"/> when stored as int8.</summary>
    public string Matrix(WeightTensor weight, int channelAxis)
    {
        if (precision != ClipWeightPrecision.Int8)
        {
            return Positions(weight);
        }
        // Not DequantizeLinear, which says the same: ONNX Runtime keeps it for its quantised kernels, and so multiplies in int8 or converts in every run, while
        // constants are cast and multiplied once, when the session is opened. See docs/adr/0006-onnx-export.md.
        var (quantized, scales) = Quantized(weight, channelAxis, [.. weight.Shape.Select((size, axis) => axis == channelAxis ? size : 1)]);
        return graph.Node("Mul", [graph.Node("Cast", [quantized], ("to", Float)), scales]);
    }

    /// <summary>A table of positions: float16 at the least, for its small steps matter and its size does not.</summary>
    public string Positions(WeightTensor weight) => precision == ClipWeightPrecision.Float32
        ? Small(weight)
        : graph.Node("Cast", [Half(weight)], ("to", Float));

    /// <summary>The rows of a table [rows, width] that are asked for. They are picked first and made float32 then, for a table may have 49,408.</summary>
    /// <param name="table">The table.</param>
    /// <param name="ids">[N, length], int64.</param>
    /// <returns>[N, length, width]</returns>
    public string Rows(WeightTensor table, string ids)
    {
        switch (precision)
        {
            case ClipWeightPrecision.Float32:
                return graph.Node("Gather", [Small(table), ids], ("axis", 0L));
            case ClipWeightPrecision.Float16:
                return graph.Node("Cast", [graph.Node("Gather", [Half(table), ids], ("axis", 0L))], ("to", Float));
            default:
                var (quantized, scales) = Quantized(table, channelAxis: 0, [table.Shape[0], 1]);
                string rows = graph.Node("Cast", [graph.Node("Gather", [quantized, ids], ("axis", 0L))], ("to", Float));
                return graph.Node("Mul", [rows, graph.Node("Gather", [scales, ids], ("axis", 0L))]);
        }
    }

    /// <summary>The nearest multiples of a scale that maps the largest magnitude of each channel to 127.</summary>
    public static (sbyte[] Values, float[] Scales) Quantize(WeightTensor weight, int channelAxis)
    {
        int channels = weight.Shape[channelAxis];
        int inner = weight.Shape.Skip(channelAxis + 1).Aggregate(1, (product, size) => product * size);
        float[] scales = new float[channels];
        for (int i = 0; i < weight.Values.Length; i++)
        {
            ref float scale = ref scales[i / inner % channels];
            scale = MathF.Max(scale, MathF.Abs(weight.Values[i]) / LargestInt8);
        }
        // A channel of zeros, or of values next to nothing, gives zeros with any scale but 0, which would give NaN.
        scales.AsSpan().Replace(0f, 1f);
        sbyte[] values = new sbyte[weight.Values.Length];
        for (int i = 0; i < values.Length; i++)
        {
            values[i] = (sbyte)Math.Clamp(MathF.Round(weight.Values[i] / scales[i / inner % channels]), -LargestInt8, LargestInt8);
        }
        return (values, scales);
    }

    private (string Values, string Scales) Quantized(WeightTensor weight, int channelAxis, int[] scaleShape)
    {
        var (values, scales) = Quantize(weight, channelAxis);
        return (
            graph.Initializer($"{weight.Name}_quantized", DataType.Int8, MemoryMarshal.AsBytes(values.AsSpan()), weight.Shape),
            graph.Initializer($"{weight.Name}_scale", DataType.Float, MemoryMarshal.AsBytes(scales.AsSpan()), scaleShape));
    }

    private string Half(WeightTensor weight)
    {
        var values = new Half[weight.Values.Length];
        TensorPrimitives.ConvertToHalf(weight.Values, values);
        int bad = Array.FindIndex(values, v => !System.Half.IsFinite(v));
        return bad < 0 ? graph.Initializer($"{weight.Name}_half", DataType.Float16, MemoryMarshal.AsBytes(values.AsSpan()), weight.Shape)
            : throw new ArgumentException($"The parameter '{weight.Name}' holds {weight.Values[bad]}, which float16 cannot (its largest number is 65,504). Export it as {ClipWeightPrecision.Float32}.");
    }
}
