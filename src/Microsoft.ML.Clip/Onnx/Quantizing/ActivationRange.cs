namespace Microsoft.ML.Clip;

/// <summary>Which values 0 to 255 stand for: x ≈ (q - zero) · step.</summary>
/// <param name="Step">The distance of neighbours.</param>
/// <param name="Zero">What stands for 0, exactly.</param>
internal readonly record struct ActivationRange(float Step, byte Zero)
{
    private static readonly float[] Parts = [1, 0.95f, 0.9f, 0.85f, 0.8f, 0.7f, 0.6f, 0.5f, 0.4f];

    /// <summary>The range from a smallest to a largest value, widened to hold 0.</summary>
    public static ActivationRange Of(float smallest, float largest)
    {
        (smallest, largest) = (Math.Min(smallest, 0), Math.Max(largest, 0));
        float step = (largest - smallest) / byte.MaxValue;
        return step > 0 ? new ActivationRange(step, (byte)Math.Clamp(MathF.Round(-smallest / step), 0, byte.MaxValue)) : new ActivationRange(1, 0);
    }

    /// <summary>
    /// The range that adds the least error to the products of some rows: rare values beyond it are cut, if that makes the steps of all others enough smaller.
    /// </summary>
    /// <param name="rows">Rows of x, divided by their channels' scales.</param>
    /// <param name="importance">What the square of an error in each channel weighs.</param>
    /// <param name="smallest">The smallest value ever seen.</param>
    /// <param name="largest">The largest.</param>
    public static ActivationRange Choose(IReadOnlyList<float[]> rows, double[] importance, float smallest, float largest)
    {
        float low = smallest, high = largest;
        high = Best(high, value => Error(rows, importance, Of(low, value)));
        low = Best(low, value => Error(rows, importance, Of(value, high)));
        return Of(low, high);
    }

    /// <summary>The value that stands for x.</summary>
    public float Round(float value) => (Math.Clamp(MathF.Round(value / Step) + Zero, 0, byte.MaxValue) - Zero) * Step;

    private static float Best(float end, Func<float, double> error)
    {
        if (end == 0)
        {
            return end;
        }
        double least = double.PositiveInfinity;
        float best = end;
        foreach (float part in Parts)
        {
            double found = error(end * part);
            if (found < least)
            {
                (least, best) = (found, end * part);
            }
        }
        return best;
    }

    private static double Error(IReadOnlyList<float[]> rows, double[] importance, ActivationRange range)
    {
        double error = 0;
        foreach (float[] row in rows)
        {
            for (int j = 0; j < row.Length; j++)
            {
                double difference = range.Round(row[j]) - row[j];
                error += importance[j] * difference * difference;
            }
        }
        return error;
    }
}
