using System.Globalization;
using Google.Protobuf;
using static Microsoft.ML.Model.OnnxConverter.OnnxCSharpToProtoWrapper;
using static Microsoft.ML.Model.OnnxConverter.OnnxCSharpToProtoWrapper.TensorProto.Types;

namespace Microsoft.ML.Clip;

/// <summary>
/// Writes an ONNX graph (onnx.ai, opset 17) node by node. The messages are those of ML.NET's own ONNX converter; see docs/adr/0006-onnx-export.md.
/// </summary>
internal sealed class OnnxGraphBuilder
{
    /// <summary>The operator set: the first with LayerNormalization, which ONNX Runtime has since 1.12.</summary>
    private const int Opset = 17;

    /// <summary>The file format that belongs to it.</summary>
    private const int IrVersion = 8;

    // Protobuf readers hold a file in one array. The nodes and names around the weights take kilobytes.
    private const long MaximumWeightBytes = int.MaxValue - (16 << 20);

    private readonly GraphProto _graph;
    private readonly HashSet<string> _names = new(StringComparer.Ordinal);
    private long _weightBytes;

    public OnnxGraphBuilder(string name) => _graph = new GraphProto { Name = name };

    /// <summary>What the names of the nodes that follow start with: the part of the network that they belong to.</summary>
    public string Scope { get; set; } = "";

    /// <summary>Declares an input; an axis is a size or, if dynamic, a name.</summary>
    public string Input(string name, DataType type, params object[] axes)
    {
        _graph.Input.Add(Declaration(name, type, axes));
        return Reserve(name);
    }

    /// <summary>Declares a float32 output under a name of its own.</summary>
    /// <exception cref="ArgumentException">No node gives the tensor, or the name is there already.</exception>
    public void Output(string name, string tensor, params object[] axes)
    {
        if (!_graph.Node.Any(node => node.Output.Contains(tensor)))
        {
            throw new ArgumentException($"The output '{name}' has nothing to give: no node gives '{tensor}'.", nameof(tensor));
        }
        Reserve(name);
        // Renaming what the last node gives, instead of an Identity behind it, keeps readers simple.
        foreach (var node in _graph.Node)
        {
            Rename(node.Input);
            Rename(node.Output);
        }
        _graph.Output.Add(Declaration(name, DataType.Float, axes));

        void Rename(IList<string> names)
        {
            for (int i = 0; i < names.Count; i++)
            {
                names[i] = names[i] == tensor ? name : names[i];
            }
        }
    }

    /// <summary>Adds a node with one output.</summary>
    /// <param name="operation">The operator, of the default domain.</param>
    /// <param name="inputs">The tensors that it takes.</param>
    /// <param name="attributes">A value is a long, a float, or an array of longs.</param>
    /// <returns>The name of the tensor that it gives.</returns>
    public string Node(string operation, IEnumerable<string> inputs, params ReadOnlySpan<(string Name, object Value)> attributes) =>
        Nodes(operation, 1, inputs, attributes)[0];

    /// <summary>Adds a node with several outputs.</summary>
    public string[] Nodes(string operation, int outputs, IEnumerable<string> inputs, params ReadOnlySpan<(string Name, object Value)> attributes)
    {
        string name = Unique($"{Scope}/{operation}");
        string[] results = outputs == 1 ? [name] : [.. Enumerable.Range(0, outputs).Select(i => Reserve($"{name}.{i}"))];
        var node = new NodeProto { OpType = operation, Name = name };
        node.Input.Add(inputs);
        node.Output.Add(results);
        foreach (var (key, value) in attributes)
        {
            node.Attribute.Add(Attribute(key, value));
        }
        _graph.Node.Add(node);
        return results;
    }

    /// <summary>A constant vector of integers.</summary>
    public string Integers(params ReadOnlySpan<long> values) =>
        Initializer($"{Scope}/integers", DataType.Int64, System.Runtime.InteropServices.MemoryMarshal.AsBytes(values), values.Length);

    /// <summary>A constant number without axes.</summary>
    public string Integer(long value) => Initializer($"{Scope}/integer", DataType.Int64, BitConverter.GetBytes(value));

    /// <summary>A constant number without axes.</summary>
    public string Number(float value) => Initializer($"{Scope}/number", DataType.Float, BitConverter.GetBytes(value));

    /// <summary>Adds a constant tensor.</summary>
    /// <param name="name">Its name, made unique.</param>
    /// <param name="type">The type of its elements.</param>
    /// <param name="bytes">Its values, little-endian.</param>
    /// <param name="shape">The sizes of its axes.</param>
    /// <exception cref="InvalidOperationException">The graph would exceed what one ONNX file can hold.</exception>
    public string Initializer(string name, DataType type, ReadOnlySpan<byte> bytes, params ReadOnlySpan<int> shape)
    {
        _weightBytes += bytes.Length;
        if (_weightBytes > MaximumWeightBytes)
        {
            throw new InvalidOperationException($"The graph {_graph.Name} would exceed the 2 GB that one ONNX file can hold. Export it as {ClipWeightPrecision.Float16}.");
        }
        var tensor = new TensorProto { Name = Unique(name), DataType = (int)type, RawData = ByteString.CopyFrom(bytes) };
        foreach (int size in shape)
        {
            tensor.Dims.Add(size);
        }
        _graph.Initializer.Add(tensor);
        return tensor.Name;
    }

    /// <summary>The file.</summary>
    /// <param name="metadata">Pairs of keys and values that it carries.</param>
    public IMessage Build(IEnumerable<KeyValuePair<string, string>> metadata)
    {
        var model = new ModelProto
        {
            IrVersion = IrVersion,
            ProducerName = typeof(OnnxGraphBuilder).Assembly.GetName().Name,
            ProducerVersion = typeof(OnnxGraphBuilder).Assembly.GetName().Version!.ToString(3),
            Graph = _graph,
        };
        model.OpsetImport.Add(new OperatorSetIdProto { Version = Opset });
        model.MetadataProps.Add(metadata.Select(m => new StringStringEntryProto { Key = m.Key, Value = m.Value }));
        return model;
    }

    private static ValueInfoProto Declaration(string name, DataType type, object[] axes)
    {
        var shape = new TensorShapeProto();
        shape.Dim.Add(axes.Select(axis => axis is string symbol
            ? new TensorShapeProto.Types.Dimension { DimParam = symbol }
            : new TensorShapeProto.Types.Dimension { DimValue = Convert.ToInt64(axis, CultureInfo.InvariantCulture) }));
        return new ValueInfoProto { Name = name, Type = new TypeProto { TensorType = new TypeProto.Types.Tensor { ElemType = (int)type, Shape = shape } } };
    }

    private static AttributeProto Attribute(string name, object value)
    {
        var attribute = new AttributeProto { Name = name };
        switch (value)
        {
            case long i:
                (attribute.Type, attribute.I) = (AttributeProto.Types.AttributeType.Int, i);
                break;
            case float f:
                (attribute.Type, attribute.F) = (AttributeProto.Types.AttributeType.Float, f);
                break;
            case long[] many:
                attribute.Type = AttributeProto.Types.AttributeType.Ints;
                attribute.Ints.Add(many);
                break;
            default:
                throw new ArgumentException($"No attribute is made of {value.GetType()}.", nameof(value));
        }
        return attribute;
    }

    private string Unique(string name)
    {
        string unique = name;
        for (int i = 1; !_names.Add(unique); i++)
        {
            unique = $"{name}_{i}";
        }
        return unique;
    }

    private string Reserve(string name) => _names.Add(name) ? name : throw new ArgumentException($"The tensor '{name}' is there already.", nameof(name));
}
