using TorchSharp;
using static TorchSharp.torch;

namespace Microsoft.ML.Clip.Tests;

/// <summary>
/// A training that is cancelled begins no further piece of work, keeps what it has done, and goes on to the result of the uninterrupted run. Counted, not
/// timed: on a clock that always moves every piece is reported before it begins.
/// </summary>
public sealed class CancellationTests
{
    [Theory]
    [InlineData(0)]
    [InlineData(3)]
    [InlineData(5)]
    [InlineData(11)]
    [InlineData(14)]
    public void Fit_CancelledWithinAStep_BeginsNoFurtherPart(int part)
    {
        using var directory = new TemporaryDirectory();
        var options = Options(directory.Combine("run")) with { MicroBatchSize = 2 };
        using var stop = new CancelAt(r => r.Step == 2 && r.StepFraction > 0, skip: part);

        var error = Assert.Throws<OperationCanceledException>(() => Trainer(options).Fit(Data(), stop, stop.Token));

        Assert.Equal(0, stop.ReportsAfter);
        Assert.Equal(stop.Token, error.CancellationToken);
        Assert.StartsWith("The training was cancelled after 2 of 4 steps. They are kept in", error.Message, StringComparison.Ordinal);
    }

    [Theory]
    [InlineData(ClipTrainingStage.ReadingRows)]
    [InlineData(ClipTrainingStage.ReadingCaptions)]
    [InlineData(ClipTrainingStage.MakingNetwork)]
    public void Fit_CancelledBeforeTheFirstStep_BeginsNone(ClipTrainingStage stage)
    {
        using var directory = new TemporaryDirectory();
        using var stop = new CancelAt(r => r.Stage == stage, skip: stage == ClipTrainingStage.ReadingRows ? 5 : 0);

        Assert.ThrowsAny<OperationCanceledException>(() => Trainer(Options(directory.Combine("run"))).Fit(Data(), stop, stop.Token));

        Assert.Equal(0, stop.ReportsAfter);
        Assert.False(File.Exists(directory.Combine("run")));
    }

    [Fact]
    public void Fit_CancelledAtOnce_ReadsNothing()
    {
        var reports = new TrainingFixture.Reports();

        Assert.ThrowsAny<OperationCanceledException>(() => Trainer(Options(null)).Fit(Data(), reports, new CancellationToken(canceled: true)));

        Assert.Empty(reports);
    }

    [Fact]
    public void Fit_CancelledWithoutACheckpointPath_SaysThatNothingWasKept()
    {
        using var stop = new CancelAt(r => r.Step == 1 && r.StepFraction > 0, skip: 0);

        string message = Assert.Throws<OperationCanceledException>(() => Trainer(Options(null)).Fit(Data(), stop, stop.Token)).Message;

        Assert.Equal("The training was cancelled after 1 of 4 steps. Nothing was kept, as there is no CheckpointPath.", message);
    }

    /// <summary>Batch norm too: the forward pass of the step that was given up has moved its statistics.</summary>
    [Theory]
    [InlineData("vit", 2, 1)]
    [InlineData("small-resnet", 2, 1)]
    [InlineData("small-resnet", null, 1)]
    [InlineData("small-resnet", null, 2)]
    public void Fit_CancelledWithinAStepAndResumed_EndsAsTheUninterruptedRun(string architecture, int? part, int threads)
    {
        using var directory = new TemporaryDirectory();
        var options = Options(directory.Combine("whole")) with { Architecture = SmallArchitectures.All[architecture], MicroBatchSize = part, Threads = threads };
        using var whole = Trainer(options).Train(Data());

        options = options with { CheckpointPath = directory.Combine("parts") };
        using var stop = new CancelAt(r => r.Step == 2 && r.StepFraction > 0.3, skip: 0);
        Assert.Throws<OperationCanceledException>(() => Trainer(options).Fit(Data(), stop, stop.Token));
        var reports = new TrainingFixture.Reports();
        using var resumed = Trainer(options).Train(Data(), reports);

        Assert.Equal(2, reports[^1].ResumedAt);
        using var scope = NewDisposeScope();
        foreach (var (name, expected) in whole.Module.Weights())
        {
            Assert.InRange((expected - resumed.Module.Weights()[name]).abs().max().item<float>(), 0, TrainingTolerances.Resume);
        }
    }

    private static ClipContrastiveTrainer Trainer(ClipContrastiveTrainer.Options options) => new("Image", "Caption", options);

    private static IDataView Data() => TrainingFixture.View(TrainingFixture.Rows());

    private static ClipContrastiveTrainer.Options Options(string? checkpoint) =>
        TrainingFixture.Options(SmallArchitectures.VisionTransformer, steps: 4, checkpoint: checkpoint, checkpointEvery: 100) with
        {
            ReportEvery = null,
            Clock = new ProgressTests.Ticking(),
        };

    /// <summary>Cancels at the report that a condition holds for, or at a later one, and counts what comes after it.</summary>
    private sealed class CancelAt(Func<ClipTrainingProgress, bool> when, int skip) : IProgress<ClipTrainingProgress>, IDisposable
    {
        private readonly CancellationTokenSource _source = new();
        private int _skip = skip;

        public CancellationToken Token => _source.Token;

        /// <summary>Pieces of work that began after the cancellation; the writing of the checkpoint is none.</summary>
        public int ReportsAfter { get; private set; }

        public void Report(ClipTrainingProgress value)
        {
            if (_source.IsCancellationRequested)
            {
                ReportsAfter += value.Stage == ClipTrainingStage.SavingCheckpoint ? 0 : 1;
            }
            else if (when(value) && _skip-- == 0)
            {
                _source.Cancel();
            }
        }

        public void Dispose() => _source.Dispose();
    }
}
