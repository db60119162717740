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
