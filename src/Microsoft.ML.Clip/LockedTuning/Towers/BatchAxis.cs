using Microsoft.ML.OnnxRuntime.Tensors;

namespace Microsoft.ML.Clip;

/// <summary>
/// Frees the first axis of a graph that was exported for batches of one size. The declarations are one thing; the other is what the exporter made of that
/// size within the graph: shapes that begin with it, and the class token, which it repeated once and for all.
/// </summary>
/// <remarks>What else there may be cannot be told from a graph without running it: whoever calls this compares rows alone with the same in a batch.</remarks>
internal static class BatchAxis
{
    /// <summary>Frees the axis.</summary>
    /// <param name="draft">The graph.</param>
    /// <param name="inputs">The inputs that have it.</param>
    /// <param name="batch">The size that was fixed.</param>
    public static void Free(GraphDraft draft, IEnumerable<string> inputs, long batch)
    {
        var reached = new HashSet<string>(inputs, StringComparer.Ordinal);
        foreach (var node in draft.Nodes.ToList())
        {
            if (!node.Reads.Any(reached.Contains))
            {
                continue;
            }
            // Sizes are no rows.
            if (!node.Is("Shape"))
            {
                reached.UnionWith(node.Outputs);
            }
            if (node.Is("Reshape") && reached.Contains(node.Input(0)))
            {
                FreeShape(draft, node, batch);
            }
            else if (node.Is("Concat") && batch == 1 && node.Number("axis") is not 0)
            {
                RepeatConstants(draft, node, reached);
            }
        }
    }

    private static void FreeShape(GraphDraft draft, DraftNode node, long batch)
    {
        if (Integers(draft, node.Input(1)) is not [var first, .. var rest] shape || first != batch || (batch == 1 && rest.Length == 0))
        {
            return;
        }
        // Whatever is left over, if nothing else is: rows and heads may have been one axis before. Else as many as there were.
        shape[0] = rest.Contains(-1) ? 0 : -1;
        draft.SetInput(node, 1, draft.AddList(node.Input(1) + "_freed", shape));
    }

    // [1, 1, C] beside [N, T, C]: as many as there are rows.
    private static void RepeatConstants(GraphDraft draft, DraftNode node, HashSet<string> reached)
    {
        string rows = node.Inputs.First(reached.Contains);
        for (int i = 0; i < node.Inputs.Count; i++)
        {
            if (Dimensions(draft, node.Inputs[i]) is not { Count: > 1 } dimensions || dimensions[0] != 1)
            {
                continue;
            }
            var chain = new DraftChain(draft, "freed", before: node);
            string count = chain.Add("Gather", [chain.Add("Shape", [rows]), draft.AddList("freed_axis", 0)], DraftAttribute.Of("axis", 0L));
            string shape = chain.Add("Concat", [count, draft.AddList("freed_ones", [.. dimensions.Skip(1).Select(_ => 1L)])], DraftAttribute.Of("axis", 0L));
            draft.SetInput(node, i, chain.Add("Expand", [node.Inputs[i], shape]));
        }
    }

    private static IReadOnlyList<long>? Dimensions(GraphDraft draft, string tensor) =>
        draft.Constants.TryGetValue(tensor, out var constant) ? constant.Dimensions
        : draft.Producer(tensor) is { Operation: "Constant", Original.Value: { } value } ? value.Dimensions : null;

    private static long[]? Integers(GraphDraft draft, string tensor)
    {
        var constant = draft.Constants.TryGetValue(tensor, out var found) ? found
            : draft.Producer(tensor) is { Operation: "Constant", Original.Value: { } value } ? new DraftTensor(value) : null;
        return constant is { ElementType: TensorElementType.Int64 or TensorElementType.Int32, Dimensions.Count: 1 }
            ? DraftValues.Integers(draft, constant) : null;
    }
}
