using System.Buffers.Binary;
using Microsoft.ML.OnnxRuntime.Tensors;

namespace Microsoft.ML.Clip;

/// <summary>The value of an ONNX tensor of one element.</summary>
internal static class OnnxScalar
{
    /// <summary>Reads raw_data, or the typed field that ONNX has for the element type (half precision travels in int32_data as its bits).</summary>
    public static double? Read(ProtobufReader reader, ProtobufField data, TensorElementType type)
    {
        const int RawData = 9, Int32Data = 5, Int64Data = 7;
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
        List<long> values = [];
        reader.Integers(data, values);
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
