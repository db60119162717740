using Microsoft.ML.OnnxRuntime.Tensors;

namespace Microsoft.ML.Clip;

/// <summary>A constant of an ONNX graph: its shape, and its value if it is a single number. The data of larger ones is left in the file.</summary>
internal sealed record OnnxTensor(string Name, TensorElementType ElementType, IReadOnlyList<long> Dimensions)
{
    /// <summary>The value of a tensor of one element inside the file.</summary>
    public double? Scalar { get; init; }

    /// <summary>The entries <c>location</c>, <c>offset</c> and <c>length</c> of data that lies in another file.</summary>
    public IReadOnlyDictionary<string, string>? ExternalData { get; init; }

    /// <summary>Where the tensor lies as a field of the graph.</summary>
    public ProtobufField Field { get; init; }

    public long Count => Dimensions.Aggregate(1L, (product, d) => product * d);
}
