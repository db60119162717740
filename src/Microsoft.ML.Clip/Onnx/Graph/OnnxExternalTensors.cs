using System.Globalization;
using System.Text;

namespace Microsoft.ML.Clip;

/// <summary>
/// Writes the tensors of a graph whose data lie in other files: with the data inside, or with other names for the files. They are initializers, and also
/// constants in attributes, and initializers of graphs within operations: whatever holds one is written anew, as its length changes.
/// </summary>
/// <param name="files">The files of the model.</param>
/// <param name="graph">The structure of the file.</param>
/// <param name="source">The file.</param>
/// <param name="places">The names to give to the files, by those that the graph has; null to bring the data inside.</param>
internal sealed class OnnxExternalTensors(ModelFiles files, OnnxGraph graph, Stream source, IReadOnlyDictionary<string, string>? places)
{
    private const int ModelGraph = 7, GraphNode = 1, GraphInitializer = 5, NodeAttribute = 5;
    private const int AttributeTensor = 5, AttributeGraph = 6, AttributeTensors = 10, AttributeGraphs = 11;
    private const int TensorRawData = 9, TensorExternalData = 13, TensorDataLocation = 14;

    private readonly long[] _begins = [.. graph.ExternalTensors.Keys.Order()];
    private readonly ProtobufReader _reader = new(source);

    private enum Message
    {
        Node,
        Attribute,
        Graph,
        Tensor,
    }

    /// <summary>Where the data of a tensor lies in its external file.</summary>
    /// <exception cref="InvalidDataException">A number is none, or the file has no such bytes.</exception>
    public static (string File, long Start, long End) Range(ModelFiles files, OnnxGraph graph, OnnxTensor tensor)
    {
        string file = OnnxExternalData.Resolve(files, graph, tensor.ExternalData!["location"]);
        using var stream = files.OpenRead(file);
        var (start, end) = Range(files, graph, tensor, file, stream.Length);
        return (file, start, end);
    }

    /// <summary>Where the data of a tensor lies in its external file, whose length is known.</summary>
    /// <exception cref="InvalidDataException">A number is none, or the file has no such bytes.</exception>
    public static (long Start, long End) Range(ModelFiles files, OnnxGraph graph, OnnxTensor tensor, string file, long fileLength)
    {
        long start = Number("offset") ?? 0, length = Number("length") ?? (fileLength - start);
        return length >= 0 && start <= fileLength - length ? (start, start + length)
            : throw new InvalidDataException($"The tensor '{tensor.Name}' of {graph.Description} claims bytes {start:N0} to {(Int128)start + length:N0} of {files.Describe(file)}, which holds {fileLength:N0}.");

        long? Number(string key) => !tensor.ExternalData!.TryGetValue(key, out string? text) ? null
            : long.TryParse(text, NumberStyles.None, CultureInfo.InvariantCulture, out long n) ? n
            : throw new InvalidDataException($"The tensor '{tensor.Name}' of {graph.Description} has '{text}' for its '{key}' in {files.Describe(file)}, where a whole number of at least 0 is expected.");
    }

    /// <summary>
    /// Sees that the tensors take about as much as their files hold. A few may share their weights; but each has its own copy in memory, so that a graph of
    /// kilobytes could ask for any multiple of its files.
    /// </summary>
    /// <exception cref="InvalidDataException">They take more than twice as much, or one lies outside its file.</exception>
    public static void RequireOwnData(ModelFiles files, OnnxGraph graph)
    {
        long held = 0;
        foreach (string file in OnnxExternalData.Files(files, graph))
        {
            using var stream = files.OpenRead(file);
            held += stream.Length;
        }
        Int128 taken = 0;
        foreach (var tensor in graph.ExternalTensors.Values)
        {
            var (_, start, end) = Range(files, graph, tensor);
            taken += end - start;
        }
        if (taken > 2 * (Int128)held)
        {
            throw new InvalidDataException($"The tensors of {graph.Description} take {taken:N0} bytes of files that hold {held:N0}, as they share the same ones; twice is the most.");
        }
    }

