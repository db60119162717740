using Microsoft.ML.Clip;

namespace LinearProbe;

/// <summary>A line per trial of the sweep.</summary>
internal sealed class TrialPrinter : IProgress<ClipLinearProbeProgress>
{
    public void Report(ClipLinearProbeProgress value)
    {
        if (value.Completed is { ValidationAccuracy: not null } trial)
        {
            Console.WriteLine($"{trial.L2Regularization,16:G4}  {trial.ValidationAccuracy,19:P2}  {trial.ValidationLoss,15:F4}  {trial.Iterations,10}  {trial.Duration.TotalSeconds,7:F3}{(trial.Converged ? "" : "  (iteration limit)")}");
        }
    }
}
