using Microsoft.ML.OnnxRuntime.Tensors;

namespace Microsoft.ML.Clip;

/// <summary>Reads the structure of an ONNX file (onnx.proto3: ModelProto and GraphProto) and skips its weights.</summary>
/// <remarks>
/// What it refuses, ONNX Runtime does not see: graphs nested without end, and lists that are small in the file and large in memory. Nothing here takes more
/// than a small multiple of the file.
/// </remarks>
internal sealed class OnnxGraphReader
{
    /// <summary>How deep graphs may lie within nodes; ONNX Runtime's parser stops at 100 messages, which are 33 graphs.</summary>
    public const int MaximumDepth = 100;

    /// <summary>How many operations, tensors, inputs and outputs a file may have, inner graphs included. The largest have some 30,000 operations.</summary>
    public const int MaximumParts = 500_000;

    /// <summary>How many axes a tensor may have.</summary>
    public const int MaximumRank = 64;

    // A list of numbers as an attribute: permutations, strides, paddings; a list of the length of a vocabulary is imaginable.
    private const int MaximumAttributeLength = 1 << 20;

    // Permutations, axes and shapes.
    private const int MaximumShortList = 64, MaximumVarintLength = 10;

    private int _parts;

    private readonly ProtobufReader _reader;
    private readonly List<OnnxNode> _nodes = [];
    private readonly List<OnnxValue> _inputs = [], _outputs = [];
    private readonly Dictionary<string, OnnxTensor> _initializers = new(StringComparer.Ordinal);
    private readonly Dictionary<string, string> _metadata = new(StringComparer.Ordinal);
    private readonly HashSet<string> _externalLocations = new(StringComparer.Ordinal);
    private readonly Dictionary<long, OnnxTensor> _externalTensors = [];
    private readonly List<ProtobufField> _modelFields = [], _graphFields = [];

    private OnnxGraphReader(Stream stream) => _reader = new ProtobufReader(stream);

    /// <summary>Reads the structure of one file.</summary>
    /// <exception cref="InvalidDataException">The file is not an ONNX model, or is truncated or broken; the message names it.</exception>
    public static OnnxGraph Read(ModelFiles files, string name)
    {
        using var stream = files.OpenRead(name);
        return Read(stream, name, files.Describe(name), FileStamp.Of(stream));
    }

    /// <summary>Reads the structure of a stream.</summary>
    /// <exception cref="InvalidDataException">It is not an ONNX model, or is truncated or broken; the message names it.</exception>
    public static OnnxGraph Read(Stream stream, string name, string description, FileStamp? stamp = null)
    {
        try
        {
            if (OnnxFileCheck.WhatItIsInstead(stream) is { } found)
            {
                throw new InvalidDataException(found);
            }
            return new OnnxGraphReader(stream).ReadModel(stream.Length, name, description, stamp);
        }
        catch (Exception e) when (e is InvalidDataException or EndOfStreamException or OverflowException)
        {
            throw new InvalidDataException($"The file {description} is not a readable ONNX model: {e.Message.TrimEnd('.')}.", e);
        }
    }

    private OnnxGraph ReadModel(long length, string name, string description, FileStamp? stamp)
    {
        bool hasGraph = false;
        for (long at = 0; _reader.TryRead(ref at, length, out var field);)
        {
            switch (field.Number)
            {
                case 7: ReadGraph(field); hasGraph = true; continue;
                case 14: ReadEntry(field, _metadata); break;
            }
            CountPart();
            _modelFields.Add(field);
        }
        if (!hasGraph || _nodes.Count == 0)
        {
            throw new InvalidDataException("it holds no graph");
        }
        return new OnnxGraph(_nodes)
        {
            FileName = name,
            Description = description,
            Stamp = stamp,
            Inputs = [.. _inputs.Where(i => !_initializers.ContainsKey(i.Name))],
            Outputs = _outputs,
            Initializers = _initializers,
            Metadata = _metadata,
            ExternalLocations = [.. _externalLocations],
            ExternalTensors = _externalTensors,
            ModelFields = _modelFields,
            GraphFields = _graphFields,
        };
    }

