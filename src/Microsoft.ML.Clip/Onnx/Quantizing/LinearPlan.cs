namespace Microsoft.ML.Clip;

/// <summary>How a group of products is to be computed in 8 bits.</summary>
/// <param name="Name">The group's name.</param>
/// <param name="Scales">What the channels of x are divided by, and the rows of W multiplied with; null for nothing.</param>
/// <param name="Range">What x is rounded to; null where every run finds it out.</param>
/// <param name="Means">The mean of each channel of x / s; empty where the range is not fixed.</param>
/// <param name="RoundedMeans">The mean after rounding, which cutting moves.</param>
internal sealed record LinearPlan(string Name, float[]? Scales, ActivationRange? Range, float[] Means, float[] RoundedMeans)
{
    /// <summary>Makes the plan for a group out of what its input was seen to be.</summary>
    /// <param name="draft">The graph.</param>
    /// <param name="group">The group.</param>
    /// <param name="statistics">Of its input.</param>
    /// <param name="settings">What was asked for.</param>
    public static LinearPlan Make(GraphDraft draft, LinearGroup group, ActivationStatistics statistics, GraphQuantizationSettings settings)
    {
        var weights = group.Linears.Select(l => l.ReadWeights(draft)).ToList();
        float[]? scales = SmoothingChoice.Choose(statistics, weights, settings.Steps, LinearRewriter.CanFold(draft, group), settings.SmoothingStrength);
        if (settings.IsDynamic)
        {
            return new LinearPlan(group.Name, scales, null, [], []);
        }
        double[] importance = new double[group.Width];
        foreach (float[] matrix in weights)
        {
            int columns = matrix.Length / group.Width;
            for (int j = 0; j < importance.Length; j++)
            {
                double scale = scales?[j] ?? 1;
                importance[j] += System.Numerics.Tensors.TensorPrimitives.SumOfSquares<float>(matrix.AsSpan(j * columns, columns)) * scale * scale;
            }
        }
        float smallest = 0, largest = 0;
        for (int j = 0; j < group.Width; j++)
        {
            smallest = Math.Min(smallest, statistics.Smallest[j] / (scales?[j] ?? 1));
            largest = Math.Max(largest, statistics.Largest[j] / (scales?[j] ?? 1));
        }
        List<float[]> rows = [.. statistics.Rows.Select(row => Divided(row, scales))];
        var range = ActivationRange.Choose(rows, importance, smallest, largest);
        return new LinearPlan(group.Name, scales, range, Mean(rows, group.Width, value => value), Mean(rows, group.Width, range.Round));
    }

    private static float[] Divided(float[] row, float[]? scales)
    {
        float[] divided = (float[])row.Clone();
        if (scales is not null)
        {
            System.Numerics.Tensors.TensorPrimitives.Divide(divided, scales, divided);
        }
        return divided;
    }

    private static float[] Mean(List<float[]> rows, int width, Func<float, float> value)
    {
        double[] sums = new double[width];
        foreach (float[] row in rows)
        {
            for (int j = 0; j < width; j++)
            {
                sums[j] += value(row[j]);
            }
        }
        return [.. sums.Select(sum => (float)(sum / Math.Max(1, rows.Count)))];
    }
}

/// <summary>What is asked of the quantisation of a graph.</summary>
/// <param name="IsDynamic">Whether each run finds out the range of the activations, as without calibration on data of the real kind.</param>
/// <param name="SmoothingStrength">The strength for all layers; null for each one's best, 0 for none.</param>
/// <param name="ReducesRange">Whether weights have 7 bits.</param>
/// <param name="QuantizesTokens">Whether tables of token embeddings are kept in 8 bits, too.</param>
internal sealed record GraphQuantizationSettings(bool IsDynamic, float? SmoothingStrength, bool ReducesRange, bool QuantizesTokens)
{
    /// <summary>The largest magnitude of a rounded weight.</summary>
    public int Steps => ReducesRange ? RoundedWeights.Reduced : RoundedWeights.Whole;
}
