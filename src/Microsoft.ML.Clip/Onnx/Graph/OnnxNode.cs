namespace Microsoft.ML.Clip;

/// <summary>An operation of an ONNX graph.</summary>
internal sealed class OnnxNode
{
    public required string Operation { get; init; }

    /// <summary>The tensors that the operation reads; an absent optional one is an empty name.</summary>
    public required IReadOnlyList<string> Inputs { get; init; }

    public required IReadOnlyList<string> Outputs { get; init; }

    /// <summary>Names that graphs inside the node (If, Loop) read, among them those of tensors outside.</summary>
    public required IReadOnlyList<string> Captured { get; init; }

    /// <summary>The attributes that are one number: an int, a float, or a tensor of one element.</summary>
    public required IReadOnlyDictionary<string, double> Numbers { get; init; }

    /// <summary>Where the node lies as a field of the graph.</summary>
    public ProtobufField Field { get; init; }

    /// <summary>The name of an input, empty where it is absent.</summary>
    public string Input(int index) => index < Inputs.Count ? Inputs[index] : "";

    public bool HasInput(int index) => Input(index).Length > 0;
}
