using System.Text;
using Microsoft.ML.OnnxRuntime.Tensors;

namespace Microsoft.ML.Clip;

/// <summary>
/// A graph that is being changed. It begins as an <see cref="OnnxGraph"/> stands in its file, and is written as a file again; what nobody changed is copied
/// unread, weights of the file among it. Not thread-safe.
/// </summary>
internal sealed partial class GraphDraft
{
    private const int ModelGraph = 7, ModelOperators = 8;
    private const int GraphNode = 1, GraphInitializer = 5, GraphInput = 11, GraphOutput = 12, GraphValueInfo = 13;

    private readonly List<DraftNode> _nodes;
    private readonly Dictionary<string, DraftTensor> _constants;
    private readonly Dictionary<string, DraftNode> _producers = new(StringComparer.Ordinal);
    private readonly Dictionary<string, List<DraftNode>> _consumers = new(StringComparer.Ordinal);
    private readonly Dictionary<string, int> _newOperators = new(StringComparer.Ordinal);
    private readonly HashSet<string> _names = new(StringComparer.Ordinal);
    private readonly List<string> _outputs;
    private HashSet<string> _givenOut;

    public GraphDraft(ModelFiles files, OnnxGraph graph)
    {
        (Files, Graph) = (files, graph);
        _nodes = [.. graph.Nodes.Select(node => new DraftNode(node))];
        _constants = graph.Initializers.Values.ToDictionary(t => t.Name, t => new DraftTensor(t), StringComparer.Ordinal);
        _outputs = [.. graph.Outputs.Select(o => o.Name)];
        _givenOut = new(_outputs, StringComparer.Ordinal);
        _nodes.ForEach(Enter);
        _names.UnionWith(_constants.Keys.Concat(graph.Inputs.Select(i => i.Name)));
    }

    /// <summary>The files that the graph came from.</summary>
    public ModelFiles Files { get; }

    /// <summary>The graph as it stands in its file.</summary>
    public OnnxGraph Graph { get; }

    /// <summary>The operations, as a rule each behind those whose results it reads.</summary>
    public IReadOnlyList<DraftNode> Nodes => _nodes;

    public IReadOnlyDictionary<string, DraftTensor> Constants => _constants;

    /// <summary>The tensors that the graph gives out.</summary>
    public IReadOnlyList<string> Outputs => _outputs;

    /// <summary>
    /// Whether what the file says of the types and shapes of tensors in between still holds. ONNX Runtime finds them by itself, but not always as many.
    /// </summary>
    public bool KeepsShapes { get; set; }

    /// <summary>Whether anything was changed.</summary>
    public bool IsChanged { get; private set; }

    /// <summary>The operation that computes a tensor; null for inputs and constants.</summary>
    public DraftNode? Producer(string tensor) => _producers.GetValueOrDefault(tensor);

    /// <summary>What was changed to leave work out, in words for people.</summary>
    public List<string> Changes { get; } = [];

    /// <summary>The operations that read a tensor, once for each time they do.</summary>
    public IReadOnlyList<DraftNode> Consumers(string tensor) => _consumers.TryGetValue(tensor, out var nodes) ? nodes : [];

    /// <summary>Whether one operation alone reads a tensor, and it is not given out.</summary>
    public bool IsReadOnce(string tensor) => Consumers(tensor).Count == 1 && !IsGivenOut(tensor);

    /// <summary>Whether a tensor is one of <see cref="Outputs"/>.</summary>
    public bool IsGivenOut(string tensor) => _givenOut.Contains(tensor);

    /// <summary>A name that no tensor of the graph has.</summary>
    public string NewName(string stem)
    {
        string name = stem;
        for (int i = 2; !_names.Add(name); i++)
        {
            name = $"{stem}_{i}";
        }
        return name;
    }

    /// <summary>Adds a constant, and gives its name, which begins with the stem.</summary>
    public string AddConstant(string stem, TensorElementType type, ReadOnlySpan<long> dimensions, byte[] data)
    {
        string name = NewName(stem);
        _constants.Add(name, new DraftTensor(name, type, dimensions.ToArray(), data, null));
        IsChanged = true;
        return name;
    }

    /// <summary>Adds a constant of float32.</summary>
    public string AddConstant(string stem, ReadOnlySpan<float> values, params ReadOnlySpan<long> dimensions) =>
        AddConstant(stem, TensorElementType.Float, dimensions, DraftData.Of(values));

    /// <summary>Adds a list of int64, such as a shape.</summary>
    public string AddList(string stem, params ReadOnlySpan<long> values) => AddConstant(stem, TensorElementType.Int64, [values.Length], DraftData.Of(values));

