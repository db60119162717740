using TorchSharp;
using static TorchSharp.torch;

namespace Microsoft.ML.Clip.Tests;

/// <summary>Locked-image tuning: the image tower stays to the bit, the text tower learns as it would beside it.</summary>
public sealed class LockedImageTowerTests : IDisposable
{
    private readonly TemporaryDirectory _directory = new();

    public void Dispose() => _directory.Dispose();

    [Theory]
    [InlineData("vit", null, 1)]
    [InlineData("vit", 4, 1)]
    [InlineData("small-resnet", null, 1)]
    [InlineData("small-resnet", null, 2)]
    [InlineData("openai-resnet", 4, 1)]
    public void Fit_Locked_MovesTheTextTowerAndNothingOfTheImageTower(string name, int? microBatchSize, int threads)
    {
        using var start = Start(name);
        var before = Values(start);

        using var tuned = Tune(start, TrainingFixture.Options(steps: 6, microBatchSize: microBatchSize, threads: threads));

        var after = Values(tuned);
        foreach (var (weight, values) in before)
        {
            bool isImage = weight.StartsWith("visual.", StringComparison.Ordinal);
            Assert.True(isImage == values.SequenceEqual(after[weight]), weight);
        }
    }

    [Theory]
    [InlineData(null, 1)]
    [InlineData(4, 1)]
    [InlineData(null, 2)]
    public void Step_Locked_TakesTheTextTowerWhereAnUnlockedOneDoes(int? microBatchSize, int threads)
    {
        // A Vision Transformer: no batch norm, whose statistics tell training from use.
        using var start = Start("vit");
        var options = TrainingFixture.Options(steps: 1, averageDecay: 0, microBatchSize: microBatchSize, threads: threads);
        using var locked = Tune(start, options);
        using var free = Tune(start, options, isLocked: false);

        Dictionary<string, float[]> expected = Values(free), found = Values(locked);
        Assert.All(expected.Keys.Where(k => !k.StartsWith("visual.", StringComparison.Ordinal)), k => Assert.Equal(expected[k], found[k]));
        Assert.Contains(expected.Keys, k => k.StartsWith("visual.", StringComparison.Ordinal) && !expected[k].SequenceEqual(found[k]));
    }

    [Fact]
    public void Fit_LockedStoppedAndGoneOn_IsTheUninterruptedRun()
    {
        using var start = Start("small-resnet");
        string checkpoint = _directory.Combine("c.safetensors");
        var options = TrainingFixture.Options(steps: 8, checkpoint: checkpoint);
        using var whole = Tune(start, options with { CheckpointPath = null });
        using var cancellation = new CancellationTokenSource();

        Assert.Throws<OperationCanceledException>(() => Tune(start, options, progress: new CancelAt(4, cancellation), cancellationToken: cancellation.Token));
        var unlocked = Assert.Throws<ClipTrainingException>(() => Tune(start, options, isLocked: false));
        using var resumed = Tune(start, options);

        Assert.Contains(nameof(ClipContrastiveTrainer.Options.LockedImageTower), unlocked.Message, StringComparison.Ordinal);
        var expected = Values(whole);
        Assert.All(Values(resumed), w => Assert.Equal(expected[w.Key], w.Value));
    }

    [Fact]
    public void LockedImageTower_WithoutWeights_IsRefused()
    {
        var error = Assert.Throws<ArgumentException>(() => new ClipContrastiveTrainer("Image", "Caption", TrainingFixture.Options() with { LockedImageTower = true }));

        Assert.Contains(nameof(ClipContrastiveTrainer.Options.InitialWeights), error.Message, StringComparison.Ordinal);
    }

    private ClipContrastiveModel Start(string name)
    {
        var model = new ClipContrastiveTrainer("Image", "Caption", TrainingFixture.Options(SmallArchitectures.All[name], steps: 2)).Train(Data());
        model.Export(_directory.Combine("start"));
        return model;
    }

    private ClipContrastiveModel Tune(ClipContrastiveModel start, ClipContrastiveTrainer.Options options, bool isLocked = true,
        IProgress<ClipTrainingProgress>? progress = null, CancellationToken cancellationToken = default) =>
        new ClipContrastiveTrainer("Image", "Caption", options with
        {
            Architecture = start.Architecture,
            InitialWeights = start.Module.Weights(),
            TokenizerDirectory = _directory.Combine("start"),
            LockedImageTower = isLocked,
        }).Fit(Data(), progress, cancellationToken);

    private static IDataView Data() => TrainingFixture.View(TrainingFixture.Rows());

    private static Dictionary<string, float[]> Values(ClipContrastiveModel model)
    {
        using var scope = NewDisposeScope();
        return model.Module.Weights().ToDictionary(
            w => w.Key, w => w.Value.to(ScalarType.Float32).contiguous().data<float>().ToArray(), StringComparer.Ordinal);
    }

    private sealed class CancelAt(int step, CancellationTokenSource source) : IProgress<ClipTrainingProgress>
    {
        public void Report(ClipTrainingProgress value)
        {
            if (value.Step == step)
            {
                source.Cancel();
            }
        }
    }
}
