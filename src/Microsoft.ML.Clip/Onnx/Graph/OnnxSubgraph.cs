namespace Microsoft.ML.Clip;

/// <summary>
/// Cuts the part that computes one tensor out of an ONNX file: one tower out of a graph that holds both, or I_f, which most exports compute
/// but do not give out. Fields are copied as they stand; no weight is decoded.
/// </summary>
/// <remarks>
/// The graph is written field by field, each wrapped in a graph message of its own: protobuf readers merge repeated occurrences of one message
/// (protobuf.dev, "Last One Wins"), so no length needs to be known beforehand.
/// </remarks>
internal static class OnnxSubgraph
{
    private const int ModelGraph = 7;
    private const int GraphNode = 1, GraphInitializer = 5, GraphInput = 11, GraphOutput = 12;

    /// <summary>Writes an ONNX file whose only output is <paramref name="output"/> and whose inputs are those that it depends on.</summary>
    /// <param name="files">The files of the model.</param>
    /// <param name="graph">The structure of the file to cut from.</param>
    /// <param name="output">The tensor wanted; null keeps the whole graph.</param>
    /// <param name="inlineExternalData">Whether weights that lie in other files are written into the result, as they must be where files have no path.</param>
    /// <param name="places">The names to give to files of external data, by those that the graph has; null keeps them.</param>
    /// <param name="weights">Where large initializers lie, to be referred to; null copies what is inside.</param>
    /// <exception cref="InvalidDataException">The result would exceed what one ONNX file can hold (2 GB), external data lies outside its file, or many
    /// tensors share the same.</exception>
    public static byte[] Write(ModelFiles files, OnnxGraph graph, string? output, bool inlineExternalData,
        IReadOnlyDictionary<string, string>? places = null, WeightPlaces? weights = null)
    {
        var needed = output is null ? null : Needed(graph, output);
        bool isRewritten = (inlineExternalData || places is not null) && graph.ExternalTensors.Count > 0;
        if (isRewritten && inlineExternalData)
        {
            OnnxExternalTensors.RequireOwnData(files, graph);
        }
        using var source = files.OpenRead(graph.FileName);
        FileStamp.RequireSame(graph.Description, graph.Stamp, FileStamp.Of(source));
        var placed = weights is null ? [] : graph.Initializers.Values.Select(weights.Of).OfType<PlacedTensor>().ToDictionary(p => p.Tensor.Field.Begin);
        var external = new OnnxExternalTensors(files, graph, source, inlineExternalData ? null : places);
        return ProtobufOutput.ToExactArray(WriteModel, graph.Description);

        void WriteModel(ProtobufOutput result)
        {
            foreach (var field in graph.ModelFields)
            {
                result.Copy(source, field.Begin, field.End);
            }
            foreach (var field in graph.GraphFields.Where(f => needed?.Contains(f) != false))
            {
                if (field.Number == GraphInitializer && placed.TryGetValue(field.Begin, out var place))
                {
                    using var content = new ProtobufOutput();
                    WeightPlaces.Write(source, place, content);
                    using var initializer = new ProtobufOutput();
                    initializer.Bytes(GraphInitializer, content.ToArray());
                    result.Bytes(ModelGraph, initializer.ToArray());
                }
                else if (isRewritten && field.Number == GraphInitializer && graph.ExternalTensors.TryGetValue(field.Begin, out var tensor))
                {
                    external.WriteInitializer(tensor, result);
                }
                else if (isRewritten && field.Number == GraphNode && external.IsWithin(field))
                {
                    using var node = new ProtobufOutput();
                    external.WriteNode(field, node);
                    result.Bytes(ModelGraph, node.ToArray());
                }
                else
                {
                    result.Header(ModelGraph, field.End - field.Begin);
                    result.Copy(source, field.Begin, field.End);
                }
            }
            if (output is not null)
            {
                result.Bytes(ModelGraph, OutputField(graph, output, source));
            }
        }
    }

