namespace Microsoft.ML.Clip;

/// <summary>The output of a tower that is the joint embedding, and what lies before it.</summary>
/// <param name="Name">The output's name.</param>
/// <param name="Tail">How the graph makes it.</param>
/// <param name="Dimension">Its length, if the graph tells.</param>
internal sealed record ClipJointOutput(string Name, EmbeddingTail Tail, int? Dimension)
{
    /// <summary>Takes the first of the known names; failing that, the only output that can be one vector per row.</summary>
    /// <param name="graph">The tower's graph.</param>
    /// <param name="names">What its family calls things.</param>
    /// <param name="isShared">Whether the graph holds another tower as well, so that only the first name is sure to be this one's.</param>
    public static ClipJointOutput? Find(OnnxGraph graph, TowerNames names, bool isShared)
    {
        var output = names.Embeddings.Take(isShared ? 1 : names.Embeddings.Count).Select(graph.Output).FirstOrDefault(o => o is not null);
        if (output is null && !isShared)
        {
            var candidates = graph.Outputs.Where(o => o.Rank is 2 or null && o.Name != names.Features).ToList();
            output = candidates is [var only] ? only : null;
        }
        if (output is null)
        {
            return null;
        }
        var tail = EmbeddingTail.Find(graph, output.Name);
        return new ClipJointOutput(output.Name, tail, output.Dimension((output.Rank ?? 0) - 1) ?? tail.Dimension);
    }

    /// <summary>
    /// The tensor to compute. Graphs that normalise (combined ones, open_clip's) also hold the vector before the division, which is what an
    /// unnormalised embedding means everywhere else.
    /// </summary>
    public string Tensor(bool normalize) => normalize ? Name : Tail.Projected;
}
