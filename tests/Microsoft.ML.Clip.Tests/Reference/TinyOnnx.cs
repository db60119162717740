using System.Globalization;
using System.Runtime.InteropServices;

namespace Microsoft.ML.Clip.Tests;

/// <summary>
/// Writes small ONNX files, so that tests need none from elsewhere. Field numbers are those of onnx.proto3
/// (ModelProto, GraphProto, NodeProto, AttributeProto, TensorProto, ValueInfoProto).
/// </summary>
internal sealed class TinyOnnx
{
    public const int Float = 1, Int8 = 3, Int32 = 6, Int64 = 7, Float16 = 10;

    private readonly ProtobufWriter _graph = new ProtobufWriter().String(2, "tiny");
    private readonly List<KeyValuePair<string, string>> _metadata = [];
    private readonly MemoryStream _externalData = new();

    /// <summary>When set, the weights of rank 2 and more go to <see cref="ExternalData"/>, which must be saved under this name beside the model.</summary>
    public string? ExternalDataName { get; init; }

    /// <summary>Whether <see cref="Weights"/> are written in half precision.</summary>
    public bool HalfWeights { get; init; }

    /// <summary>What the file named <see cref="ExternalDataName"/> must hold.</summary>
    public byte[] ExternalData => _externalData.ToArray();

    /// <summary>Declares an input; a dimension is a number or, if dynamic, a name.</summary>
    public TinyOnnx Input(string name, int elementType, params object[] dimensions) => ValueInfo(11, name, elementType, dimensions);

    /// <summary>Declares an output; a dimension is a number or, if dynamic, a name.</summary>
    public TinyOnnx Output(string name, int elementType, params object[] dimensions) => ValueInfo(12, name, elementType, dimensions);

    public TinyOnnx Metadata(string key, string value)
    {
        _metadata.Add(new(key, value));
        return this;
    }

    /// <summary>Adds an operation of the default domain. An attribute is an int, a float, a text, an array of ints, a tensor's message, or a graph.</summary>
    public TinyOnnx Node(string operation, string[] inputs, string[] outputs, params (string Name, object Value)[] attributes)
    {
        _graph.Message(1, node =>
        {
            Array.ForEach(inputs, i => node.String(1, i));
            Array.ForEach(outputs, o => node.String(2, o));
            node.String(3, "/" + outputs[0] + "/" + operation).String(4, operation);
            foreach (var (name, value) in attributes)
            {
                node.Message(5, a => Attribute(a, name, value));
            }
        });
        return this;
    }

    /// <summary>A tensor of floats as raw bytes, the way every exporter writes them.</summary>
    public TinyOnnx Weights(string name, float[] values, params int[] dimensions)
    {
        var raw = HalfWeights ? MemoryMarshal.AsBytes(Array.ConvertAll(values, v => (Half)v).AsSpan()) : MemoryMarshal.AsBytes(values.AsSpan());
        long offset = _externalData.Position;
        bool external = ExternalDataName is not null && dimensions.Length >= 2;
        if (external)
        {
            _externalData.Write(raw);
        }
        return Tensor(name, HalfWeights ? Float16 : Float, raw.ToArray(), dimensions, external ? offset : null);
    }

    /// <summary>Floats at a place of the file of external data, which somebody else writes.</summary>
    public TinyOnnx WeightsAt(string name, long offset, params int[] dimensions) =>
        Tensor(name, Float, null, dimensions, offset);

    public TinyOnnx SignedBytes(string name, sbyte[] values, params int[] dimensions) =>
        Tensor(name, Int8, MemoryMarshal.AsBytes(values.AsSpan()).ToArray(), dimensions, externalOffset: null);

    public TinyOnnx Integers(string name, long[] values, params int[] dimensions) =>
        Tensor(name, Int64, MemoryMarshal.AsBytes(values.AsSpan()).ToArray(), dimensions, externalOffset: null);

    /// <summary>The file.</summary>
    /// <param name="opset">The version of ONNX's operators.</param>
    /// <param name="version">That of the format (ir_version); of 3, each constant must be declared as an input, too.</param>
    public byte[] ToBytes(int opset = 17, int version = 8)
    {
        var model = new ProtobufWriter().Int(1, version).String(2, "tiny").Bytes(7, _graph.ToArray()).Message(8, o => o.Int(2, opset));
        _metadata.ForEach(entry => model.Message(14, m => m.String(1, entry.Key).String(2, entry.Value)));
        return model.ToArray();
    }

    private TinyOnnx ValueInfo(int field, string name, int elementType, object[] dimensions)
    {
        _graph.Message(field, v => v.String(1, name).Message(2, type => type.Message(1, tensor => tensor.Int(1, elementType).Message(2, shape =>
            Array.ForEach(dimensions, d => shape.Message(1, dimension => _ = d is int size ? dimension.Int(1, size) : dimension.String(2, (string)d)))))));
        return this;
    }

    private TinyOnnx Tensor(string name, int elementType, byte[]? raw, int[] dimensions, long? externalOffset)
    {
        _graph.Message(5, t =>
        {
            Array.ForEach(dimensions, d => t.Int(1, d));
            t.Int(2, elementType).String(8, name);
            if (externalOffset is { } offset)
            {
                void Entry(string key, string value) => t.Message(13, e => e.String(1, key).String(2, value));
                Entry("location", ExternalDataName!);
                Entry("offset", offset.ToString(CultureInfo.InvariantCulture));
                Entry("length", (raw?.Length ?? dimensions.Aggregate((long)sizeof(float), (a, d) => a * d)).ToString(CultureInfo.InvariantCulture));
                t.Int(14, 1);
            }
            else
            {
                t.Bytes(9, raw!);
            }
        });
        return this;
    }

    private static void Attribute(ProtobufWriter attribute, string name, object value)
    {
        attribute.String(1, name);
        switch (value)
        {
            case int i: attribute.Int(3, i).Int(20, 2); break;
            case string text: attribute.String(4, text).Int(20, 3); break;
            case float f: attribute.Float(2, f).Int(20, 1); break;
            case TinyOnnx inner: attribute.Bytes(6, inner._graph.ToArray()).Int(20, 5); break;
            case byte[] tensor: attribute.Bytes(5, tensor).Int(20, 4); break;
            case int[] many: Array.ForEach(many, i => attribute.Int(8, i)); attribute.Int(20, 7); break;
            default: throw new ArgumentException($"no ONNX attribute of type {value.GetType()}", nameof(value));
        }
    }
}
