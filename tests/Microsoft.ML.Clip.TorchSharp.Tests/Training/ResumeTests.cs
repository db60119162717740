using System.Text;
using TorchSharp;
using static TorchSharp.torch;

namespace Microsoft.ML.Clip.Tests;

/// <summary>A killed run goes on to the same result.</summary>
public sealed class ResumeTests
{
    [Theory]
    [InlineData("small-resnet", ClipTrainingLoss.MultiPositive, 2, 12)]
    [InlineData("small-resnet", ClipTrainingLoss.MultiPositive, 1, 0)]
    [InlineData("vit", ClipTrainingLoss.Paper, 1, 0)]
    public void Fit_KilledAtARandomStepAndResumed_EndsAsTheUninterruptedRun(string architecture, ClipTrainingLoss loss, int threads, int reducedSteps)
    {
        using var directory = new TemporaryDirectory();
        var data = TrainingFixture.View(TrainingFixture.Rows());
        int kill = Random.Shared.Next(6, 23);
        ClipContrastiveTrainer.Options Options(string file) => TrainingFixture.Options(SmallArchitectures.All[architecture], steps: 24,
            checkpoint: directory.Combine(file), loss: loss, threads: threads, reducedSize: reducedSteps > 0 ? 8 : null, reducedSteps: reducedSteps);

        (double[] losses, float[] embedding) = Run(Options("whole"), kill: null);
        Assert.Throws<KilledException>(() => Run(Options("parts"), kill));
        (double[] resumed, float[] resumedEmbedding) = Run(Options("parts"), kill: null);

        // The checkpoint is every fifth step; what was lost since then is computed again.
        Assert.Equal(24 - ((kill - 1) / 5 * 5), resumed.Length);
        double[] tail = losses[^resumed.Length..];
        for (int i = 0; i < resumed.Length; i++)
        {
            Assert.True(Math.Abs(tail[i] - resumed[i]) <= TrainingTolerances.Resume, $"killed at {kill}: step {24 - resumed.Length + i + 1} had loss {tail[i]}, resumed {resumed[i]}");
        }
        for (int i = 0; i < embedding.Length; i++)
        {
            Assert.Equal(embedding[i], resumedEmbedding[i], TrainingTolerances.Resume);
        }

        (double[], float[]) Run(ClipContrastiveTrainer.Options options, int? kill)
        {
            var reports = new KillAt(kill);
            using var model = new ClipContrastiveTrainer("Image", "Captions", options).Train(data, reports);
            using var scope = NewDisposeScope();
            using var _ = no_grad();
            int size = options.Architecture.ImageSize;
            var pixels = linspace(-1, 1, 3 * size * size).reshape(1, 3, size, size);
            return ([.. reports.Losses], [.. model.Module.EmbedImages(pixels).data<float>()]);
        }
    }

    [Fact]
    public void Load_ACheckpointOfAnotherRun_SaysWhatDiffers()
    {
        using var directory = new TemporaryDirectory();
        string checkpoint = directory.Combine("c");
        var data = TrainingFixture.View(TrainingFixture.Rows());
        new ClipContrastiveTrainer("Image", "Caption", TrainingFixture.Options(steps: 2, checkpoint: checkpoint)).Train(data).Dispose();

        var other = new ClipContrastiveTrainer("Image", "Caption", TrainingFixture.Options(SmallArchitectures.VisionTransformer, steps: 2, checkpoint: checkpoint));
        string message = Assert.Throws<ClipTrainingException>(() => other.Train(data)).Message;
        Assert.Contains(checkpoint, message, StringComparison.Ordinal);
        Assert.Contains("\"PatchSize\":8", message, StringComparison.Ordinal);

        File.WriteAllText(checkpoint, "no checkpoint at all");
        Assert.Contains(checkpoint, Assert.Throws<ClipTrainingException>(() => other.Train(data)).Message, StringComparison.Ordinal);
        File.WriteAllText(checkpoint, "");
        Assert.Contains(checkpoint, Assert.Throws<ClipTrainingException>(() => other.Train(data)).Message, StringComparison.Ordinal);
    }

