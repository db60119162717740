using System.Globalization;

namespace Microsoft.ML.Clip;

/// <summary>
/// How error falls with compute: a straight line where both are logarithms. In the paper the mean error of five models over 39 evaluations against GFLOPs;
/// single sets are noisy. Radford et al. 2021, section 3.1.6, figure 9. Immutable.
/// </summary>
public sealed class ClipScalingLine
{
    private ClipScalingLine(ClipLinearFit fit) => Fit = fit;

    /// <summary>The line of ln(error) on ln(compute); its slope is the exponent of the power law.</summary>
    public ClipLinearFit Fit { get; }

    /// <summary>Fits the line.</summary>
    /// <param name="models">For each model its compute, in any unit, and its error, 1 - score; both above 0. Three at least.</param>
    /// <param name="confidence">The confidence of the slope's interval.</param>
    /// <returns>The line.</returns>
    /// <exception cref="ArgumentException">
    /// There are fewer than three models, a compute or an error is not above 0 and finite, or all have the same.
    /// </exception>
    /// <exception cref="ArgumentOutOfRangeException">The confidence is none.</exception>
    public static ClipScalingLine Of(IReadOnlyList<(double Compute, double Error)> models, double confidence = 0.95)
    {
        ArgumentNullException.ThrowIfNull(models);
        for (int i = 0; i < models.Count; i++)
        {
            if (models[i] is not { Compute: > 0 and < double.PositiveInfinity, Error: > 0 and <= 1 })
            {
                throw new ArgumentException($"Model {i} (counted from 0) has the compute {models[i].Compute} and the error {models[i].Error}; expected a compute above 0, and an error above 0 and up to 1.", nameof(models));
            }
        }
        return new(ClipLinearFit.Of([.. models.Select(m => Math.Log(m.Compute))], [.. models.Select(m => Math.Log(m.Error))], confidence));
    }

    /// <summary>The error that the line says.</summary>
    /// <param name="compute">The compute, above 0.</param>
    /// <exception cref="ArgumentOutOfRangeException">It is not above 0.</exception>
    public double Expect(double compute)
    {
        ArgumentOutOfRangeException.ThrowIfNegativeOrZero(compute);
        return Math.Exp(Fit.At(Math.Log(compute)));
    }

    /// <inheritdoc/>
    public override string ToString() =>
        string.Create(CultureInfo.InvariantCulture, $"error = {Math.Exp(Fit.Intercept):G4} · compute^{Fit.Slope:F4} ({Fit.SlopeInterval.Lower:F4} to {Fit.SlopeInterval.Upper:F4})");
}