    /// <summary>Writes an ONNX file whose large weights stay where they lie on disk, and says which those are.</summary>
    /// <param name="files">The files of the model.</param>
    /// <param name="graph">The structure of the file to cut from.</param>
    /// <param name="output">The tensor wanted; null keeps the whole graph.</param>
    /// <param name="weights">Where the weights lie.</param>
    public static PlacedGraph WritePlaced(ModelFiles files, OnnxGraph graph, string? output, WeightPlaces weights)
    {
        var needed = output is null ? null : Needed(graph, output);
        if (files.IsForeign && graph.ExternalTensors.Count > 0)
        {
            // ONNX Runtime rearranges the data of each tensor in memory of its own.
            OnnxExternalTensors.RequireOwnData(files, graph);
        }
        var placed = graph.Initializers.Values.Where(t => needed?.Contains(t.Field) != false).Select(weights.Of).OfType<PlacedTensor>().ToList();
        return new PlacedGraph(Write(files, graph, output, inlineExternalData: false, weights.Names, weights), weights.Folder, placed, weights.Stamps);
    }

    /// <summary>Checks that a tensor can be computed from known inputs.</summary>
    /// <exception cref="InvalidDataException">It takes others, too; the message names them.</exception>
    public static void RequireInputs(OnnxGraph graph, string? tensor, IReadOnlyList<string> known)
    {
        var (tensors, _) = Dependencies(graph, tensor);
        var unknown = graph.Inputs.Where(i => tensors.Contains(i.Name) && !known.Contains(i.Name)).ToList();
        if (unknown.Count > 0)
        {
            throw new InvalidDataException($"The graph {graph.Description} computes '{tensor}' from inputs that CLIP's towers do not have: {string.Join(", ", unknown)}.");
        }
    }

    /// <summary>The fields that computing a tensor takes; those of unknown kind stay.</summary>
    private static HashSet<ProtobufField> Needed(OnnxGraph graph, string output)
    {
        var (tensors, nodes) = Dependencies(graph, output);
        var named = graph.Inputs.Select(i => (i.Name, i.Field)).Concat(graph.Initializers.Values.Select(t => (t.Name, t.Field)));
        HashSet<ProtobufField> needed = [.. named.Where(n => tensors.Contains(n.Name)).Select(n => n.Field), .. nodes.Select(n => n.Field)];
        needed.UnionWith(graph.GraphFields.Where(f => f.Number is not (GraphNode or GraphInitializer or GraphInput or GraphOutput)));
        return needed;
    }

    /// <summary>All tensors and operations that a tensor depends on, itself included.</summary>
    private static (HashSet<string> Tensors, HashSet<OnnxNode> Nodes) Dependencies(OnnxGraph graph, string? tensor)
    {
        var tensors = new HashSet<string>(StringComparer.Ordinal);
        var nodes = new HashSet<OnnxNode>();
        var open = new Stack<string>(tensor is null ? [] : [tensor]);
        while (open.TryPop(out string? next))
        {
            if (tensors.Add(next) && graph.Producer(next) is { } node && nodes.Add(node))
            {
                foreach (string input in node.Inputs.Concat(node.Captured))
                {
                    open.Push(input);
                }
            }
        }
        return (tensors, nodes);
    }

    private static byte[] OutputField(OnnxGraph graph, string output, Stream source)
    {
        using var result = new ProtobufOutput();
        if (graph.Output(output) is { } declared)
        {
            result.Copy(source, declared.Field.Begin, declared.Field.End);
            return result.ToArray();
        }
        // A name alone will do (ValueInfoProto.name): ONNX Runtime infers the type.
        using var value = new ProtobufOutput();
        value.Bytes(1, System.Text.Encoding.UTF8.GetBytes(output));
        result.Bytes(GraphOutput, value.ToArray());
        return result.ToArray();
    }
}
