using System.Numerics.Tensors;

namespace Microsoft.ML.Clip.Tests;

public sealed class ClipContrastiveTrainerTests
{
    [Theory]
    [InlineData(ClipTrainingLoss.Paper, false)]
    [InlineData(ClipTrainingLoss.MultiPositive, false)]
    [InlineData(ClipTrainingLoss.MultiPositive, true)]
    public void Fit_OnColours_LearnsThem(ClipTrainingLoss loss, bool oneText)
    {
        var rows = TrainingFixture.Rows();
        double right = 0;
        var reports = new TrainingFixture.Reports();
        var options = TrainingFixture.Options(steps: 120, learningRate: 5e-3, loss: loss, oneText: oneText, allGroups: oneText, batchSize: 4,
            evaluate: model => right = Accuracy(model));
        using var trained = new ClipContrastiveTrainer("Image", "Captions", options).Train(TrainingFixture.View(rows), reports);

        Assert.Equal(1, right);
        Assert.True(reports[^1].Loss < reports[0].Loss);
        Assert.Equal(120, reports[^1].Step);
        Assert.Equal(15, reports[^1].Epoch);
        Assert.Equal(TimeSpan.Zero, reports[^1].Remaining);
        Assert.All(reports, r => Assert.InRange(r.DataFraction, 0, 1));
        Assert.InRange(trained.LogitScale, 1, 100);
        Assert.Empty(trained.SkippedRows);

        static double Accuracy(ClipTrainingSnapshot model)
        {
            using var directory = new TemporaryDirectory();
            string[] paths = [.. Enumerable.Range(0, 16).Select(i => directory.Combine($"{i}.png"))];
            for (int i = 0; i < paths.Length; i++)
            {
                File.WriteAllBytes(paths[i], TrainingFixture.SolidImage(i % 4, seed: 100 + i));
            }
            float[][] texts = model.EncodeTexts([.. TrainingFixture.Colors.Select(c => $"a photo of a {c} square.")]);
            float[][] images = model.EncodeImages(ClipImageSet.Load(paths, 16));
            Assert.All(images, image => Assert.Equal(1, TensorPrimitives.Norm<float>(image), 1e-5f));
            return images.Select((image, i) => Array.IndexOf([.. texts.Select(t => TensorPrimitives.Dot<float>(image, t))],
                texts.Max(t => TensorPrimitives.Dot<float>(image, t))) == i % 4 ? 1.0 : 0).Average();
        }
    }

    [Fact]
    public void Fit_FromEveryKindOfImageColumn_IsTheSame()
    {
        using var directory = new TemporaryDirectory();
        var rows = TrainingFixture.Rows(8);
        for (int i = 0; i < rows.Count; i++)
        {
            File.WriteAllBytes(directory.Combine($"{i}.png"), rows[i].Image);
        }
        var ml = new MLContext();
        var paths = ml.Data.LoadFromEnumerable(rows.Select((r, i) => new { Path = directory.Combine($"{i}.png"), r.Caption }));
        var images = ml.Transforms.LoadImages("Image", null, "Path").Fit(paths).Transform(paths);

        double[] fromBytes = Losses("Image", TrainingFixture.View(rows)), fromPaths = Losses("Path", paths), fromImages = Losses("Image", images);

        Assert.Equal(fromBytes, fromPaths);
        Assert.Equal(fromBytes, fromImages);

        static double[] Losses(string column, IDataView data)
        {
            var reports = new TrainingFixture.Reports();
            new ClipContrastiveTrainer(column, "Caption", TrainingFixture.Options(steps: 3)).Train(data, reports).Dispose();
            return [.. reports.Select(r => r.Loss)];
        }
    }

    [Fact]
    public void Fit_WithATokenizerDirectory_KeepsItsVocabulary()
    {
        using var directory = new TemporaryDirectory();
        var vocabulary = ClipVocabularyTrainer.Train(["some other words", "some other words"], new() { ContextLength = 12 });
        vocabulary.Save(directory);
        var options = new ClipContrastiveTrainer.Options
        {
            Architecture = SmallArchitectures.SmallResNet with { VocabularySize = vocabulary.Size },
            TokenizerDirectory = directory,
            Steps = 1,
            BatchSize = 4,
        };
        using var model = new ClipContrastiveTrainer("Image", "Caption", options).Train(TrainingFixture.View(TrainingFixture.Rows(8)));

        Assert.Equal(vocabulary.Size, model.Architecture.VocabularySize);
        Assert.Equal(vocabulary.CreateTokenizer().EncodeToIds("some red words"), model.Tokenizer.EncodeToIds("some red words"));
    }

