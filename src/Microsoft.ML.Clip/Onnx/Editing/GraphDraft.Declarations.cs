using System.Globalization;
using System.Text;
using Microsoft.ML.OnnxRuntime.Tensors;

namespace Microsoft.ML.Clip;

/// <content>What a graph takes, gives out and says of itself: other inputs and outputs than its file has, and other metadata.</content>
internal sealed partial class GraphDraft
{
    private const int ModelVersion = 1, ModelMetadata = 14;

    // From 4 on, constants need not be inputs as well.
    private const int LeastVersion = 4;

    private readonly Dictionary<string, byte[]> _newInputs = new(StringComparer.Ordinal), _newOutputs = new(StringComparer.Ordinal);
    private readonly Dictionary<string, string?> _newMetadata = new(StringComparer.Ordinal);
    private long? _newVersion;

    /// <summary>Declares an input, in the place of one of the same name if there is one.</summary>
    /// <param name="name">Its name.</param>
    /// <param name="type">Its element type.</param>
    /// <param name="dimensions">Its axes: a number, or the name of one that is left open.</param>
    public void DeclareInput(string name, TensorElementType type, params IReadOnlyList<object> dimensions)
    {
        _names.Add(name);
        _newInputs[name] = Declaration(name, type, dimensions);
        IsChanged = true;
    }

    /// <summary>Declares what an output is.</summary>
    /// <inheritdoc cref="DeclareInput" path="/param"/>
    public void DeclareOutput(string name, TensorElementType type, params IReadOnlyList<object> dimensions)
    {
        _newOutputs[name] = Declaration(name, type, dimensions);
        IsChanged = true;
    }

    /// <summary>Records a text under a key, in the place of one that is there; null takes it away.</summary>
    public void SetMetadata(string key, string? value)
    {
        _newMetadata[key] = value;
        IsChanged = true;
    }

    /// <summary>
    /// Gives a tensor another name, and whoever has that name now a new one. False, and nothing is done, where a graph within an operation reads one of them.
    /// </summary>
    public bool TryRename(string tensor, string to)
    {
        if (tensor == to)
        {
            return true;
        }
        if (Producer(tensor) is null || IsCaptured(tensor) || IsCaptured(to) || _constants.ContainsKey(to) || Graph.Inputs.Any(i => i.Name == to))
        {
            return false;
        }
        if (Producer(to) is not null)
        {
            Rename(to, NewName(to));
        }
        Rename(tensor, to);
        return true;
    }

    /// <summary>Says that ONNX's own operators are of a version: whoever says so has seen to it that they are.</summary>
    public void RaiseOperators(long version)
    {
        _newVersion = version;
        IsChanged = true;
    }

    /// <summary>The version of ONNX's own operators that the file asks for; null where it does not say.</summary>
    public long? OperatorVersion()
    {
        if (_newVersion is not null)
        {
            return _newVersion;
        }
        using var source = Files.OpenRead(Graph.FileName);
        var reader = new ProtobufReader(source);
        foreach (var import in Graph.ModelFields.Where(f => f.Number == ModelOperators))
        {
            if (OwnVersion(reader, import) is { } version)
            {
                return version;
            }
        }
        return null;
    }

    // Null of the operators of others.
    private static long? OwnVersion(ProtobufReader reader, in ProtobufField import)
    {
        string domain = "";
        long version = 0;
        for (long at = import.Start; reader.TryRead(ref at, import.End, out var field);)
        {
            domain = field.Number == 1 ? reader.String(field) : domain;
            version = field.Number == 2 ? (long)field.Value : version;
        }
        return domain is "" or "ai.onnx" ? version : null;
    }

    private bool IsCaptured(string tensor) => Consumers(tensor).Any(c => c.Original?.Captured.Contains(tensor) == true);

    private void Rename(string tensor, string to)
    {
        var producer = Producer(tensor)!;
        Leave(producer);
        producer.Outputs[producer.Outputs.IndexOf(tensor)] = to;
        Enter(producer);
        Redirect(tensor, to);
        int place = _outputs.IndexOf(tensor);
        if (place >= 0)
        {
            _outputs[place] = to;
            _givenOut = new(_outputs, StringComparer.Ordinal);
        }
        IsChanged = true;
    }

    private static byte[] Declaration(string name, TensorElementType type, IReadOnlyList<object> dimensions)
    {
        // ValueInfoProto, TypeProto.Tensor, TensorShapeProto.
        using ProtobufOutput value = new(), outer = new(), tensor = new(), shape = new();
        foreach (object dimension in dimensions)
        {
            using var axis = new ProtobufOutput();
            if (dimension is string symbol)
            {
                axis.Bytes(2, Encoding.UTF8.GetBytes(symbol));
            }
            else
            {
                axis.Number(1, Convert.ToInt64(dimension, CultureInfo.InvariantCulture));
            }
            shape.Bytes(1, axis.ToArray());
        }
        tensor.Number(1, (int)type);
        tensor.Bytes(2, shape.ToArray());
        outer.Bytes(1, tensor.ToArray());
        value.Bytes(1, Encoding.UTF8.GetBytes(name));
        value.Bytes(2, outer.ToArray());
        return value.ToArray();
    }

    /// <summary>
    /// Whether constants are not among the inputs: where there are new ones, they are not, and the file must not be of a version that wants them there.
    /// </summary>
    private bool ListsOnlyInputs => _newInputs.Count > 0 || (FileVersion < LeastVersion && _constants.Values.Any(c => c.Original is null));

    private long FileVersion => (long)(Graph.ModelFields.FirstOrDefault(f => f.Number == ModelVersion)?.Value ?? 0);

    /// <summary>Writes what stands around the graph.</summary>
    private void WriteModel(ProtobufOutput result, Stream source)
    {
        var reader = new ProtobufReader(source);
        bool listsOnlyInputs = ListsOnlyInputs;
        foreach (var field in Graph.ModelFields)
        {
            bool isReplaced = field.Number switch
            {
                ModelVersion => listsOnlyInputs,
                ModelOperators => _newVersion is not null && OwnVersion(reader, field) is not null,
                ModelMetadata => _newMetadata.Count > 0 && _newMetadata.ContainsKey(Key(field)),
                _ => false,
            };
            if (!isReplaced)
            {
                result.Copy(source, field.Begin, field.End);
            }
        }
        if (listsOnlyInputs)
        {
            result.Number(ModelVersion, Math.Max(LeastVersion, FileVersion));
        }
        if (_newVersion is { } operators)
        {
            using var import = new ProtobufOutput();
            import.Number(2, operators);
            result.Bytes(ModelOperators, import.ToArray());
        }
        foreach (var (key, value) in _newMetadata.Where(m => m.Value is not null))
        {
            using var entry = new ProtobufOutput();
            entry.Bytes(1, Encoding.UTF8.GetBytes(key));
            entry.Bytes(2, Encoding.UTF8.GetBytes(value!));
            result.Bytes(ModelMetadata, entry.ToArray());
        }

        string Key(in ProtobufField entry)
        {
            for (long at = entry.Start; reader.TryRead(ref at, entry.End, out var field);)
            {
                if (field.Number == 1)
                {
                    return reader.String(field);
                }
            }
            return "";
        }
    }
}
