using System.Globalization;
using Microsoft.ML.OnnxRuntime.Tensors;

namespace Microsoft.ML.Clip;

/// <summary>The structure of an ONNX file, without its weights. Immutable.</summary>
internal sealed class OnnxGraph
{
    private readonly Dictionary<string, OnnxNode> _producers = new(StringComparer.Ordinal);

    public OnnxGraph(IReadOnlyList<OnnxNode> nodes)
    {
        Nodes = nodes;
        foreach (var node in nodes)
        {
            foreach (string output in node.Outputs)
            {
                _producers[output] = node;
            }
        }
    }

    /// <summary>The file's name in its <see cref="ModelFiles"/>.</summary>
    public required string FileName { get; init; }

    /// <summary>How messages name the file.</summary>
    public required string Description { get; init; }

    public IReadOnlyList<OnnxNode> Nodes { get; }

    /// <summary>What a caller must feed: the declared inputs without those that have a default value.</summary>
    public required IReadOnlyList<OnnxValue> Inputs { get; init; }

    public required IReadOnlyList<OnnxValue> Outputs { get; init; }

    public required IReadOnlyDictionary<string, OnnxTensor> Initializers { get; init; }

    /// <summary>The file's key and value pairs (metadata_props).</summary>
    public required IReadOnlyDictionary<string, string> Metadata { get; init; }

    /// <summary>The locations of weights outside the file, as the file states them: not yet checked.</summary>
    public required IReadOnlyList<string> ExternalLocations { get; init; }

    /// <summary>
    /// All tensors whose data lie in another file, by the place where their field begins: initializers, and those in attributes and inner graphs.
    /// </summary>
    public required IReadOnlyDictionary<long, OnnxTensor> ExternalTensors { get; init; }

    /// <summary>What the file was when it was read; null if it lies in memory.</summary>
    public FileStamp? Stamp { get; init; }

    /// <summary>Every field of the file outside the graph, and every field of the graph, in order.</summary>
    public required IReadOnlyList<ProtobufField> ModelFields { get; init; }

    public required IReadOnlyList<ProtobufField> GraphFields { get; init; }

    /// <summary>The operation that computes a tensor, or null for inputs and constants.</summary>
    public OnnxNode? Producer(string tensor) => _producers.GetValueOrDefault(tensor);

    public OnnxValue? Input(string name) => Inputs.FirstOrDefault(v => v.Name == name);

    public OnnxValue? Output(string name) => Outputs.FirstOrDefault(v => v.Name == name);

    /// <summary>What the graph takes and gives, for messages.</summary>
    public string Signature => $"it takes {List(Inputs)} and gives {List(Outputs)}";

    private static string List(IReadOnlyList<OnnxValue> values) => values.Count == 0 ? "nothing" : string.Join(", ", values);
}

/// <summary>An operation of an ONNX graph.</summary>
internal sealed class OnnxNode
{
    /// <summary>What most operations have.</summary>
    public static readonly IReadOnlyDictionary<string, IReadOnlyList<long>> NoLists = new Dictionary<string, IReadOnlyList<long>>();

    public required string Operation { get; init; }

    /// <summary>Whose operator it is: empty for ONNX's own.</summary>
    public string Domain { get; init; } = "";

    /// <summary>The tensors that the operation reads; an absent optional one is an empty name.</summary>
    public required IReadOnlyList<string> Inputs { get; init; }

    public required IReadOnlyList<string> Outputs { get; init; }

    /// <summary>Names that graphs inside the node (If, Loop) read, among them those of tensors outside.</summary>
    public required IReadOnlyList<string> Captured { get; init; }

    /// <summary>The attributes that are one number: an int, a float, or a tensor of one element.</summary>
    public required IReadOnlyDictionary<string, double> Numbers { get; init; }

    /// <summary>The attributes that are short lists of whole numbers, such as a permutation.</summary>
    public IReadOnlyDictionary<string, IReadOnlyList<long>> Lists { get; init; } = NoLists;

    /// <summary>The tensor that a constant stands for.</summary>
    public OnnxTensor? Value { get; init; }

    /// <summary>Where the node lies as a field of the graph.</summary>
    public ProtobufField Field { get; init; } = ProtobufField.None;

    /// <summary>The name of an input, empty where it is absent.</summary>
    public string Input(int index) => index < Inputs.Count ? Inputs[index] : "";

    public bool HasInput(int index) => Input(index).Length > 0;
}

/// <summary>A constant of an ONNX graph: its shape, and its value if it is a single number. The data of larger ones is left in the file.</summary>
internal sealed record OnnxTensor(string Name, TensorElementType ElementType, IReadOnlyList<long> Dimensions)
{
    /// <summary>The value of a tensor of one element inside the file.</summary>
    public double? Scalar { get; init; }

    /// <summary>The entries <c>location</c>, <c>offset</c> and <c>length</c> of data that lies in another file.</summary>
    public IReadOnlyDictionary<string, string>? ExternalData { get; init; }

    /// <summary>Where the tensor lies as a field of the graph.</summary>
    public ProtobufField Field { get; init; } = ProtobufField.None;

    /// <summary>Where its values lie as they are in memory (raw_data); null if they lie in another file, or as numbers one by one.</summary>
    public ProtobufField? RawData { get; init; }

    /// <summary>Whether it has one element. (A product of the axes could overflow to 1.)</summary>
    public bool IsSingle => Dimensions.All(d => d == 1);
}

/// <summary>An input or output that an ONNX graph declares.</summary>
/// <param name="Name">The tensor's name.</param>
/// <param name="ElementType">Its element type; the numbers are those of ONNX.</param>
/// <param name="Dimensions">Its axes, null for those left open (dynamic); null altogether where the graph declares no shape.</param>
internal sealed record OnnxValue(string Name, TensorElementType ElementType, IReadOnlyList<int?>? Dimensions)
{
    /// <summary>Where the declaration lies as a field of the graph.</summary>
    public ProtobufField Field { get; init; } = ProtobufField.None;

    public int? Rank => Dimensions?.Count;

    /// <summary>The fixed size of an axis, or null where it is dynamic or undeclared.</summary>
    public int? Dimension(int axis) => axis >= 0 && axis < Dimensions?.Count ? Dimensions[axis] : null;

    public override string ToString() =>
        $"{Name}: {ElementType.ToString().ToLowerInvariant()}[{(Dimensions is null ? "..." : string.Join(", ", Dimensions.Select(d => d?.ToString(CultureInfo.InvariantCulture) ?? "?")))}]";
}