    /// <summary>Puts an operation before another one; behind all where there is none.</summary>
    public void Insert(DraftNode node, DraftNode? before = null)
    {
        _nodes.Insert(before is null ? _nodes.Count : _nodes.IndexOf(before), node);
        Enter(node);
        IsChanged = true;
    }

    /// <summary>Puts operations in the place of one.</summary>
    public void Replace(DraftNode node, params IEnumerable<DraftNode> others)
    {
        int place = _nodes.IndexOf(node);
        Leave(node);
        _nodes.RemoveAt(place);
        foreach (var other in others)
        {
            _nodes.Insert(place++, other);
            Enter(other);
        }
        IsChanged = true;
    }

    /// <summary>Lets an operation read another tensor in some place.</summary>
    public void SetInput(DraftNode node, int index, string tensor)
    {
        Leave(node);
        node.Inputs[index] = tensor;
        Enter(node);
        IsChanged = true;
    }

    /// <summary>Lets whoever reads a tensor read another one. What is given out keeps its name.</summary>
    public void Redirect(string tensor, string to, Func<DraftNode, bool>? only = null)
    {
        foreach (var node in Consumers(tensor).Distinct().ToList())
        {
            if (only?.Invoke(node) != false)
            {
                Leave(node);
                for (int i = 0; i < node.Inputs.Count; i++)
                {
                    node.Inputs[i] = node.Inputs[i] == tensor ? to : node.Inputs[i];
                }
                Enter(node);
                IsChanged = true;
            }
        }
    }

    /// <summary>Leaves some tensors to be given out, and with them only what it takes to compute them.</summary>
    public void CutTo(params IReadOnlyList<string> outputs)
    {
        IsChanged |= !_outputs.SequenceEqual(outputs);
        _outputs.Clear();
        _outputs.AddRange(outputs);
        _givenOut = new(outputs, StringComparer.Ordinal);
        Sweep();
    }

    /// <summary>Gives out one more tensor.</summary>
    public void GiveOut(string tensor)
    {
        if (_givenOut.Add(tensor))
        {
            _outputs.Add(tensor);
            IsChanged = true;
        }
    }

    /// <summary>Sees that operators of a domain of ONNX Runtime's can be used.</summary>
    public void RequireOperators(string domain, int version) => _newOperators[domain] = version;

    /// <summary>Drops the operations and constants whose results nobody reads.</summary>
    public void Sweep()
    {
        // Files need not have their operations in order.
        var needed = new HashSet<string>(_outputs, StringComparer.Ordinal);
        var kept = new HashSet<DraftNode>();
        var open = new Stack<string>(_outputs);
        while (open.TryPop(out string? tensor))
        {
            if (Producer(tensor) is { } node && kept.Add(node))
            {
                foreach (string read in node.Reads.Where(needed.Add))
                {
                    open.Push(read);
                }
            }
        }
        if (kept.Count < _nodes.Count)
        {
            _nodes.RemoveAll(node => !kept.Contains(node));
            _producers.Clear();
            _consumers.Clear();
            _nodes.ForEach(Enter);
            IsChanged = true;
        }
        foreach (string name in _constants.Keys.Where(name => !needed.Contains(name)).ToList())
        {
            _constants.Remove(name);
            IsChanged = true;
        }
    }

