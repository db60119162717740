using Microsoft.ML.OnnxRuntime.Tensors;

namespace Microsoft.ML.Clip;

/// <summary>Makes of a text encoder's graph one that takes token ids alone and gives unit vectors.</summary>
internal sealed class TextTowerGraph
{
    private const string Ids = "input_ids", Mask = "attention_mask", Types = "token_type_ids", Positions = "position_ids", Embedding = "text_embeds";

    private static readonly string[] UsualOutputs = ["text_embeds", "sentence_embedding", "text_embedding", "last_hidden_state", "token_embeddings", "pooler_output", "output"];

    private readonly GraphDraft _draft;
    private readonly int _padId;

    // All new operations on ids stand before the encoder's own.
    private readonly DraftChain _before;

    /// <param name="draft">The encoder.</param>
    /// <param name="tower">What the caller says of it.</param>
    /// <param name="padId">The id of padding, which is to be hidden.</param>
    /// <exception cref="InvalidDataException">The encoder is none, or not such as the caller says.</exception>
    public TextTowerGraph(GraphDraft draft, ClipTextTower tower, int padId)
    {
        (_draft, _padId) = (draft, padId);
        var graph = draft.Graph;
        var ids = FindIds(graph);
        string output = TowerOutput.Find(draft, tower.Output, UsualOutputs, nameof(ClipTextTower));
        draft.CutTo(output);
        TowerOutput.RequireInputs(draft, output, [ids.Name, Mask, Types, Positions]);
        IsFreed = ids.Dimension(0) is not null;
        if (ids.Dimension(0) is { } batch)
        {
            BatchAxis.Free(draft, graph.Inputs.Select(i => i.Name), batch);
        }
        _before = new DraftChain(draft, "text", before: draft.Nodes[0]);
        string source = ids.Name == Ids ? Ids : draft.NewName(Ids);
        var readers = draft.Consumers(ids.Name).ToHashSet();
        string? mask = null;
        if (graph.Input(Mask) is { } declaredMask && draft.Consumers(Mask).Count > 0)
        {
            draft.Redirect(Mask, _before.Cast(mask = MakeMask(source), declaredMask.ElementType));
        }
        if (graph.Input(Types) is { } types && draft.Consumers(Types).Count > 0)
        {
            string zeros = _before.Add("Mul", [source, draft.AddConstant("text_zero", TensorElementType.Int64, [], DraftData.Of([0L]))]);
            draft.Redirect(Types, types.ElementType == TensorElementType.Int64 ? zeros : _before.Cast(zeros, types.ElementType));
        }
        string read = ids.ElementType == TensorElementType.Int64 ? source : _before.Cast(source, ids.ElementType);
        if (read != ids.Name)
        {
            draft.Redirect(ids.Name, read, readers.Contains);
        }
        object length = (object?)ids.Dimension(1) ?? "sequence_length";
        draft.DeclareInput(source, TensorElementType.Int64, "batch_size", length);
        if (graph.Input(Positions) is { } positions && draft.Consumers(Positions).Count > 0)
        {
            draft.DeclareInput(Positions, positions.ElementType, "batch_size", length);
        }
        End(output, tower.Pooling, source, mask);
    }

    /// <summary>Whether the batch was fixed.</summary>
    public bool IsFreed { get; }

    private static OnnxValue FindIds(OnnxGraph graph)
    {
        var ids = graph.Input(Ids) is { } named ? [named]
            : graph.Inputs.Where(i => i.Name is not (Mask or Types or Positions) && i.Rank == 2
                && i.ElementType is TensorElementType.Int64 or TensorElementType.Int32).ToList();
        return ids is [{ Rank: 2, ElementType: TensorElementType.Int64 or TensorElementType.Int32 } only] ? only
            : throw new InvalidDataException($"The encoder {graph.Description} takes {(ids.Count > 1 ? $"{ids.Count} inputs that may be token ids" : "no token ids")}; expected one input of int32 or int64 [N, length]: {graph.Signature}.");
    }

    /// <summary>True where a text is, false where its padding is.</summary>
    private string MakeMask(string ids) =>
        _before.Add("Not", [_before.Add("Equal", [ids, _draft.AddConstant("text_padding", TensorElementType.Int64, [], DraftData.Of([(long)_padId]))])]);

    private void End(string output, ClipTowerPooling pooling, string ids, string? mask)
    {
        var declared = _draft.Graph.Output(output);
        int? rank = declared?.Rank ?? new DraftShapes(_draft).Rank(output);
        bool isMean = rank == 3 && pooling is ClipTowerPooling.Automatic or ClipTowerPooling.Average;
        mask = isMean ? mask ?? MakeMask(ids) : mask;
        var chain = new DraftChain(_draft, "features");
        // Half precision, and bytes, come out as they went in; what is float32 already costs nothing.
        string features = declared?.ElementType == TensorElementType.Float ? output : chain.Cast(output, TensorElementType.Float);
        if (isMean)
        {
            // The sum over a text's tokens is a product with its mask, and so is their number.
            string row = chain.Reshape(chain.Cast(mask!, TensorElementType.Float), 0, 1, -1);
            string sum = chain.Reshape(chain.Add("MatMul", [row, features]), 0, -1);
            string count = chain.Reshape(chain.Add("MatMul", [row, chain.Transpose(row, 0, 2, 1)]), 0, -1);
            features = chain.Add("Div", [sum, count]);
        }
        else
        {
            features = (rank, pooling) switch
            {
                (2, _) => features,
                (3, ClipTowerPooling.First) => chain.FirstToken(features),
                _ => throw TowerOutput.Unknown(_draft, output, rank, pooling),
            };
        }
        chain.Finish(chain.Normalize(features), Embedding, (object?)TowerOutput.Width(declared, rank) ?? "width");
    }
}
