namespace Microsoft.ML.Clip;

/// <summary>A learning rate that rises in a line and falls along half a cosine to zero.</summary>
/// <param name="Peak">The highest rate.</param>
/// <param name="WarmupSteps">Steps of the rise.</param>
/// <param name="TotalSteps">Steps in all.</param>
internal readonly record struct WarmupCosineSchedule(double Peak, int WarmupSteps, int TotalSteps)
{
    /// <summary>The rate of a step.</summary>
    /// <param name="step">From 0 to <see cref="TotalSteps"/> - 1.</param>
    public double At(int step)
    {
        if (step < WarmupSteps)
        {
            return Peak * (step + 1) / WarmupSteps;
        }
        double progress = (step - WarmupSteps) / (double)Math.Max(1, TotalSteps - WarmupSteps);
        return 0.5 * Peak * (1 + Math.Cos(Math.PI * Math.Min(1, progress)));
    }
}