    /// <summary>Writes the graph as a file of its own.</summary>
    /// <param name="result">Where it is written, or counted.</param>
    /// <param name="source">The file that the graph came from.</param>
    /// <param name="writeConstant">Writes a constant of the file as a graph message of its own, or says that it is to be copied as it stands.</param>
    /// <param name="writeNode">Writes an operation of the file that nobody changed, or says that it is to be copied as it stands.</param>
    public void Write(ProtobufOutput result, Stream source, Func<OnnxTensor, ProtobufOutput, bool>? writeConstant = null,
        Func<OnnxNode, ProtobufOutput, bool>? writeNode = null)
    {
        WriteModel(result, source);
        foreach (var (domain, version) in _newOperators.Where(o => !Imports(source, o.Key)))
        {
            using var import = new ProtobufOutput();
            import.Bytes(1, Encoding.UTF8.GetBytes(domain));
            import.Number(2, version);
            result.Bytes(ModelOperators, import.ToArray());
        }
        bool listsOnlyInputs = ListsOnlyInputs;
        bool keepsAll = !IsCut && _newInputs.Count == 0;
        var inputs = Graph.Inputs.Where(i => (keepsAll || Consumers(i.Name).Count > 0) && !_newInputs.ContainsKey(i.Name)).Select(i => i.Field).ToHashSet();
        foreach (var field in Graph.GraphFields)
        {
            bool stays = field.Number switch
            {
                GraphInput => (keepsAll && !listsOnlyInputs) || inputs.Contains(field),
                GraphOutput => !IsCut && _newOutputs.Count == 0,
                GraphValueInfo => KeepsShapes,
                GraphNode or GraphInitializer => false,
                _ => true,
            };
            if (stays)
            {
                CopyPart(result, source, field);
            }
        }
        foreach (byte[] input in _newInputs.Values)
        {
            WritePart(result, GraphInput, input, 0);
        }
        if (IsCut || _newOutputs.Count > 0)
        {
            WriteOutput(result, source);
        }
        foreach (var node in _nodes)
        {
            if (node is not { IsUnchanged: true, Original: { } original })
            {
                WritePart(result, GraphNode, node.ToArray(source), 0);
            }
            else if (writeNode?.Invoke(original, result) != true)
            {
                CopyPart(result, source, original.Field);
            }
        }
        foreach (var constant in _constants.Values)
        {
            WriteConstant(result, source, constant, writeConstant);
        }
    }

    /// <summary>Whether the file names a domain already, in whatever version its operators of that are.</summary>
    private bool Imports(Stream source, string domain)
    {
        var reader = new ProtobufReader(source);
        foreach (var import in Graph.ModelFields.Where(f => f.Number == ModelOperators))
        {
            for (long at = import.Start; reader.TryRead(ref at, import.End, out var field);)
            {
                if (field.Number == 1 && reader.String(field) == domain)
                {
                    return true;
                }
            }
        }
        return false;
    }

    private bool IsCut => !_outputs.SequenceEqual(Graph.Outputs.Select(o => o.Name));

    private static void WriteConstant(ProtobufOutput result, Stream source, DraftTensor constant,
        Func<OnnxTensor, ProtobufOutput, bool>? writeConstant)
    {
        if (constant.Original is not { } original)
        {
            WritePart(result, GraphInitializer, constant.Head(), constant.Data!.Length);
            result.Append(constant.Data);
        }
        else if (writeConstant?.Invoke(original, result) != true)
        {
            CopyPart(result, source, original.Field);
        }
    }

    private void WriteOutput(ProtobufOutput result, Stream source)
    {
        foreach (string name in _outputs)
        {
            if (_newOutputs.TryGetValue(name, out byte[]? output))
            {
                WritePart(result, GraphOutput, output, 0);
                continue;
            }
            if (Graph.Output(name) is { } declared)
            {
                CopyPart(result, source, declared.Field);
                continue;
            }
            // A name alone will do (ValueInfoProto.name): ONNX Runtime infers the type.
            using var value = new ProtobufOutput();
            value.Bytes(1, Encoding.UTF8.GetBytes(name));
            WritePart(result, GraphOutput, value.ToArray(), 0);
        }
    }

    // A graph message of its own for each part: readers merge them (protobuf.dev, "Last One Wins"), so that no length need be known beforehand.
    private static void CopyPart(ProtobufOutput result, Stream source, ProtobufField field)
    {
        result.Header(ModelGraph, field.End - field.Begin);
        result.Copy(source, field.Begin, field.End);
    }

    /// <summary>Writes a part whose content begins with <paramref name="head"/> and goes on with as many bytes as the caller then appends.</summary>
    public static void WritePart(ProtobufOutput result, int number, ReadOnlySpan<byte> head, long rest)
    {
        using var part = new ProtobufOutput();
        part.Header(number, head.Length + rest);
        part.Append(head);
        result.Header(ModelGraph, part.Length + rest);
        result.Append(part.ToArray());
    }

    private void Enter(DraftNode node)
    {
        foreach (string output in node.Outputs.Where(o => o.Length > 0))
        {
            _producers[output] = node;
            _names.Add(output);
        }
        foreach (string input in node.Reads.Where(i => i.Length > 0))
        {
            if (!_consumers.TryGetValue(input, out var consumers))
            {
                _consumers.Add(input, consumers = []);
            }
            consumers.Add(node);
        }
    }

    private void Leave(DraftNode node)
    {
        foreach (string output in node.Outputs.Where(o => _producers.GetValueOrDefault(o) == node))
        {
            _producers.Remove(output);
        }
        foreach (string input in node.Reads.Where(i => i.Length > 0))
        {
            _consumers[input].Remove(node);
        }
    }
}
