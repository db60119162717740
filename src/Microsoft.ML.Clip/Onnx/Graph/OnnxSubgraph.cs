namespace Microsoft.ML.Clip;

/// <summary>The part of a graph that computes one tensor.</summary>
internal static class OnnxSubgraph
{
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
}
