using System.Diagnostics;
using TorchSharp;
using static TorchSharp.torch;

namespace Microsoft.ML.Clip;

/// <summary>The steps of a training, one after another: reports, checkpoints and evaluations between them.</summary>
internal sealed class TrainingRun(
    ClipContrastiveTrainer.Options options, TrainingSession session, BatchMaker batches, ClipTokenizer tokenizer, TrainingWatch watch, RankGroup? ranks = null)
{
    // Of the steps since the last report.
    private double _loss;
    private int _losses;
    private TimeSpan _time, _dataTime;

    // The step whose state lies in the checkpoint; null if there is none.
    private int? _saved;

    /// <summary>Takes all steps that are left.</summary>
    /// <exception cref="OperationCanceledException">The training is to end; the checkpoint, if there is a place for one, holds all whole steps.</exception>
    public void Run()
    {
        Begin();
        while (session.Step < options.Steps)
        {
            if (ranks?.Any(watch.Cancellation.IsCancellationRequested) == true)
            {
                throw ranks.Agreed(Cancelled());
            }
            long start = Stopwatch.GetTimestamp();
            double rate = session.LearningRate;
            try
            {
                _loss += session.Run(watch.Part);
            }
            catch (OperationCanceledException) when (watch.Cancellation.IsCancellationRequested)
            {
                throw Cancelled();
            }
            _losses++;
            _time += Stopwatch.GetElapsedTime(start);
            bool last = session.Step == options.Steps, first = double.IsNaN(watch.Last.Loss);
            if (last || (options.ReportEvery is { } every ? session.Step % every == 0 : first || watch.IsTime))
            {
                Report(rate);
            }
            else
            {
                watch.Done(session.Step, session.Step / (double)batches.StepsPerEpoch);
            }

            if (last || session.Step % options.CheckpointEvery == 0)
            {
                Save();
            }
            if (options.Evaluate is not null && ranks is null or { IsFirst: true } && (last || session.Step % options.EvaluateEvery == 0))
            {
                Evaluate();
            }
        }
        // What the first rank does last, a checkpoint and an evaluation, may fail; the others are to know.
        ranks?.Barrier();
    }

    private void Begin()
    {
        // What was read is what the file has.
        bool resumed = session.IsResumed;
        _saved = resumed ? session.Step : null;
        _dataTime = session.DataTime;
        watch.Begin(session.Step, session.Step / (double)batches.StepsPerEpoch, resumed ? options.CheckpointPath ?? "rank 0" : null, session.LogitScale);
    }

    private void Report(double rate)
    {
        watch.Report(watch.Last with
        {
            Step = session.Step,
            StepFraction = 0,
            Epoch = session.Step / (double)batches.StepsPerEpoch,
            Loss = _loss / _losses,
            LogitScale = session.LogitScale,
            LearningRate = rate,
            SamplesPerSecond = _losses * batches.BatchSize / _time.TotalSeconds,
            DataFraction = (session.DataTime - _dataTime) / _time,
            Remaining = _time / _losses * (options.Steps - session.Step),
        });
        (_loss, _losses, _time, _dataTime) = (0, 0, default, session.DataTime);
    }

    private OperationCanceledException Cancelled()
    {
        bool isNew = _saved != session.Step && session.Step > 0;
        if (isNew)
        {
            Save();
        }
        string kept = options.CheckpointPath is not { } path ? $"Nothing was kept, as there is no {nameof(options.CheckpointPath)}."
            : session.Step == 0 ? "No step was done." : $"They are kept in '{path}', from which the same training goes on.";
        return new OperationCanceledException($"The training was cancelled after {session.Step} of {options.Steps} steps. {kept}", watch.Cancellation);
    }

    private void Evaluate()
    {
        session.Result.eval();
        options.Evaluate!(new ClipTrainingSnapshot(session.Result, tokenizer, options.BFloat16 ? ScalarType.BFloat16 : ScalarType.Float32, session.Step));
        session.Module.Learn();
    }

    private void Save()
    {
        // Processors of different kinds round differently: here the ranks become equal again.
        session.TakeFromFirst();
        if (options.CheckpointPath is { } path && ranks is null or { IsFirst: true })
        {
            watch.Saving();
            session.Save(path);
        }
        _saved = session.Step;
    }
}
