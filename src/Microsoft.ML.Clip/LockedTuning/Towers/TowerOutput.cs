namespace Microsoft.ML.Clip;

/// <summary>What encoders of all kinds give out: finding it, and saying why it will not do.</summary>
internal static class TowerOutput
{
    /// <summary>The tensor to take features from.</summary>
    /// <param name="draft">The encoder.</param>
    /// <param name="chosen">What the caller chose; null for nothing.</param>
    /// <param name="usual">The names of outputs that are meant if there are several, the best first.</param>
    /// <param name="type">The type whose property Output would choose.</param>
    /// <exception cref="InvalidDataException">There is none, or it cannot be told which.</exception>
    public static string Find(GraphDraft draft, string? chosen, IEnumerable<string> usual, string type)
    {
        var graph = draft.Graph;
        if (chosen is not null)
        {
            return draft.Producer(chosen) is not null ? chosen
                : throw new InvalidDataException($"The encoder {graph.Description} computes no tensor '{chosen}': {graph.Signature}.");
        }
        return graph.Outputs is [var only] ? only.Name : usual.FirstOrDefault(name => graph.Output(name) is not null)
            ?? throw new InvalidDataException($"The encoder {graph.Description} gives {graph.Outputs.Count} tensors, none by a usual name: {graph.Signature}. Set {type}.{nameof(ClipImageTower.Output)}.");
    }

    /// <summary>Sees that what is left of a graph reads an input, and no other than those that are known.</summary>
    /// <exception cref="InvalidDataException">It does not.</exception>
    public static void RequireInputs(GraphDraft draft, string output, IReadOnlyList<string> known)
    {
        var read = draft.Graph.Inputs.Where(i => draft.Consumers(i.Name).Count > 0).ToList();
        if (read.Find(i => !known.Contains(i.Name)) is { } other)
        {
            throw new InvalidDataException($"The encoder {draft.Graph.Description} also takes {other}, of which nothing is known; expected {string.Join(", ", known)}: {draft.Graph.Signature}.");
        }
        if (!read.Exists(i => i.Name == known[0]))
        {
            throw new InvalidDataException($"The tensor '{output}' of the encoder {draft.Graph.Description} does not depend on its input '{known[0]}'.");
        }
    }

    /// <summary>The length of the features, where the declaration of the output tells.</summary>
    public static int? Width(OnnxValue? declared, int? rank) => rank == 4 ? declared?.Dimension(1) : declared?.Dimension((rank ?? 0) - 1);

    public static InvalidDataException Unknown(GraphDraft draft, string tensor, int? rank, ClipTowerPooling pooling) => new(
        $"The tensor '{tensor}' of the encoder {draft.Graph.Description} {(rank is null ? "has a shape that nothing tells" : $"has {rank} axes")}, of which {nameof(ClipTowerPooling)}.{pooling} makes no vector; expected [N, width], a map [N, channels, height, width] of an image, or [N, tokens, width]: {draft.Graph.Signature}.");
}