    [Fact]
    public void Fit_FromWeights_StartsWhereTheyAre()
    {
        using var directory = new TemporaryDirectory();
        var data = TrainingFixture.View(TrainingFixture.Rows());
        using var first = new ClipContrastiveTrainer("Image", "Caption", TrainingFixture.Options(steps: 60, learningRate: 5e-3)).Train(data);
        first.Export(directory);

        double fresh = FirstLoss(null), tuned = FirstLoss(first.Module.Weights());

        Assert.True(tuned < 0.8 * fresh, $"{tuned} against {fresh}");
        var weights = new Dictionary<string, TorchSharp.torch.Tensor>(first.Module.Weights());
        weights.Remove("visual.proj");
        Assert.Contains("'visual.proj'", Assert.Throws<ArgumentException>(() => FirstLoss(weights)).Message, StringComparison.Ordinal);
        weights["visual.proj"] = first.Module.Weights()["text_projection"];
        Assert.Contains("[8, 8], but the architecture has [16, 8]", Assert.Throws<ArgumentException>(() => FirstLoss(weights)).Message, StringComparison.Ordinal);

        double FirstLoss(IReadOnlyDictionary<string, TorchSharp.torch.Tensor>? weights)
        {
            var reports = new TrainingFixture.Reports();
            var options = new ClipContrastiveTrainer.Options
            {
                Architecture = first.Architecture,
                InitialWeights = weights,
                TokenizerDirectory = directory,
                Steps = 1,
                ReportEvery = 1,
                BatchSize = 32,
            };
            new ClipContrastiveTrainer("Image", "Caption", options).Train(data, reports).Dispose();
            return reports[0].Loss;
        }
    }

    [Fact]
    public void LogitScale_StartsAtThePapersValueAndStaysBelowAHundred()
    {
        using var module = new ClipModule(SmallArchitectures.SmallResNet, seed: 1);
        Assert.Equal(1 / 0.07, Math.Exp(module.LogitScale.item<float>()), 1e-4);

        using var start = new ClipContrastiveTrainer("Image", "Caption", TrainingFixture.Options(steps: 1)).Train(TrainingFixture.View(TrainingFixture.Rows()));
        var weights = new Dictionary<string, TorchSharp.torch.Tensor>(start.Module.Weights()) { ["logit_scale"] = TorchSharp.torch.tensor(6f) };
        var options = new ClipContrastiveTrainer.Options { Architecture = start.Architecture, InitialWeights = weights, Steps = 1, BatchSize = 8 };
        using var clamped = new ClipContrastiveTrainer("Image", "Caption", options).Train(TrainingFixture.View(TrainingFixture.Rows()));
        Assert.Equal(100, clamped.LogitScale, 1e-3);
    }

    [Fact]
    public void Fit_WhenCancelled_WritesACheckpointAndGoesOnFromThere()
    {
        using var directory = new TemporaryDirectory();
        string checkpoint = directory.Combine("c.safetensors");
        using var cancellation = new CancellationTokenSource();
        var options = TrainingFixture.Options(steps: 12, checkpoint: checkpoint, checkpointEvery: 100);
        var data = TrainingFixture.View(TrainingFixture.Rows());
        var trainer = new ClipContrastiveTrainer("Image", "Caption", options);

        Assert.Throws<OperationCanceledException>(() => trainer.Fit(data, new CancelAt(7, cancellation), cancellation.Token));
        var reports = new TrainingFixture.Reports();
        trainer.Train(data, reports).Dispose();

        Assert.Equal(8, reports[0].Step);
    }

    private sealed class CancelAt(int step, CancellationTokenSource cancellation) : IProgress<ClipTrainingProgress>
    {
        public void Report(ClipTrainingProgress value)
        {
            if (value.Step == step)
            {
                cancellation.Cancel();
            }
        }
    }
}
