using System.Globalization;

namespace Microsoft.ML.Clip.Tests;

/// <summary>What is heard of a training, and when: from its first moment on, by time, and again after an interruption.</summary>
public sealed class ProgressTests
{
    // A part of two images is as small as parts can be: 8 images make 4, and their texts as many.
    private static readonly ClipContrastiveTrainer.Options Parts =
        TrainingFixture.Options(SmallArchitectures.VisionTransformer, steps: 3, microBatchSize: 2) with
        {
            ReportEvery = null,
        };

    [Fact]
    public void Fit_BeforeTheFirstStep_HasSaidWhatItDoes()
    {
        var reports = Run(Parts with { ReportInterval = TimeSpan.FromDays(1) });

        // Beginnings, the first step and the last; nothing by time, as a day has not passed.
        Assert.Equal(
            [(ClipTrainingStage.ReadingRows, 0), (ClipTrainingStage.ReadingCaptions, 0), (ClipTrainingStage.MakingNetwork, 0), (ClipTrainingStage.Training, 0),
                (ClipTrainingStage.Training, 1), (ClipTrainingStage.Training, 3)],
            reports.Select(r => (r.Stage, r.Step)));
        Assert.Equal([0, 32, 32, 32, 32, 32], reports.Select(r => r.Rows));
        Assert.All(reports.Take(4), r => Assert.True(double.IsNaN(r.Loss) && r.Remaining == Timeout.InfiniteTimeSpan && r.ResumedAt is null));
        Assert.All(reports.Skip(4), r => Assert.True(r.Loss > 0 && r.SamplesPerSecond > 0));
    }

    [Fact]
    public void Fit_WhereTimePasses_ReportsEveryRowAndEveryPartOfAStep()
    {
        var reports = Run(Parts with { Clock = new Ticking(), ReportInterval = TimeSpan.FromSeconds(1) });

        Assert.Equal(Enumerable.Range(0, 32), reports.Where(r => r.Stage == ClipTrainingStage.ReadingRows).Select(r => r.Rows).Distinct().SkipLast(1));
        var second = reports.Where(r => r.Stage == ClipTrainingStage.Training && r.Step == 1).ToList();
        // The report of the first step, then one before each of the 16 parts of the second: forward and backward, images and texts.
        Assert.Equal(1 + 16, second.Count);
        Assert.Equal(second.Select(r => r.StepFraction).Order(), second.Select(r => r.StepFraction));
        Assert.All(second, r => Assert.InRange(r.StepFraction, 0, 0.999));
        Assert.True(reports[^1].Elapsed > reports[0].Elapsed);
    }

    [Fact]
    public void Fit_WithReportsBySteps_GivesNoOthers() =>
        Assert.Equal([2, 3], Run(Parts with { ReportEvery = 2, Clock = new Ticking(), ReportInterval = TimeSpan.Zero }).Select(r => r.Step));

    [Fact]
    public void Fit_FromACheckpoint_SaysAtWhichStepItResumes()
    {
        using var directory = new TemporaryDirectory();
        string checkpoint = directory.Combine("run.safetensors");
        var log = new List<string>();
        Run(Parts with { CheckpointPath = checkpoint, Log = log.Add });
        Assert.Empty(log);

        var reports = Run(Parts with { CheckpointPath = checkpoint, Steps = 5, Log = log.Add });

        string expected = $"Resumed at step 3 of 5, from '{checkpoint}'.";
        Assert.Equal([expected], log);
        var resumed = Assert.Single(reports, r => r.Note is not null);
        Assert.Equal((3, 3, expected), (resumed.Step, resumed.ResumedAt, resumed.Note));
        Assert.Contains(expected, $"{resumed}", StringComparison.Ordinal);
        Assert.All(reports.SkipWhile(r => r.Note is null), r => Assert.Equal(3, r.ResumedAt));
        Assert.Equal(5, reports[^1].Step);
    }

    [Fact]
    public void Fit_RowsThatAreLeftOut_AreToldBeforeTheFirstStep()
    {
        var rows = TrainingFixture.Rows();
        rows[3].Image = [1, 2, 3];
        var log = new List<string>();
        var options = Parts with { OnInvalidImage = ClipOnInvalidImage.Missing, Log = log.Add };
        new ClipContrastiveTrainer("Image", "Caption", options).Train(TrainingFixture.View(rows)).Dispose();

        Assert.StartsWith("1 of 32 rows are left out, the first because: Row 3", Assert.Single(log), StringComparison.Ordinal);
    }

    [Theory]
    [InlineData(ClipTrainingStage.ReadingRows, 0, 0, double.NaN, "[00:00:07] reading images and captions")]
    [InlineData(ClipTrainingStage.ReadingRows, 0, 0, double.NaN, "[00:00:07] reading images and captions: 1,200 rows", 1200)]
    [InlineData(ClipTrainingStage.ReadingCaptions, 0, 0, double.NaN, "[00:00:07] reading captions of 1,200 rows", 1200)]
    [InlineData(ClipTrainingStage.MakingNetwork, 0, 0, double.NaN, "[00:00:07] making the network")]
    [InlineData(ClipTrainingStage.Training, 0, 0, double.NaN, "[00:00:07] step 1 of 2,000")]
    [InlineData(ClipTrainingStage.Training, 0, 0.25, double.NaN, "[00:00:07] step 1 of 2,000, 25 % of it done")]
    [InlineData(ClipTrainingStage.Training, 10, 0.5, 1.5, "[00:00:07] step 11 of 2,000, 50 % of it done, 1 d 01:02:03 left")]
    [InlineData(ClipTrainingStage.Training, 10, 0, 1.5, "[00:00:07] step 10 of 2,000, epoch 0.50, loss 1.5000, 12.3 pairs/s, 1 d 01:02:03 left")]
    [InlineData(ClipTrainingStage.SavingCheckpoint, 10, 0, 1.5, "[00:00:07] writing the checkpoint of step 10")]
    public void ToString_IsALine(ClipTrainingStage stage, int step, double fraction, double loss, string expected, int rows = 0)
    {
        var before = CultureInfo.CurrentCulture;
        CultureInfo.CurrentCulture = CultureInfo.GetCultureInfo("de-DE");
        try
        {
            Assert.Equal(expected, new ClipTrainingProgress
            {
                Stage = stage,
                Rows = rows,
                Step = step,
                StepFraction = fraction,
                TotalSteps = 2000,
                Epoch = 0.5,
                Loss = loss,
                LogitScale = 14,
                LearningRate = 1e-3,
                SamplesPerSecond = 12.34,
                DataFraction = 0.1,
                Remaining = new TimeSpan(1, 1, 2, 3),
                Elapsed = TimeSpan.FromSeconds(7.5),
            }.ToString());
        }
        finally
        {
            CultureInfo.CurrentCulture = before;
        }
    }

    private static TrainingFixture.Reports Run(ClipContrastiveTrainer.Options options)
    {
        var reports = new TrainingFixture.Reports();
        new ClipContrastiveTrainer("Image", "Caption", options).Train(TrainingFixture.View(TrainingFixture.Rows()), reports).Dispose();
        return reports;
    }

    /// <summary>A clock on which a minute has passed whenever one looks.</summary>
    internal sealed class Ticking : TimeProvider
    {
        private long _now;

        public override long GetTimestamp() => _now += 60 * TimestampFrequency;
    }
}
