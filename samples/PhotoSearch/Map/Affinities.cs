using System.Numerics.Tensors;

namespace PhotoSearch;

/// <summary>
/// How much of its attention something gives each of its nearest: t-SNE's conditional probabilities (van der Maaten and Hinton 2008, section 2).
/// </summary>
internal static class Affinities
{
    private const int Halvings = 50;
    private const double Close = 1e-5;

    /// <summary>p_j = exp(−β d_j) / Σ exp(−β d), with the β that has their entropy at log(perplexity).</summary>
    /// <param name="distances">Squared distances of the nearest, in any order.</param>
    /// <param name="perplexity">Among how many the attention is divided, so to speak: 1 to the number of distances.</param>
    /// <param name="shares">Set to the probabilities; of the same length.</param>
    public static void Fill(ReadOnlySpan<float> distances, double perplexity, Span<float> shares)
    {
        // Distances from the nearest on: the same probabilities, and no underflow of all of them.
        float nearest = TensorPrimitives.Min(distances);
        double wanted = Math.Log(perplexity), beta = 1, low = 0, high = double.PositiveInfinity;
        for (int i = 0; i < Halvings; i++)
        {
            double sum = 0, weighted = 0;
            for (int j = 0; j < distances.Length; j++)
            {
                double distance = distances[j] - nearest, share = Math.Exp(-beta * distance);
                shares[j] = (float)share;
                sum += share;
                weighted += share * distance;
            }
            TensorPrimitives.Divide(shares, (float)sum, shares);
            double entropy = Math.Log(sum) + (beta * weighted / sum);
            if (Math.Abs(entropy - wanted) < Close)
            {
                return;
            }
            (low, high) = entropy > wanted ? (beta, high) : (low, beta);
            beta = double.IsInfinity(high) ? beta * 2 : (low + high) / 2;
        }
    }
}
