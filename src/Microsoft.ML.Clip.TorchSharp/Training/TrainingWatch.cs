namespace Microsoft.ML.Clip;

/// <summary>
/// What is asked again and again during a training, at least between any two pieces of work that take a while: whether it is to end, and whether
/// it is time for a report.
/// </summary>
internal sealed class TrainingWatch
{
    private readonly ClipContrastiveTrainer.Options _options;
    private readonly IProgress<ClipTrainingProgress>? _progress;
    private readonly CancellationToken _cancellation;
    private readonly bool _endsWithinSteps;
    private readonly long _start;
    private long _reported;

    /// <param name="options">Whom to tell, and when.</param>
    /// <param name="progress">Whom else; null is nobody.</param>
    /// <param name="cancellation">Asks for an end.</param>
    /// <param name="endsWithinSteps">Whether a step may be given up; ranks that others wait for end between steps, together.</param>
    public TrainingWatch(ClipContrastiveTrainer.Options options, IProgress<ClipTrainingProgress>? progress, CancellationToken cancellation,
        bool endsWithinSteps = true)
    {
        (_options, _progress, _cancellation, _endsWithinSteps) = (options, progress, cancellation, endsWithinSteps);
        _start = _reported = options.Clock.GetTimestamp();
        Last = new ClipTrainingProgress
        {
            Stage = ClipTrainingStage.ReadingRows,
            Step = 0,
            TotalSteps = options.Steps,
            Epoch = 0,
            Loss = double.NaN,
            LogitScale = double.NaN,
            LearningRate = 0,
            SamplesPerSecond = 0,
            DataFraction = 0,
            Remaining = Timeout.InfiniteTimeSpan,
        };
    }

    /// <summary>What was reported last, or would have been: the next is told by what differs.</summary>
    public ClipTrainingProgress Last { get; private set; }

    public CancellationToken Cancellation => _cancellation;

    /// <summary>Whether a report by time is due; never where reports go by steps.</summary>
    public bool IsTime => IsByTime && _options.Clock.GetElapsedTime(_reported) >= _options.ReportInterval;

    private bool IsByTime => _options.ReportEvery is null;

    /// <summary>A step is done, and it is time for a report.</summary>
    public void Report(ClipTrainingProgress progress)
    {
        Last = progress with { Elapsed = _options.Clock.GetElapsedTime(_start) };
        _reported = _options.Clock.GetTimestamp();
        _progress?.Report(Last);
    }

    /// <summary>Something else is being done from now on.</summary>
    /// <exception cref="OperationCanceledException">The training is to end.</exception>
    public void Enter(ClipTrainingStage stage)
    {
        _cancellation.ThrowIfCancellationRequested();
        Between(Last with { Stage = stage });
        _cancellation.ThrowIfCancellationRequested();
    }

    /// <summary>Tells something, to whoever hears.</summary>
    public void Tell(string note)
    {
        _options.Log?.Invoke(note);
        Between(Last with { Note = note });
        // It is told once.
        Last = Last with { Note = null };
    }

    /// <summary>The steps begin.</summary>
    /// <param name="step">Steps done, if it goes on from a checkpoint.</param>
    /// <param name="epoch">Passes over the rows that are done.</param>
    /// <param name="resumed">The checkpoint that it goes on from; null if there is none.</param>
    /// <param name="logitScale">exp(t).</param>
    public void Begin(int step, double epoch, string? resumed, double logitScale)
    {
        Last = Last with { Stage = ClipTrainingStage.Training, Step = step, Epoch = epoch, ResumedAt = resumed is null ? null : step, LogitScale = logitScale };
        if (resumed is null)
        {
            Between(Last);
        }
        else
        {
            Tell($"Resumed at step {step} of {_options.Steps}, from '{resumed}'.");
        }
    }

    /// <summary>A step is done that nobody needs to hear of by itself.</summary>
    public void Done(int step, double epoch) => Last = Last with { Step = step, Epoch = epoch, StepFraction = 0 };

    /// <summary>A checkpoint is going to be written, which of a large network takes a while.</summary>
    public void Saving()
    {
        if (IsTime)
        {
            Between(Last with { Stage = ClipTrainingStage.SavingCheckpoint });
            Last = Last with { Stage = ClipTrainingStage.Training };
        }
    }

    /// <summary>So many rows have been read.</summary>
    /// <exception cref="OperationCanceledException">The training is to end.</exception>
    public void Rows(int rows)
    {
        _cancellation.ThrowIfCancellationRequested();
        Last = Last with { Rows = rows };
        if (IsTime)
        {
            Between(Last);
            _cancellation.ThrowIfCancellationRequested();
        }
    }

    /// <summary>So much of a step is done.</summary>
    /// <exception cref="OperationCanceledException">The training is to end.</exception>
    public void Part(double fraction)
    {
        ThrowWithinStep();
        if (IsTime)
        {
            Between(Last with { StepFraction = fraction });
            // Whoever hears of it may have had enough.
            ThrowWithinStep();
        }
    }

    private void ThrowWithinStep()
    {
        if (_endsWithinSteps)
        {
            _cancellation.ThrowIfCancellationRequested();
        }
    }

    /// <summary>A report that is not of a whole step. Whoever asked for reports by steps gets none of these.</summary>
    private void Between(ClipTrainingProgress progress)
    {
        if (IsByTime)
        {
            Report(progress);
        }
        else
        {
            Last = progress;
        }
    }
}
