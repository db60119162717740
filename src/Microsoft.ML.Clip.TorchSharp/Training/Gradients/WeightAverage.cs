using static TorchSharp.torch;

namespace Microsoft.ML.Clip;

/// <summary>
/// An exponential moving average of the weights, statistics of the norms included: what is evaluated and kept. It starts short, so that the first steps are
/// soon forgotten.
/// </summary>
internal static class WeightAverage
{
    /// <param name="average">Takes the average; by name.</param>
    /// <param name="weights">The weights after the step.</param>
    /// <param name="decay">How much of the average stays, in the long run.</param>
    /// <param name="step">From 1.</param>
    public static void Update(IReadOnlyDictionary<string, Tensor> average, IReadOnlyDictionary<string, Tensor> weights, double decay, int step)
    {
        using var _ = no_grad();
        double keep = Math.Min(decay, (1.0 + step) / (10.0 + step));
        foreach ((string name, var value) in average)
        {
            value.lerp_(weights[name], 1 - keep);
        }
    }
}
