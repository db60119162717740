using System.Text;
using Microsoft.ML.OnnxRuntime.Tensors;

namespace Microsoft.ML.Clip;

/// <summary>A constant of a graph that is being changed: one of the file's, whose data stay there until they are asked for, or a new one.</summary>
/// <param name="Name">The tensor's name.</param>
/// <param name="ElementType">Its element type; the numbers are those of ONNX.</param>
/// <param name="Dimensions">Its axes.</param>
/// <param name="Data">The bytes of a new one, as ONNX's raw_data has them; null for the file's.</param>
/// <param name="Original">The file's; null for a new one.</param>
internal sealed record DraftTensor(string Name, TensorElementType ElementType, IReadOnlyList<long> Dimensions, byte[]? Data, OnnxTensor? Original)
{
    public DraftTensor(OnnxTensor original) : this(original.Name, original.ElementType, original.Dimensions, null, original)
    {
    }

    /// <summary>How many elements it has; more than memory holds where the axes are a lie.</summary>
    public Int128 Count
    {
        get
        {
            Int128 count = 1;
            foreach (long axis in Dimensions)
            {
                // 64 axes of 2^63 are too much even here.
                count = count > long.MaxValue ? count : count * axis;
            }
            return count;
        }
    }

    /// <summary>Writes a new constant as a message (TensorProto), up to and including the header of its data.</summary>
    public byte[] Head()
    {
        const int Axes = 1, Type = 2, NameField = 8, RawData = 9;
        using var output = new ProtobufOutput();
        foreach (long axis in Dimensions)
        {
            output.Number(Axes, axis);
        }
        output.Number(Type, (int)ElementType);
        output.Bytes(NameField, Encoding.UTF8.GetBytes(Name));
        output.Header(RawData, Data!.Length);
        return output.ToArray();
    }
}
