using Microsoft.ML.OnnxRuntime.Tensors;

namespace Microsoft.ML.Clip;

/// <summary>Adds operations to a graph, one behind the other: only such as ONNX has had since version 7 and still has in the same form.</summary>
/// <param name="draft">The graph.</param>
/// <param name="stem">What the names of new tensors begin with.</param>
/// <param name="before">The operation to put them before; null for behind all.</param>
internal sealed class DraftChain(GraphDraft draft, string stem, DraftNode? before = null)
{
    public GraphDraft Draft => draft;

    /// <summary>An operation with one result, whose name is given.</summary>
    public string Add(string operation, IEnumerable<string> inputs, params IReadOnlyList<DraftAttribute> attributes)
    {
        string output = draft.NewName($"{stem}_{operation.ToLowerInvariant()}");
        draft.Insert(new DraftNode(operation, inputs, [output], "", attributes), before);
        return output;
    }

    public string Cast(string tensor, TensorElementType to) => Add("Cast", [tensor], DraftAttribute.Of("to", (long)to));

    public string Reshape(string tensor, params ReadOnlySpan<long> shape) => Add("Reshape", [tensor, draft.AddList($"{stem}_shape", shape)]);

    public string Transpose(string tensor, params ReadOnlySpan<long> order) => Add("Transpose", [tensor], DraftAttribute.Of("perm", order));

    /// <summary>A binary operation with a constant of float32.</summary>
    public string With(string operation, string tensor, ReadOnlySpan<float> constant, params ReadOnlySpan<long> dimensions) =>
        Add(operation, [tensor, draft.AddConstant($"{stem}_constant", constant, dimensions)]);

    /// <summary>Rows divided by their Euclidean norm.</summary>
    public string Normalize(string rows) => Add("LpNormalization", [rows], DraftAttribute.Of("axis", -1L), DraftAttribute.Of("p", 2L));

    /// <summary>[N, T, C] to [N, C]: its first token.</summary>
    public string FirstToken(string tokens) =>
        Add("Gather", [tokens, draft.AddConstant($"{stem}_first", TensorElementType.Int64, [], DraftData.Of([0L]))], DraftAttribute.Of("axis", 1L));

    /// <summary>[N, C, ...] to [N, C]: the mean over whatever follows.</summary>
    public string AveragePlaces(string map) => Reshape(Add("GlobalAveragePool", [map]), 0, -1);

    /// <summary>Gives a tensor out under a name, alone.</summary>
    public void Finish(string tensor, string name, object width)
    {
        string result = tensor;
        if (draft.TryRename(tensor, name))
        {
            result = name;
        }
        draft.CutTo(result);
        draft.DeclareOutput(result, TensorElementType.Float, "batch_size", width);
    }
}
