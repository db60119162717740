namespace Microsoft.ML.Clip;

/// <summary>Where a training is.</summary>
public sealed record ClipTrainingProgress
{
    /// <summary>Steps done, from 1.</summary>
    public required int Step { get; init; }

    /// <summary>Steps in all.</summary>
    public required int TotalSteps { get; init; }

    /// <summary>Passes over the rows that are done, in parts of one.</summary>
    public required double Epoch { get; init; }

    /// <summary>The mean loss of the steps since the last report.</summary>
    public required double Loss { get; init; }

    /// <summary>exp(t), at most 100.</summary>
    public required double LogitScale { get; init; }

    /// <summary>The learning rate of the step.</summary>
    public required double LearningRate { get; init; }

    /// <summary>Images a second since the last report, evaluation and checkpoints not counted.</summary>
    public required double SamplesPerSecond { get; init; }

    /// <summary>The part of the time since the last report that went into making batches, from 0 to 1.</summary>
    public required double DataFraction { get; init; }

    /// <summary>How long the rest will take at this speed.</summary>
    public required TimeSpan Remaining { get; init; }
}
