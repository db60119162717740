namespace Microsoft.ML.Clip;

/// <summary>The output of a tower that is the joint embedding, and what lies before it.</summary>
/// <param name="Name">The output's name.</param>
/// <param name="Tail">How the graph makes it.</param>
/// <param name="Dimension">Its length, if the graph tells.</param>
internal sealed record ClipJointOutput(string Name, EmbeddingTail Tail, int? Dimension)
{
    /// <summary>Takes the first of the known names; failing that, the only output that can be one vector per row.</summary>
    public static ClipJointOutput? Find(OnnxGraph graph, IReadOnlyList<string> names)
    {
        var output = names.Select(graph.Output).FirstOrDefault(o => o is not null);
        if (output is null && names.Count > 1)
        {
            var candidates = graph.Outputs.Where(o => o.Rank is 2 or null && o.Name != "pooler_output").ToList();
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
