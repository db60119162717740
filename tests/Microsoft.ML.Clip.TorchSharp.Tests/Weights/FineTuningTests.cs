namespace Microsoft.ML.Clip.Tests;

/// <summary>From a file of released weights through training to an exported model.</summary>
public sealed class FineTuningTests
{
    [Theory]
    [InlineData(0)]
    [InlineData(0.9)]
    public void Fit_FromWeightsInAFile_StartsThere(double averageDecay)
    {
        using var directory = new TemporaryDirectory();
        using var source = new ExportedModel(ExportedModel.Architectures["ViT, GELU"]);
        string released = source.Export(directory.Combine("released"));
        ClipWeights.Save(Path.Combine(released, "model.safetensors"), source.Architecture, source.Weights, ClipWeightNames.HuggingFace);

        var architecture = ClipWeights.ReadArchitecture(released);
        var weights = ClipWeights.Load(released, architecture);
        var options = new ClipContrastiveTrainer.Options
        {
            Architecture = architecture,
            InitialWeights = weights,
            TokenizerDirectory = released,
            Steps = 1,
            BatchSize = 8,
            LearningRate = 1e-9,
            AverageDecay = averageDecay,
        };
        using var trained = new ClipContrastiveTrainer("Image", "Captions", options).Train(TrainingFixture.View(TrainingFixture.Rows(8)));
        weights.Values.ToList().ForEach(w => w.Dispose());
        trained.Export(directory.Combine("tuned"));

        // One step of next to no length: the model embeds as the one that it started from.
        using ClipModel tuned = ClipModel.Load(directory.Combine("tuned")), original = ClipModel.Load(released);
        string[] texts = ["a photo of a red fox.", "school bus"];
        Assert.InRange(ExportTolerances.Difference(original.EncodeTexts(texts)[0], tuned.EncodeTexts(texts)[0]), 0, ExportTolerances.Float32);
        Assert.Equal(original.LogitScale, tuned.LogitScale, 1e-4f);
        Assert.Equal(original.Tokenizer.EncodeToIds(texts[1]), tuned.Tokenizer.EncodeToIds(texts[1]));
    }
}
