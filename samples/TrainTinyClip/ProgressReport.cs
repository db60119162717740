using Microsoft.ML.Clip;

namespace TrainTinyClip;

/// <summary>Prints where the training is.</summary>
internal sealed class ProgressReport(DateTime started) : IProgress<ClipTrainingProgress>
{
    public void Report(ClipTrainingProgress p) => Console.WriteLine(
        $"[{DateTime.UtcNow - started:hh\\:mm\\:ss}] step {p.Step}/{p.TotalSteps} epoch {p.Epoch:f2} loss {p.Loss:f4} exp(t) {p.LogitScale:f1} rate {p.LearningRate:g3} "
        + $"{p.SamplesPerSecond:f0} images/s, data {p.DataFraction:p1}, {p.Remaining:hh\\:mm\\:ss} to go");
}
