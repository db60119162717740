namespace Microsoft.ML.Clip.Benchmarks;

/// <summary>Collects reports at once, where <see cref="Progress{T}"/> would post them.</summary>
internal sealed class Reports : List<ClipTrainingProgress>, IProgress<ClipTrainingProgress>
{
    public void Report(ClipTrainingProgress value) => Add(value);
}
