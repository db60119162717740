namespace Microsoft.ML.Clip;

/// <summary>The parts that both Transformers have in common. Shapes: N rows, L positions, W channels, H heads, D = W / H.</summary>
internal sealed class TransformerGraph(OnnxGraphBuilder graph, OnnxWeights weights, WeightTable table)
{
    private const float Epsilon = 1e-5f, QuickGeluSlope = 1.702f;

    /// <summary>Pre-norm blocks one after another.</summary>
    /// <param name="x">[N, L, W]</param>
    /// <param name="prefix">The name before <c>.resblocks</c>.</param>
    /// <param name="layers">Their number.</param>
    /// <param name="heads">H</param>
    /// <param name="activation">The activation of the mlp.</param>
    /// <param name="mask">[L, L], added to the scores; null for none.</param>
    public string Blocks(string x, string prefix, int layers, int heads, ClipActivation activation, string? mask)
    {
        for (int layer = 0; layer < layers; layer++)
        {
            string block = $"{prefix}.resblocks.{layer}";
            graph.Scope = block;
            x = graph.Node("Add", [x, SelfAttention(LayerNorm(x, $"{block}.ln_1"), $"{block}.attn", heads, mask)]);
            graph.Scope = block;
            string hidden = Linear(LayerNorm(x, $"{block}.ln_2"), $"{block}.mlp.c_fc.weight", $"{block}.mlp.c_fc.bias");
            x = graph.Node("Add", [x, Linear(Activate(hidden, activation), $"{block}.mlp.c_proj.weight", $"{block}.mlp.c_proj.bias")]);
        }
        return x;
    }

    public string LayerNorm(string x, string name) =>
        graph.Node("LayerNormalization", [x, weights.Small(table[$"{name}.weight"]), weights.Small(table[$"{name}.bias"])], ("axis", -1L), ("epsilon", Epsilon));

    /// <summary>x · Wᵀ + b of a weight that torch stores as [output, input].</summary>
    public string Linear(string x, string weight, string bias) => graph.Node("Add", [Product(x, table[weight].Transposed()), weights.Small(table[bias])]);

    /// <summary>x · W of a matrix [input, output].</summary>
    public string Product(string x, WeightTensor matrix) => graph.Node("MatMul", [x, weights.Matrix(matrix, channelAxis: 1)]);

    /// <summary>softmax(q · kᵀ / √D + mask) · v.</summary>
    /// <param name="query">[N, Lq, W]</param>
    /// <param name="key">[N, L, W]</param>
    /// <param name="value">[N, L, W]</param>
    /// <param name="width">W</param>
    /// <param name="heads">H</param>
    /// <param name="mask">[Lq, L] or null.</param>
    /// <returns>[N, Lq, W]</returns>
    public string Attention(string query, string key, string value, int width, int heads, string? mask)
    {
        string split = graph.Integers(0, 0, heads, width / heads);
        string q = graph.Node("Transpose", [graph.Node("Reshape", [query, split])], ("perm", new long[] { 0, 2, 1, 3 }));    // [N, H, Lq, D]
        string kT = graph.Node("Transpose", [graph.Node("Reshape", [key, split])], ("perm", new long[] { 0, 2, 3, 1 }));     // [N, H, D, L]
        string v = graph.Node("Transpose", [graph.Node("Reshape", [value, split])], ("perm", new long[] { 0, 2, 1, 3 }));    // [N, H, L, D]
        string scaled = graph.Node("Mul", [q, graph.Number(1 / MathF.Sqrt((float)width / heads))]);
        string scores = graph.Node("MatMul", [scaled, kT]);                                                                   // [N, H, Lq, L]
        scores = mask is null ? scores : graph.Node("Add", [scores, mask]);
        string attended = graph.Node("MatMul", [graph.Node("Softmax", [scores], ("axis", -1L)), v]);                          // [N, H, Lq, D]
        return graph.Node("Reshape", [graph.Node("Transpose", [attended], ("perm", new long[] { 0, 2, 1, 3 })), graph.Integers(0, 0, width)]);
    }

    private string SelfAttention(string x, string name, int heads, string? mask)
    {
        graph.Scope = name;
        int width = table[$"{name}.in_proj_bias"].Values.Length / 3;
        string projected = Linear(x, $"{name}.in_proj_weight", $"{name}.in_proj_bias");                                       // [N, L, 3 · W]
        string[] parts = graph.Nodes("Split", 3, [projected, graph.Integers(width, width, width)], ("axis", -1L));
        return Linear(Attention(parts[0], parts[1], parts[2], width, heads, mask), $"{name}.out_proj.weight", $"{name}.out_proj.bias");
    }

    private string Activate(string x, ClipActivation activation)
    {
        if (activation == ClipActivation.QuickGelu)
        {
            return graph.Node("Mul", [x, graph.Node("Sigmoid", [graph.Node("Mul", [x, graph.Number(QuickGeluSlope)])])]);
        }
        // x · (1 + erf(x / √2)) / 2. The operator Gelu is younger than opset 17.
        string erf = graph.Node("Erf", [graph.Node("Div", [x, graph.Number(MathF.Sqrt(2))])]);
        return graph.Node("Mul", [graph.Node("Mul", [x, graph.Node("Add", [erf, graph.Number(1)])]), graph.Number(0.5f)]);
    }
}
