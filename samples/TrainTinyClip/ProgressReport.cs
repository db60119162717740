using Microsoft.ML.Clip;

namespace TrainTinyClip;

/// <summary>Prints where the training is. At once and in order, where <see cref="Progress{T}"/> leaves it to the thread pool.</summary>
internal sealed class ProgressReport : IProgress<ClipTrainingProgress>
{
    public void Report(ClipTrainingProgress value) => Console.WriteLine(value);
}