    /// <summary>Whether one of the tensors lies within a field.</summary>
    public bool IsWithin(ProtobufField field)
    {
        int place = Array.BinarySearch(_begins, field.Start);
        place = place < 0 ? ~place : place;
        return place < _begins.Length && _begins[place] < field.End;
    }

    /// <summary>Writes an initializer of the outermost graph as a graph message of its own. Data are copied once, whatever their size.</summary>
    public void WriteInitializer(OnnxTensor tensor, ProtobufOutput result)
    {
        byte[] head = Head(tensor, out var data);
        long length = head.Length + (data is { } range ? range.End - range.Start : 0);
        using var initializer = new ProtobufOutput();
        initializer.Header(GraphInitializer, length);
        result.Header(ModelGraph, initializer.Length + length);
        result.Append(initializer.ToArray());
        result.Append(head);
        Append(data, result);
    }

    /// <summary>Writes an operation, tag and length included.</summary>
    /// <exception cref="InvalidDataException">It is more than memory holds in one piece.</exception>
    public void WriteNode(ProtobufField node, ProtobufOutput result) => Write(node, Message.Node, result);

    private void Write(ProtobufField field, Message kind, ProtobufOutput result)
    {
        if (!IsWithin(field) && !(kind == Message.Tensor && graph.ExternalTensors.ContainsKey(field.Begin)))
        {
            result.Copy(source, field.Begin, field.End);
            return;
        }
        using var content = new ProtobufOutput();
        if (kind == Message.Tensor)
        {
            content.Append(Head(graph.ExternalTensors[field.Begin], out var data));
            Append(data, content);
        }
        else
        {
            for (long at = field.Start; _reader.TryRead(ref at, field.End, out var inner);)
            {
                if (Kind(kind, inner.Number) is { } innerKind)
                {
                    Write(inner, innerKind, content);
                }
                else
                {
                    content.Copy(source, inner.Begin, inner.End);
                }
            }
        }
        result.Bytes(field.Number, content.ToArray());
    }

    private static Message? Kind(Message outer, int number) => (outer, number) switch
    {
        (Message.Node, NodeAttribute) => Message.Attribute,
        (Message.Attribute, AttributeTensor or AttributeTensors) => Message.Tensor,
        (Message.Attribute, AttributeGraph or AttributeGraphs) => Message.Graph,
        (Message.Graph, GraphNode) => Message.Node,
        (Message.Graph, GraphInitializer) => Message.Tensor,
        _ => null,
    };

    /// <summary>A tensor's message up to its data, and where these lie; there are none to follow where only a name changes.</summary>
    private byte[] Head(OnnxTensor tensor, out (string File, long Start, long End)? data)
    {
        data = places is null ? Range(files, graph, tensor) : null;
        using var head = new ProtobufOutput();
        for (long at = tensor.Field.Start; _reader.TryRead(ref at, tensor.Field.End, out var field);)
        {
            bool isReplaced = field.Number == TensorExternalData || (places is null && field.Number is TensorDataLocation or TensorRawData);
            if (!isReplaced)
            {
                head.Copy(source, field.Begin, field.End);
            }
        }
        if (data is { } range)
        {
            head.Header(TensorRawData, range.End - range.Start);
            return head.ToArray();
        }
        foreach (var (key, value) in tensor.ExternalData!)
        {
            using var entry = new ProtobufOutput();
            entry.Bytes(1, Encoding.UTF8.GetBytes(key));
            entry.Bytes(2, Encoding.UTF8.GetBytes(key == "location" ? places![value] : value));
            head.Bytes(TensorExternalData, entry.ToArray());
        }
        return head.ToArray();
    }

    private void Append((string File, long Start, long End)? data, ProtobufOutput result)
    {
        if (data is { } range)
        {
            using var stream = files.OpenRead(range.File);
            result.Copy(stream, range.Start, range.End);
        }
    }
}