    private void ReadGraph(ProtobufField graph)
    {
        for (long at = graph.Start; _reader.TryRead(ref at, graph.End, out var field);)
        {
            CountPart();
            switch (field.Number)
            {
                case 1: _nodes.Add(ReadNode(field, [], depth: 0)); break;
                case 5: var tensor = ReadTensor(field); _initializers[tensor.Name] = tensor; break;
                case 11: _inputs.Add(ReadValue(field)); break;
                case 12: _outputs.Add(ReadValue(field)); break;
            }
            _graphFields.Add(field);
        }
    }

    private OnnxNode ReadNode(ProtobufField node, List<string> captured, int depth)
    {
        List<string> inputs = [], outputs = [];
        var numbers = new Dictionary<string, double>(StringComparer.Ordinal);
        Dictionary<string, IReadOnlyList<long>>? lists = null;
        OnnxTensor? value = null;
        string operation = "", domain = "";
        for (long at = node.Start; _reader.TryRead(ref at, node.End, out var field);)
        {
            switch (field.Number)
            {
                case 1: inputs.Add(_reader.String(field)); break;
                case 2: outputs.Add(_reader.String(field)); break;
                case 4: operation = _reader.String(field); break;
                case 5: ReadAttribute(field, numbers, ref lists, ref value, captured, depth); break;
                case 7: domain = _reader.String(field); break;
            }
        }
        return new OnnxNode
        {
            Operation = operation,
            Domain = domain,
            Inputs = inputs,
            Outputs = outputs,
            Captured = captured,
            Numbers = numbers,
            Lists = lists ?? OnnxNode.NoLists,
            Value = operation == "Constant" ? value : null,
            Field = node,
        };
    }

    private void ReadAttribute(ProtobufField attribute, Dictionary<string, double> numbers, ref Dictionary<string, IReadOnlyList<long>>? lists,
        ref OnnxTensor? value,
        List<string> captured, int depth)
    {
        string name = "";
        double? number = null;
        List<long>? list = null;
        for (long at = attribute.Start; _reader.TryRead(ref at, attribute.End, out var field);)
        {
            switch (field.Number)
            {
                case 1: name = _reader.String(field); break;
                case 2: number = BitConverter.UInt32BitsToSingle((uint)field.Value); break;
                case 3: number = (long)field.Value; break;
                case 5: number = (value = ReadTensor(field)).Scalar; break;
                case 6 or 11: ReadInnerGraph(field, captured, depth + 1); break;
                case 7 or 8 when field.Length > MaximumAttributeLength:
                    throw new InvalidDataException($"the attribute at byte {attribute.Begin:N0} is a list of {field.Length:N0} bytes; {MaximumAttributeLength:N0} are the most");
                case 8 when list is null || list.Count <= MaximumShortList: ReadList(field, list ??= []); break;
                case 10: ReadTensor(field); break;
            }
        }
        if (number is { } single)
        {
            numbers[name] = single;
        }
        if (list?.Count <= MaximumShortList)
        {
            (lists ??= new(StringComparer.Ordinal))[name] = list;
        }
    }

    // One more than a short list is enough to know that it is none.
    private void ReadList(ProtobufField field, List<long> list)
    {
        if (field.Length <= MaximumShortList * MaximumVarintLength)
        {
            _reader.Integers(field, list, MaximumShortList + MaximumShortList * MaximumVarintLength, "an attribute");
        }
        else
        {
            list.AddRange(new long[MaximumShortList + 1]);
        }
    }

