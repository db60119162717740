using Microsoft.ML.OnnxRuntime.Tensors;

namespace Microsoft.ML.Clip;

/// <summary>An input or output that an ONNX graph declares.</summary>
/// <param name="Name">The tensor's name.</param>
/// <param name="ElementType">Its element type; the numbers are those of ONNX.</param>
/// <param name="Dimensions">Its axes, null for those left open (dynamic); null altogether where the graph declares no shape.</param>
internal sealed record OnnxValue(string Name, TensorElementType ElementType, IReadOnlyList<int?>? Dimensions)
{
    /// <summary>Where the declaration lies as a field of the graph.</summary>
    public ProtobufField Field { get; init; }

    public int? Rank => Dimensions?.Count;

    /// <summary>The fixed size of an axis, or null where it is dynamic or undeclared.</summary>
    public int? Dimension(int axis) => axis < Dimensions?.Count ? Dimensions[axis] : null;

    public override string ToString() =>
        $"{Name}: {ElementType.ToString().ToLowerInvariant()}[{(Dimensions is null ? "..." : string.Join(", ", Dimensions.Select(d => d?.ToString() ?? "?")))}]";
}
