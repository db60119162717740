namespace Microsoft.ML.Clip;

/// <summary>The output of a tower that is the joint embedding, and what lies before it.</summary>
/// <param name="Name">The output's name.</param>
/// <param name="Tail">How the graph makes it.</param>
/// <param name="Dimension">Its length, if the graph tells.</param>
internal sealed record ClipJointOutput(string Name, EmbeddingTail Tail, int? Dimension)
{
    // What classifiers and other models give out: one vector per row, too, but of no joint space.
    private static readonly string[] OtherThings = ["logit", "prob", "score", "class", "label", "softmax", "pred"];

    /// <summary>
    /// Takes the first of the known names; failing that, the only output that can be one vector per row, unless its name tells that it is something else.
    /// </summary>
    /// <param name="graph">The tower's graph.</param>
    /// <param name="names">What its family calls things.</param>
    /// <param name="isShared">Whether the graph holds another tower as well, so that only the first name is sure to be this one's.</param>
    /// <param name="warn">Told of a name that is not known.</param>
    public static ClipJointOutput? Find(OnnxGraph graph, TowerNames names, bool isShared, Action<string> warn)
    {
        var output = names.Embeddings.Concat(isShared ? [] : names.AloneOnly).Select(graph.Output).FirstOrDefault(o => o is not null);
        if (output is null && !isShared)
        {
            var candidates = graph.Outputs.Where(o => o.Rank is 2 or null && o.Name != names.Features).ToList();
            output = candidates is [var only] && !OtherThings.Any(t => only.Name.Contains(t, StringComparison.OrdinalIgnoreCase)) ? only : null;
            if (output is not null)
            {
                warn($"The graph {graph.Description} calls no output by a known name of a joint embedding. Taking '{output.Name}', the only one that can be it: {graph.Signature}.");
            }
        }
        if (output is null)
        {
            return null;
        }
        var tail = EmbeddingTail.Find(graph, output.Name, names.HasProjection);
        return new ClipJointOutput(output.Name, tail, output.Dimension((output.Rank ?? 0) - 1) ?? tail.Dimension);
    }

    /// <summary>
    /// The tensor to compute. Graphs that normalise (combined ones, open_clip's) also hold the vector before the division, which is what an
    /// unnormalised embedding means everywhere else.
    /// </summary>
    public string Tensor(bool normalize) => normalize ? Name : Tail.Projected;
}

/// <summary>
/// The last steps of a tower as its graph holds them, read backwards from the joint embedding: I_e = l2_normalize(I_f · W_i)
/// (Radford et al. 2021, Figure 3). Most exports give out only I_e; the tensors before it are there all the same.
/// </summary>
/// <param name="Projected">I_f · W_i, before the division by its norm; the joint embedding itself where the graph does not normalise.</param>
/// <param name="Features">I_f, the input of the projection; null where the tower ends otherwise, as with a bias, which W_i does not have.</param>
/// <param name="Dimension">The length of the joint embedding, if the projection's weights tell.</param>
/// <param name="FeatureDimension">The length of I_f, if the projection's weights tell.</param>
internal sealed record EmbeddingTail(string Projected, string? Features, int? Dimension, int? FeatureDimension)
{
    // The norm is a handful of operations away from the vector: reduce, root, clip, expand.
    private const int MaximumNormSteps = 8, MaximumNormInputs = 3, MaximumCasts = 4;

    /// <param name="graph">The tower's graph.</param>
    /// <param name="joint">The joint embedding.</param>
    /// <param name="hasProjection">Whether the tower ends with a projection; without one the features are the joint embedding before its norm.</param>
    public static EmbeddingTail Find(OnnxGraph graph, string joint, bool hasProjection = true)
    {
        string tensor = SkipCasts(graph, joint), projected = joint;
        if (NormalizedBy(graph, tensor) is { } vector)
        {
            projected = vector;
            tensor = SkipCasts(graph, vector);
        }
        if (!hasProjection)
        {
            return new EmbeddingTail(projected, projected, null, null);
        }
        var product = LinearMap.Find(graph, tensor);
        return new EmbeddingTail(projected, product?.HasBias == false ? product.Input : null, product?.OutputWidth, product?.InputWidth);
    }

    /// <summary>The vector v if a tensor is v divided by its Euclidean norm, else null.</summary>
    private static string? NormalizedBy(OnnxGraph graph, string tensor) => graph.Producer(tensor) switch
    {
        { Operation: "LpNormalization" } node when node.Numbers.GetValueOrDefault("p", 2) == 2 => node.Input(0),
        { Operation: "Div" or "Mul", Inputs: [var vector, var norm] } when IsNorm(graph, norm, vector, reduced: false, MaximumNormSteps) => vector,
        { Operation: "Mul", Inputs: [var norm, var vector] } when IsNorm(graph, norm, vector, reduced: false, MaximumNormSteps) => vector,
        _ => null,
    };

    /// <summary>Whether a tensor is made of <paramref name="vector"/> by the steps of a norm (or its inverse), among them a reduction.</summary>
    private static bool IsNorm(OnnxGraph graph, string tensor, string vector, bool reduced, int steps)
    {
        if (tensor == vector)
        {
            return reduced;
        }
        if (steps == 0 || graph.Producer(tensor) is not { } node)
        {
            return false;
        }
        bool isReduction = node.Operation is "ReduceL2" or "ReduceSum" or "ReduceSumSquare";
        bool isStep = isReduction || node.Operation is "Sqrt" or "Pow" or "Mul" or "Abs" or "Clip" or "Max" or "Add" or "Expand" or "Cast" or "Identity"
            or "Reciprocal" or "Div" or "Unsqueeze" or "Reshape";
        return isStep && node.Inputs.Take(MaximumNormInputs).Any(input => IsNorm(graph, input, vector, reduced || isReduction, steps - 1));
    }

    private static string SkipCasts(OnnxGraph graph, string tensor)
    {
        for (int i = 0; i < MaximumCasts && graph.Producer(tensor) is { Operation: "Cast" or "Identity", Inputs: [var input] }; i++)
        {
            tensor = input;
        }
        return tensor;
    }
}