    /// <summary>A graph inside a node sees the tensors outside by name; which names are its own does not matter here.</summary>
    private void ReadInnerGraph(ProtobufField graph, List<string> captured, int depth)
    {
        if (depth > MaximumDepth)
        {
            throw new InvalidDataException($"the graph at byte {graph.Begin:N0} lies within more than {MaximumDepth} others");
        }
        for (long at = graph.Start; _reader.TryRead(ref at, graph.End, out var field);)
        {
            CountPart();
            switch (field.Number)
            {
                case 1: captured.AddRange(ReadNode(field, captured, depth).Inputs); break;
                case 5: ReadTensor(field); break;
                case 12: captured.Add(ReadValue(field).Name); break;
            }
        }
    }

    private OnnxTensor ReadTensor(ProtobufField tensor)
    {
        List<long> dimensions = [], integers = [];
        var external = new Dictionary<string, string>(StringComparer.Ordinal);
        ProtobufField? data = null;
        string name = "";
        var type = TensorElementType.DataTypeMax;
        for (long at = tensor.Start; _reader.TryRead(ref at, tensor.End, out var field);)
        {
            switch (field.Number)
            {
                case 1: _reader.Integers(field, dimensions, MaximumRank, "the axes of a tensor"); break;
                case 2: type = (TensorElementType)field.Value; break;
                case 8: name = _reader.String(field); break;
                case 4 or 5 or 7 or 9 or 10: data = field; break;
                case 13: ReadEntry(field, external); break;
            }
        }
        if (external.Count > 0)
        {
            _externalLocations.Add(external.TryGetValue("location", out string? location) ? location
                : throw new InvalidDataException($"the tensor '{name}' has its data in another file, which it does not name"));
        }
        var result = new OnnxTensor(name, type, dimensions)
        {
            Field = tensor,
            RawData = data is { Number: 9, IsRange: true } && external.Count == 0 ? data : null,
            ExternalData = external.Count > 0 ? external : null,
        };
        if (external.Count > 0)
        {
            _externalTensors[tensor.Begin] = result;
        }
        bool isScalar = result.IsSingle && data is not null;
        return isScalar ? result with { Scalar = OnnxScalar.Read(_reader, data!, type) } : result;
    }

    private OnnxValue ReadValue(ProtobufField value)
    {
        string name = "";
        var type = TensorElementType.DataTypeMax;
        List<int?>? dimensions = null;
        for (long at = value.Start; _reader.TryRead(ref at, value.End, out var field);)
        {
            if (field.Number == 1)
            {
                name = _reader.String(field);
            }
            else if (field.Number == 2 && Child(field, 1) is { } tensorType)
            {
                type = (TensorElementType)(Child(tensorType, 1)?.Value ?? (ulong)type);
                dimensions = Child(tensorType, 2) is { } shape ? ReadShape(shape) : null;
            }
        }
        return new OnnxValue(name, type, dimensions) { Field = value };
    }

    private List<int?> ReadShape(ProtobufField shape)
    {
        List<int?> dimensions = [];
        for (long at = shape.Start; _reader.TryRead(ref at, shape.End, out var dimension);)
        {
            if (dimensions.Count == MaximumRank)
            {
                throw new InvalidDataException($"the shape at byte {shape.Begin:N0} has more than {MaximumRank} axes");
            }
            // dim_value (1) is a size, dim_param (2) a name for a dynamic axis; some exporters write sizes of 0 or -1 for dynamic axes.
            dimensions.Add(Child(dimension, 1) is { Value: > 0 and <= int.MaxValue } size ? (int)size.Value : null);
        }
        return dimensions;
    }

    private void CountPart()
    {
        if (++_parts > MaximumParts)
        {
            throw new InvalidDataException($"it has more than {MaximumParts:N0} operations and tensors, more than any graph of CLIP");
        }
    }

    private void ReadEntry(ProtobufField entry, Dictionary<string, string> entries)
    {
        string key = Child(entry, 1) is { } k ? _reader.String(k) : "";
        entries[key] = Child(entry, 2) is { } value ? _reader.String(value) : "";
    }

    private ProtobufField? Child(ProtobufField message, int number)
    {
        for (long at = message.Start; _reader.TryRead(ref at, message.End, out var field);)
        {
            if (field.Number == number)
            {
                return field;
            }
        }
        return null;
    }
}
