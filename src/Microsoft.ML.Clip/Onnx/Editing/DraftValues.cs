using System.Buffers.Binary;
using System.Numerics.Tensors;
using System.Runtime.InteropServices;
using Microsoft.ML.OnnxRuntime.Tensors;

namespace Microsoft.ML.Clip;

/// <summary>Reads the values of a graph's constants, however they are stored: as raw bytes, as lists of numbers, or in another file.</summary>
internal static class DraftValues
{
    private const int SingleData = 4, Int32Data = 5, Int64Data = 7, RawData = 9, DoubleData = 10;

    /// <summary>The values of a constant of floating point.</summary>
    /// <exception cref="InvalidDataException">It is of another type, or its data are not as many as its axes say; the message names it.</exception>
    public static float[] Floats(GraphDraft draft, DraftTensor constant)
    {
        byte[] bytes = Bytes(draft, constant, constant.ElementType switch
        {
            TensorElementType.Float => sizeof(float),
            TensorElementType.Float16 or TensorElementType.BFloat16 => sizeof(ushort),
            TensorElementType.Double => sizeof(double),
            _ => throw new InvalidDataException($"The tensor '{constant.Name}' of {draft.Graph.Description} holds {constant.ElementType}; expected floating point."),
        });
        float[] values = new float[(int)constant.Count];
        switch (constant.ElementType)
        {
            case TensorElementType.Float:
                for (int i = 0; i < values.Length; i++)
                {
                    values[i] = BinaryPrimitives.ReadSingleLittleEndian(bytes.AsSpan(i * sizeof(float)));
                }
                break;
            case TensorElementType.Float16:
                TensorPrimitives.ConvertToSingle(MemoryMarshal.Cast<byte, Half>(bytes), values);
                break;
            case TensorElementType.BFloat16:
                for (int i = 0; i < values.Length; i++)
                {
                    values[i] = BitConverter.UInt32BitsToSingle((uint)BinaryPrimitives.ReadUInt16LittleEndian(bytes.AsSpan(i * sizeof(ushort))) << 16);
                }
                break;
            default:
                for (int i = 0; i < values.Length; i++)
                {
                    values[i] = (float)BinaryPrimitives.ReadDoubleLittleEndian(bytes.AsSpan(i * sizeof(double)));
                }
                break;
        }
        return values;
    }

    /// <summary>The bytes of a constant of 8 bits.</summary>
    /// <exception cref="InvalidDataException">It is of another type, or its data are not as many as its axes say; the message names it.</exception>
    public static byte[] Bytes(GraphDraft draft, DraftTensor constant) => constant.ElementType is TensorElementType.Int8 or TensorElementType.UInt8
        ? Bytes(draft, constant, sizeof(byte)) : throw Wrong(draft, constant, $"holds {constant.ElementType}; expected bytes");

    /// <summary>The values of a short list of whole numbers, such as a shape; null where it is something else, or long.</summary>
    public static long[]? Integers(GraphDraft draft, DraftTensor constant)
    {
        const int Most = 64;
        if (constant.ElementType is not (TensorElementType.Int64 or TensorElementType.Int32) || constant.Count > Most)
        {
            return null;
        }
        bool isLong = constant.ElementType == TensorElementType.Int64;
        byte[] bytes = Bytes(draft, constant, isLong ? sizeof(long) : sizeof(int));
        long[] values = new long[(int)constant.Count];
        for (int i = 0; i < values.Length; i++)
        {
            values[i] = isLong ? BinaryPrimitives.ReadInt64LittleEndian(bytes.AsSpan(i * sizeof(long)))
                : BinaryPrimitives.ReadInt32LittleEndian(bytes.AsSpan(i * sizeof(int)));
        }
        return values;
    }

    private static byte[] Bytes(GraphDraft draft, DraftTensor constant, int size)
    {
        var length = constant.Count * size;
        if (length < 0 || length > Array.MaxLength)
        {
            throw Wrong(draft, constant, $"claims {length:N0} bytes, more than memory holds in one piece");
        }
        byte[] bytes = constant.Data ?? Stored(draft, constant.Original!, size, (int)length);
        return bytes.Length == length ? bytes : throw Wrong(draft, constant, $"has {bytes.Length:N0} bytes of data, where its axes take {length:N0}");
    }

    private static byte[] Stored(GraphDraft draft, OnnxTensor tensor, int size, int length)
    {
        if (tensor.ExternalData is not null)
        {
            var (file, start, end) = OnnxExternalTensors.Range(draft.Files, draft.Graph, tensor);
            using var outside = draft.Files.OpenRead(file);
            outside.Position = start;
            byte[] content = new byte[Math.Min(end - start, length)];
            outside.ReadExactly(content);
            return content;
        }
        using var source = draft.Files.OpenRead(draft.Graph.FileName);
        var reader = new ProtobufReader(source);
        using var bytes = new MemoryStream();
        for (long at = tensor.Field.Start; reader.TryRead(ref at, tensor.Field.End, out var field);)
        {
            if (bytes.Length + (field.IsRange && field.Number == RawData ? field.Length : 0) > length)
            {
                break;
            }
            switch (field.Number)
            {
                case RawData: return field.Length == length ? reader.Bytes(field) : [];
                case SingleData or DoubleData when field.IsRange: bytes.Write(reader.Bytes(field)); break;
                case SingleData: bytes.Write(BitConverter.GetBytes((uint)field.Value)); break;
                case DoubleData: bytes.Write(BitConverter.GetBytes(field.Value)); break;
                case Int32Data or Int64Data:
                    List<long> values = [];
                    reader.Integers(field, values, length / size, "values");
                    values.ForEach(value => bytes.Write(BitConverter.GetBytes(value).AsSpan(0, size)));
                    break;
            }
        }
        return bytes.ToArray();
    }

    private static InvalidDataException Wrong(GraphDraft draft, DraftTensor constant, string what) =>
        new($"The tensor '{constant.Name}' of {draft.Graph.Description} {what}.");

    /// <summary>Reads bytes that stand for numbers.</summary>
    /// <param name="draft">The graph.</param>
    /// <param name="bytes">The tensor of bytes, signed or not.</param>
    /// <param name="scale">What they are multiplied with: one number, or one for each place.</param>
    /// <param name="zero">What is subtracted before, likewise; null for nothing.</param>
    /// <param name="placeOf">The place of a value among scales.</param>
    public static float[] Scaled(GraphDraft draft, DraftTensor bytes, DraftTensor scale, DraftTensor? zero, Func<int, int> placeOf)
    {
        byte[] stored = Bytes(draft, bytes);
        byte[]? zeros = zero is null ? null : Bytes(draft, zero);
        float[] scales = Floats(draft, scale), values = new float[stored.Length];
        bool isSigned = bytes.ElementType == TensorElementType.Int8;
        for (int i = 0; i < values.Length; i++)
        {
            int place = placeOf(i), subtracted = zeros is null ? 0 : Value(zeros[zeros.Length == 1 ? 0 : place]);
            values[i] = (Value(stored[i]) - subtracted) * scales[scales.Length == 1 ? 0 : place];
        }
        return values;

        int Value(byte value) => isSigned ? (sbyte)value : value;
    }
}
