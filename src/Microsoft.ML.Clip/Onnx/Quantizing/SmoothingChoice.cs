using System.Numerics.Tensors;

namespace Microsoft.ML.Clip;

/// <summary>
/// SmoothQuant (Xiao et al. 2022, arXiv 2211.10438): x · W = (x / s) · (s W), where a scale for each channel takes outliers out of x, which has one step
/// for all channels, into W, which has one for each column.
/// </summary>
/// <remarks>
/// The paper gives one strength a for all layers, s_j = max|x_j|^a / max|w_j|^(1 - a). Here each layer has its own, that of the least error expected:
/// rounding to steps of size d adds an error of variance d² / 12 to each value, so that the products of a row are off by d_x² / 12 · Σ_jn (s_j w_jn)² +
/// Σ_n d_n² / 12 · Σ_j E[x_j²] / s_j², summed over columns.
/// </remarks>
internal static class SmoothingChoice
{
    // Where it costs an operation, it has to pay.
    private const double WorthAnOperation = 0.9;

    private static readonly float[] Strengths = [0.2f, 0.3f, 0.4f, 0.5f, 0.6f, 0.7f, 0.8f, 0.9f];

    /// <summary>The scales of the channels; null where they are better left alone.</summary>
    /// <param name="statistics">Of x.</param>
    /// <param name="weights">The matrices that x is multiplied with, [width, outputs] each, row by row.</param>
    /// <param name="steps">How many steps of a weight lie between 0 and the largest.</param>
    /// <param name="isFree">Whether the division is none at run time, as a normalisation before takes it over.</param>
    /// <param name="strength">The only strength to take; null for the best, 0 for none.</param>
    public static float[]? Choose(ActivationStatistics statistics, IReadOnlyList<float[]> weights, int steps, bool isFree, float? strength)
    {
        if (strength == 0)
        {
            return null;
        }
        int width = statistics.Width;
        float[] magnitudes = statistics.Magnitudes(), largest = new float[width];
        double[] energies = new double[width];
        foreach (float[] matrix in weights)
        {
            int columns = matrix.Length / width;
            for (int j = 0; j < width; j++)
            {
                var row = matrix.AsSpan(j * columns, columns);
                largest[j] = Math.Max(largest[j], Math.Abs(TensorPrimitives.MaxMagnitude<float>(row)));
                energies[j] += TensorPrimitives.SumOfSquares<float>(row);
            }
        }
        float[] ones = new float[width];
        ones.AsSpan().Fill(1);
        double without = Error(statistics, weights, energies, ones, steps);
        float[]? best = null;
        double least = strength is null ? without * (isFree ? 1 : WorthAnOperation) : double.PositiveInfinity;
        foreach (float a in strength is { } only ? [only] : Strengths)
        {
            float[] scales = Scales(magnitudes, largest, a);
            double error = Error(statistics, weights, energies, scales, steps);
            if (error < least)
            {
                (least, best) = (error, scales);
            }
        }
        return best;
    }

    private static float[] Scales(float[] magnitudes, float[] largest, float strength)
    {
        const float Extreme = 1e4f;
        float[] scales = new float[magnitudes.Length];
        double mean = 0;
        for (int j = 0; j < scales.Length; j++)
        {
            // A channel that is always 0, or that nobody looks at, has nothing to give.
            bool isUsed = magnitudes[j] > 0 && largest[j] > 0;
            scales[j] = isUsed ? MathF.Pow(magnitudes[j], strength) / MathF.Pow(largest[j], 1 - strength) : 0;
            mean += isUsed ? Math.Log(scales[j]) / scales.Length : 0;
        }
        float middle = (float)Math.Exp(mean);
        for (int j = 0; j < scales.Length; j++)
        {
            scales[j] = scales[j] > 0 ? Math.Clamp(scales[j] / middle, 1 / Extreme, Extreme) : 1;
        }
        return scales;
    }

    private static double Error(ActivationStatistics statistics, IReadOnlyList<float[]> weights, double[] energies, float[] scales, int steps)
    {
        double lowest = 0, highest = 0, throughInputs = 0, squares = 0;
        for (int j = 0; j < scales.Length; j++)
        {
            lowest = Math.Min(lowest, statistics.Smallest[j] / scales[j]);
            highest = Math.Max(highest, statistics.Largest[j] / scales[j]);
            throughInputs += energies[j] * scales[j] * scales[j];
            squares += statistics.Squares[j] / Math.Max(1, statistics.Count) / ((double)scales[j] * scales[j]);
        }
        double step = (highest - lowest) / byte.MaxValue, throughWeights = 0;
        foreach (float[] matrix in weights)
        {
            int columns = matrix.Length / scales.Length;
            float[] largest = new float[columns], row = new float[columns];
            for (int j = 0; j < scales.Length; j++)
            {
                TensorPrimitives.Multiply(matrix.AsSpan(j * columns, columns), scales[j], row);
                TensorPrimitives.MaxMagnitude<float>(largest, row, largest);
            }
            throughWeights += TensorPrimitives.SumOfSquares<float>(largest) / ((double)steps * steps);
        }
        return ((step * step * throughInputs) + (throughWeights * squares)) / 12;
    }
}