    [Theory]
    [InlineData("\"step\":\"2\"", "\"step\":\"x\"", "its step is 'x'")]
    [InlineData("\"step\":\"2\"", "\"step\":\"-\"", "its step is '-'")]
    [InlineData("\"step\":\"2\"", "\"stop\":\"2\"", "its step is 'unknown'")]
    [InlineData("\"run\":", "\"ran\":", "it is of the run unknown")]
    public void Load_ACheckpointWhoseMetadataSayNothing_SaysWhatIsExpected(string good, string bad, string expected)
    {
        using var directory = new TemporaryDirectory();
        string checkpoint = directory.Combine("c");
        var trainer = new ClipContrastiveTrainer("Image", "Caption", TrainingFixture.Options(steps: 2, checkpoint: checkpoint));
        var data = TrainingFixture.View(TrainingFixture.Rows());
        trainer.Train(data).Dispose();
        string file = Encoding.Latin1.GetString(File.ReadAllBytes(checkpoint));
        Assert.Contains(good, file, StringComparison.Ordinal);
        File.WriteAllBytes(checkpoint, Encoding.Latin1.GetBytes(file.Replace(good, bad, StringComparison.Ordinal)));

        Assert.Contains(expected, Assert.Throws<ClipTrainingException>(() => trainer.Train(data)).Message, StringComparison.Ordinal);
    }

    /// <summary>A checkpoint that the version before SafetensorsWriter wrote after four of eight steps; see Golden/checkpoint/README.md.</summary>
    [Fact]
    public void Fit_FromACheckpointOfAnOlderVersion_GoesOnAsThatVersionDid()
    {
        using var directory = new TemporaryDirectory();
        string checkpoint = directory.Combine("c");
        File.Copy(Path.Combine(AppContext.BaseDirectory, "Golden", "checkpoint", "step-4-of-8.safetensors"), checkpoint);
        var architecture = SmallArchitectures.VisionTransformer with
        {
            ImageSize = 4,
            PatchSize = 4,
            VisionWidth = 6,
            VisionHeads = 1,
            VisionLayers = 1,
            JointDimension = 3,
            Text = ClipTextKind.Cbow,
            TextWidth = 2,
        };
        var reports = new TrainingFixture.Reports();
        var options = TrainingFixture.Options(architecture, steps: 8, checkpoint: checkpoint, checkpointEvery: 4, learningRate: 1e-2);

        new ClipContrastiveTrainer("Image", "Captions", options).Train(TrainingFixture.View(TrainingFixture.Rows(16)), reports).Dispose();

        double[] expected = [2.225438117980957, 2.2186498641967773, 2.188920021057129, 2.170522451400757];
        Assert.Equal([5, 6, 7, 8], reports.Select(r => r.Step));
        for (int i = 0; i < expected.Length; i++)
        {
            Assert.Equal(expected[i], reports[i].Loss, TrainingTolerances.Resume);
        }
    }

    [Fact]
    public void Save_WhereTheDiskIsFull_LeavesTheOldCheckpoint()
    {
        Assert.SkipUnless(File.Exists("/dev/full"), "/dev/full is Linux's");
        using var directory = new TemporaryDirectory();
        using var scope = NewDisposeScope();
        string path = directory.Combine("c");
        var value = ones(1000);
        TrainingCheckpoint.Save(path, [("x", value)], new Dictionary<string, string> { ["step"] = "1" });
        byte[] before = File.ReadAllBytes(path);
        // What is written beside the checkpoint goes to a disk on which nothing has room.
        File.CreateSymbolicLink(path + ".tmp", "/dev/full");

        string message = Assert.Throws<ClipTrainingException>(() =>
            TrainingCheckpoint.Save(path, [("x", value * 2)], new Dictionary<string, string> { ["step"] = "2" })).Message;

        Assert.Contains(path, message, StringComparison.Ordinal);
        Assert.Contains("No space left", message, StringComparison.Ordinal);
        Assert.Contains("still there", message, StringComparison.Ordinal);
        Assert.Equal(before, File.ReadAllBytes(path));
        Assert.Equal([path], Directory.GetFiles(directory));
    }

    private sealed class KilledException : Exception;

    private sealed class KillAt(int? step) : IProgress<ClipTrainingProgress>
    {
        public List<double> Losses { get; } = [];

        public void Report(ClipTrainingProgress value)
        {
            Losses.Add(value.Loss);
            // Reports come before the checkpoint of the same step, as a kill might.
            if (value.Step == step)
            {
                throw new KilledException();
            }
        }
    }
}
