namespace Microsoft.ML.Clip;

/// <summary>
/// Writes ONNX files for one purpose: one tower out of a graph that holds both, I_f, which most exports compute but do not give out, and what computes the
/// same with less work. What is not changed is copied as it stands; no weight is decoded.
/// </summary>
internal static class GraphFile
{
    private const int ModelGraph = 7, GraphInitializer = 5;

    // [batch, tokens, width]: what a tower computes for every token.
    private const int RankOfTokens = 3;

    // Above that a graph is quantised or taken to pieces, and there is nothing to find; what looks for it takes time that grows with the square.
    private const int MostOperations = 20_000;

    /// <summary>
    /// A graph with one output, or with all but those of every token, and with less work if that is asked for. It is unchanged where the file as it stands is
    /// as good.
    /// </summary>
    /// <param name="files">The files of the model.</param>
    /// <param name="graph">The structure of the file.</param>
    /// <param name="output">The tensor wanted; null for all that are one vector for each row of a batch.</param>
    /// <param name="optimize">Whether work is left out whose results nobody reads.</param>
    public static GraphDraft Draft(ModelFiles files, OnnxGraph graph, string? output, bool optimize)
    {
        var draft = new GraphDraft(files, graph) { KeepsShapes = true };
        if (output is not null)
        {
            draft.CutTo(output);
        }
        if (!optimize || draft.Nodes.Count > MostOperations)
        {
            return draft;
        }
        string[] vectors = [.. graph.Outputs.Where(o => o.Rank != RankOfTokens).Select(o => o.Name)];
        bool isCut = output is null && vectors.Length > 0 && vectors.Length < graph.Outputs.Count;
        if (isCut)
        {
            draft.CutTo(vectors);
        }
        bool isFused = FusedAttention.Fuse(draft), isMoved = RowSelection.Move(draft), isJoined = BiasedProduct.Join(draft);
        if (!isFused && !isMoved && !isJoined)
        {
            return output is not null ? draft : new GraphDraft(files, graph) { KeepsShapes = true };
        }
        draft.Changes.AddRange(isFused ? ["attention without a mask is one operation"] : []);
        draft.Changes.AddRange(isMoved ? ["behind the last attention only the token that is read is computed"] : []);
        draft.Changes.AddRange(isJoined ? ["products and what is added to them are one operation"] : []);
        draft.Changes.AddRange(isCut ? ["outputs with a value for each token, which nobody asked for, are left out"] : []);
        return draft;
    }

    /// <summary>Writes a graph with its weights.</summary>
    /// <param name="draft">The graph.</param>
    /// <param name="inlineExternalData">Whether weights that lie in other files are written into the result, as they must be where files have no path.</param>
    /// <param name="places">The names to give to files of external data, by those that the graph has; null keeps them.</param>
    /// <exception cref="InvalidDataException">The result would exceed what one ONNX file can hold (2 GB), external data lies outside its file, or many
    /// tensors share the same.</exception>
    public static byte[] Write(GraphDraft draft, bool inlineExternalData, IReadOnlyDictionary<string, string>? places = null) =>
        Write(draft, inlineExternalData, places, weights: null);

    /// <summary>Writes a graph whose large weights stay where they lie on disk, and says which those are.</summary>
    /// <param name="draft">The graph.</param>
    /// <param name="weights">Where the weights lie.</param>
    public static PlacedGraph WritePlaced(GraphDraft draft, WeightPlaces weights)
    {
        if (draft.Files.IsForeign && draft.Graph.ExternalTensors.Count > 0)
        {
            // ONNX Runtime rearranges the data of each tensor in memory of its own.
            OnnxExternalTensors.RequireOwnData(draft.Files, draft.Graph);
        }
        var placed = draft.Constants.Values.Select(c => c.Original).OfType<OnnxTensor>().Select(weights.Of).OfType<PlacedTensor>().ToList();
        return new PlacedGraph(Write(draft, inlineExternalData: false, weights.Names, weights), weights.Folder, placed, weights.Stamps);
    }

    private static byte[] Write(GraphDraft draft, bool inlineExternalData, IReadOnlyDictionary<string, string>? places, WeightPlaces? weights)
    {
        var (files, graph) = (draft.Files, draft.Graph);
        bool isRewritten = (inlineExternalData || places is not null) && graph.ExternalTensors.Count > 0;
        if (isRewritten && inlineExternalData)
        {
            OnnxExternalTensors.RequireOwnData(files, graph);
        }
        using var source = files.OpenRead(graph.FileName);
        FileStamp.RequireSame(graph.Description, graph.Stamp, FileStamp.Of(source));
        var external = new OnnxExternalTensors(files, graph, source, inlineExternalData ? null : places);
        return ProtobufOutput.ToExactArray(result => draft.Write(result, source, WriteConstant, WriteNode), graph.Description);

        bool WriteConstant(OnnxTensor tensor, ProtobufOutput result)
        {
            if (weights?.Of(tensor) is { } place)
            {
                using var content = new ProtobufOutput();
                WeightPlaces.Write(source, place, content);
                GraphDraft.WritePart(result, GraphInitializer, content.ToArray(), 0);
                return true;
            }
            if (isRewritten && tensor.ExternalData is not null)
            {
                external.WriteInitializer(tensor, result);
                return true;
            }
            return false;
        }

        bool WriteNode(OnnxNode node, ProtobufOutput result)
        {
            if (!isRewritten || !external.IsWithin(node.Field))
            {
                return false;
            }
            using var content = new ProtobufOutput();
            external.WriteNode(node.Field, content);
            result.Bytes(ModelGraph, content.ToArray());
            return true;
        }
    }
}
