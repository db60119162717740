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

    [Fact]
    public void Save_WhereTheDiskIsFull_LeavesTheOldCheckpoint()
    {
        using var directory = new TemporaryDirectory();
        using var scope = NewDisposeScope();
        string path = directory.Combine("c");
        var value = ones(1000);
        TrainingCheckpoint.Save(path, [("x", value)], new Dictionary<string, string> { ["step"] = "1" });
        byte[] before = File.ReadAllBytes(path);

        string message = Assert.Throws<ClipTrainingException>(() =>
            TrainingCheckpoint.Save(path, [("x", value * 2)], new Dictionary<string, string> { ["step"] = "2" }, file =>
                new FullDisk(File.Create(file), 2000))).Message;

        Assert.Contains(path, message, StringComparison.Ordinal);
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

    /// <summary>A disk on which some bytes fit and no more.</summary>
    private sealed class FullDisk(Stream inner, int room) : Stream
    {
        public override bool CanRead => false;

        public override bool CanSeek => false;

        public override bool CanWrite => true;

        public override long Length => inner.Length;

        public override long Position
        {
            get => inner.Position;
            set => throw new NotSupportedException();
        }

        public override void Write(byte[] buffer, int offset, int count)
        {
            if (inner.Position + count > room)
            {
                throw new IOException("No space left on device");
            }
            inner.Write(buffer, offset, count);
        }

        public override void Flush() => inner.Flush();

        public override int Read(byte[] buffer, int offset, int count) => throw new NotSupportedException();

        public override long Seek(long offset, SeekOrigin origin) => throw new NotSupportedException();

        public override void SetLength(long value) => throw new NotSupportedException();

        protected override void Dispose(bool disposing)
        {
            inner.Dispose();
            base.Dispose(disposing);
        }
    }
}
