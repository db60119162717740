namespace Microsoft.ML.Clip;

/// <summary>Puts a side of a head behind a tower: the same as <see cref="HeadSide"/> computes, as operations of the graph.</summary>
internal static class HeadGraph
{
    /// <param name="chain">Adds the operations.</param>
    /// <param name="features">The tower's features, [N, features] of float32.</param>
    /// <param name="side">The side of the head.</param>
    /// <returns>The embeddings, of unit length.</returns>
    public static string Append(DraftChain chain, string features, HeadSide side)
    {
        string x = chain.Normalize(features);
        if (side.Mean.AsSpan().IndexOfAnyExcept(0f) >= 0)
        {
            x = chain.Normalize(chain.With("Sub", x, side.Mean, side.Mean.Length));
        }
        if (side.Anchors is { } anchors)
        {
            string cosines = chain.With("MatMul", x, Transposed(anchors), anchors.Columns, anchors.Rows);
            x = chain.Add("Exp", [chain.With("Mul", chain.With("Sub", cosines, [1f]), [side.Sharpness])]);
        }
        string result = side.Weights is { } weights ? Times(chain, x, weights) : x;
        result = side.Bias is { } bias ? chain.With("Add", result, bias, bias.Length) : result;
        if (side is { HiddenWeights: { } first, HiddenOutput: { } second })
        {
            string hidden = Times(chain, x, first);
            hidden = side.HiddenBias is { } hiddenBias ? chain.With("Add", hidden, hiddenBias, hiddenBias.Length) : hidden;
            hidden = chain.Add("Mul", [hidden, chain.Add("Sigmoid", [chain.With("Mul", hidden, [HeadSide.Gelu])])]);
            result = chain.Add("Add", [result, Times(chain, hidden, second)]);
        }
        return chain.Normalize(result);
    }

    private static string Times(DraftChain chain, string x, FloatMatrix weights) => chain.With("MatMul", x, weights.ToArray(), weights.Rows, weights.Columns);

    private static float[] Transposed(FloatMatrix matrix)
    {
        float[] values = new float[matrix.Rows * matrix.Columns];
        for (int r = 0; r < matrix.Rows; r++)
        {
            var row = matrix[r];
            for (int c = 0; c < row.Length; c++)
            {
                values[(c * matrix.Rows) + r] = row[c];
            }
        }
        return values;
    }
}
