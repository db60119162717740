using System.Buffers.Binary;
using Microsoft.ML.OnnxRuntime.Tensors;

namespace Microsoft.ML.Clip;

/// <summary>Evaluates the few operations that stand between a stored number and its use.</summary>
internal static class OnnxConstant
{
    // Real graphs have one to three such operations. A limit also ends the walk in a graph that is made to go in circles.
    private const int MaximumSteps = 8;

    /// <summary>The value of a tensor of one element that depends on no input; null for anything else.</summary>
    public static double? Evaluate(ModelFiles files, OnnxGraph graph, string tensor, int steps = MaximumSteps)
    {
        if (graph.Initializers.TryGetValue(tensor, out var constant))
        {
            return constant.Scalar ?? External(files, graph, constant);
        }
        if (steps == 0 || graph.Producer(tensor) is not { } node)
        {
            return null;
        }
        return node.Operation switch
        {
            "Constant" => node.Numbers.TryGetValue("value", out double value) || node.Numbers.TryGetValue("value_float", out value) ? value : null,
            "Identity" or "Cast" or "Unsqueeze" or "Squeeze" or "Reshape" or "Expand" => Argument(0),
            "Exp" => Argument(0) is { } x ? Math.Exp(x) : null,
            "Neg" => -Argument(0),
            "Reciprocal" => 1 / Argument(0),
            "Add" => Argument(0) + Argument(1),
            "Sub" => Argument(0) - Argument(1),
            "Mul" => Argument(0) * Argument(1),
            "Div" => Argument(0) / Argument(1),
            "Min" => node.Inputs.Count == 2 && Argument(0) is { } a && Argument(1) is { } b ? Math.Min(a, b) : null,
            "Max" => node.Inputs.Count == 2 && Argument(0) is { } a && Argument(1) is { } b ? Math.Max(a, b) : null,
            // OpenAI and open_clip clamp t to ln 100.
            "Clip" => Argument(0) is { } x ? Math.Min(Math.Max(x, Argument(1) ?? double.MinValue), Argument(2) ?? double.MaxValue) : null,
            _ => null,
        };

        double? Argument(int index) => node.HasInput(index) ? Evaluate(files, graph, node.Input(index), steps - 1) : null;
    }

    private static double? External(ModelFiles files, OnnxGraph graph, OnnxTensor constant)
    {
        if (!constant.IsSingle || constant.ExternalData is null)
        {
            return null;
        }
        var (file, start, end) = OnnxExternalTensors.Range(files, graph, constant);
        if (end - start > sizeof(double))
        {
            return null;
        }
        using var stream = files.OpenRead(file);
        stream.Position = start;
        byte[] bytes = new byte[end - start];
        stream.ReadExactly(bytes);
        return OnnxScalar.FromBytes(bytes, constant.ElementType);
    }
}

/// <summary>The value of an ONNX tensor of one element.</summary>
internal static class OnnxScalar
{
    /// <summary>Reads raw_data, or the typed field that ONNX has for the element type (half precision travels in int32_data as its bits).</summary>
    public static double? Read(ProtobufReader reader, ProtobufField data, TensorElementType type)
    {
        const int RawData = 9, Int32Data = 5, Int64Data = 7, MaximumVarintLength = 10;
        if (data.IsRange && data.Number is not (Int32Data or Int64Data))
        {
            return data.Length <= sizeof(double) ? FromBytes(reader.Bytes(data), type) : null;
        }
        if (data.Number == RawData)
        {
            return null;
        }
        if (data.Number is not (Int32Data or Int64Data))
        {
            return data.End - data.Start == sizeof(float) ? BitConverter.UInt32BitsToSingle((uint)data.Value) : BitConverter.UInt64BitsToDouble(data.Value);
        }
        if (data.IsRange && data.Length > MaximumVarintLength)
        {
            return null;
        }
        List<long> values = [];
        reader.Integers(data, values, MaximumVarintLength, "values");
        return (values, type) switch
        {
            ([var bits], TensorElementType.Float16) => (double)BitConverter.UInt16BitsToHalf((ushort)bits),
            ([var bits], TensorElementType.BFloat16) => BitConverter.UInt32BitsToSingle((uint)bits << 16),
            ([var value], _) => value,
            _ => null,
        };
    }

    /// <summary>Reads a number as ONNX's raw_data and external data hold it: little-endian.</summary>
    public static double? FromBytes(ReadOnlySpan<byte> bytes, TensorElementType type) => (type, bytes.Length) switch
    {
        (TensorElementType.Float, 4) => BinaryPrimitives.ReadSingleLittleEndian(bytes),
        (TensorElementType.Double, 8) => BinaryPrimitives.ReadDoubleLittleEndian(bytes),
        (TensorElementType.Float16, 2) => (double)BinaryPrimitives.ReadHalfLittleEndian(bytes),
        (TensorElementType.BFloat16, 2) => BitConverter.UInt32BitsToSingle((uint)BinaryPrimitives.ReadUInt16LittleEndian(bytes) << 16),
        (TensorElementType.Int32, 4) => BinaryPrimitives.ReadInt32LittleEndian(bytes),
        (TensorElementType.Int64, 8) => BinaryPrimitives.ReadInt64LittleEndian(bytes),
        _ => null,
    };
}
