using System.Globalization;

namespace Microsoft.ML.Clip;

/// <summary>
/// Where a training is. <see cref="ToString"/> makes a line of it, so that <c>new Progress&lt;ClipTrainingProgress&gt;(Console.WriteLine)</c> is a log.
/// </summary>
public sealed record ClipTrainingProgress
{
    /// <summary>What is being done. Before <see cref="ClipTrainingStage.Training"/> there is neither a loss nor a speed.</summary>
    public ClipTrainingStage Stage { get; init; } = ClipTrainingStage.Training;

    /// <summary>Rows read so far.</summary>
    public int Rows { get; init; }

    /// <summary>Steps done, those of a checkpoint that was resumed included; 0 before the first.</summary>
    public required int Step { get; init; }

    /// <summary>How much of the next step is done, from 0 to below 1: a large batch takes minutes on a CPU.</summary>
    public double StepFraction { get; init; }

    /// <summary>Steps in all.</summary>
    public required int TotalSteps { get; init; }

    /// <summary>The step after which this run goes on from a checkpoint; <see langword="null"/> if it began anew.</summary>
    public int? ResumedAt { get; init; }

    /// <summary>Passes over the rows that are done, in parts of one.</summary>
    public required double Epoch { get; init; }

    /// <summary>The mean loss of the steps since the last report that had any; NaN before the first step of this run.</summary>
    public required double Loss { get; init; }

    /// <summary>exp(t), at most 100; NaN before there is a network.</summary>
    public required double LogitScale { get; init; }

    /// <summary>The learning rate of the step.</summary>
    public required double LearningRate { get; init; }

    /// <summary>Pairs a second since the last report that had any, evaluation and checkpoints not counted; 0 before the first step of this run.</summary>
    public required double SamplesPerSecond { get; init; }

    /// <summary>The part of the time since the last report that went into making batches, from 0 to 1.</summary>
    public required double DataFraction { get; init; }

    /// <summary>How long the rest will take at this speed; <see cref="Timeout.InfiniteTimeSpan"/> before the first step of this run.</summary>
    public required TimeSpan Remaining { get; init; }

    /// <summary>Since <see cref="ClipContrastiveTrainer.Fit"/> began.</summary>
    public TimeSpan Elapsed { get; init; }

    /// <summary>Something that is told once, as <see cref="ClipContrastiveTrainer.Options.Log"/> gets it too; <see langword="null"/> mostly.</summary>
    public string? Note { get; init; }

    /// <summary>The report as one line.</summary>
    /// <returns>Time, what is done and how far it is, loss, pairs a second and what is left.</returns>
    public override string ToString()
    {
        string text = Note ?? Stage switch
        {
            ClipTrainingStage.ReadingRows => Rows == 0 ? "reading images and captions" : $"reading images and captions: {Text(Rows)} rows",
            ClipTrainingStage.ReadingCaptions => $"reading captions of {Text(Rows)} rows",
            ClipTrainingStage.MakingNetwork => "making the network",
            ClipTrainingStage.SavingCheckpoint => $"writing the checkpoint of step {Text(Step)}",
            _ => Steps(),
        };
        return string.Create(CultureInfo.InvariantCulture, $"[{Text(Elapsed)}] {text}");
    }

    private string Steps()
    {
        if (Step == TotalSteps || (StepFraction == 0 && !double.IsNaN(Loss)))
        {
            return string.Create(CultureInfo.InvariantCulture,
                $"step {Step:N0} of {TotalSteps:N0}, epoch {Epoch:F2}, loss {Loss:F4}, {SamplesPerSecond:F1} pairs/s, {Left()}");
        }
        string part = StepFraction > 0 ? string.Create(CultureInfo.InvariantCulture, $", {StepFraction:P0} of it done") : "";
        return string.Create(CultureInfo.InvariantCulture, $"step {Step + 1:N0} of {TotalSteps:N0}{part}{(double.IsNaN(Loss) ? "" : $", {Left()}")}");
    }

    private string Left() => Remaining == TimeSpan.Zero ? "done" : $"{Text(Remaining)} left";

    private static string Text(int count) => count.ToString("N0", CultureInfo.InvariantCulture);

    private static string Text(TimeSpan time) => (time.TotalDays >= 1 ? $"{(int)time.TotalDays} d " : "") + time.ToString(@"hh\:mm\:ss", CultureInfo.InvariantCulture);
}
