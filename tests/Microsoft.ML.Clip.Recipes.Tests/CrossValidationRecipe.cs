namespace Microsoft.ML.Clip.Tests;

/// <summary>docs/recipes/cross-validation.md: the encoder once, then as many trainers and folds as one likes.</summary>
public sealed class CrossValidationRecipe : IDisposable
{
    private readonly RecipeFolder _folder = new();

    public void Dispose() => _folder.Dispose();

    [Fact]
    public void Runs()
    {
        _folder.DrawClasses("animals", 20, "cat", "dog");
        var ml = new MLContext(seed: 1);
        using var clip = ClipModel.Load(RecipeFolder.TinyClip);
        int reads = 0;
        var labelled = ml.Data.LoadFromEnumerable(Directory.GetFiles(_folder.At("animals"), "*.png", SearchOption.AllDirectories).Select(path =>
        {
            Interlocked.Increment(ref reads);
            return new { Path = path, Class = Path.GetFileName(Path.GetDirectoryName(path)!) };
        }));

        // docs/recipes/cross-validation.md
        var prepare = ml.Transforms.Conversion.MapValueToKey("Label", "Class")
            .Append(ml.Transforms.ClipImageEmbedding("Features", "Path", clip, new() { Features = ClipFeatures.Encoder, OnInvalidImage = ClipOnInvalidImage.Missing }))
            .AppendCacheCheckpoint(ml);
        var embedded = ml.Data.Cache(prepare.Fit(labelled).Transform(labelled), "Features", "Label");
        var usable = ml.Data.FilterRowsByMissingValues(embedded, "Features");          // an unreadable image is a row of NaN

        var folds = ml.MulticlassClassification.CrossValidate(usable, ml.MulticlassClassification.Trainers.ClipLinearProbe(), numberOfFolds: 5);
        Console.WriteLine($"{folds.Average(f => f.Metrics.MicroAccuracy):P1} +- {folds.Max(f => f.Metrics.MicroAccuracy) - folds.Min(f => f.Metrics.MicroAccuracy):P1}");
        // end

        Assert.InRange(folds.Average(f => f.Metrics.MicroAccuracy), 0.8, 1);
        // Once for the keys, once for the features; not once for each fold.
        Assert.InRange(reads, 40, 3 * 40);

        // docs/recipes/cross-validation.md
        var trainers = new Dictionary<string, IEstimator<ITransformer>>
        {
            ["linear probe"] = ml.MulticlassClassification.Trainers.ClipLinearProbe(),
            ["maximum entropy"] = ml.MulticlassClassification.Trainers.LbfgsMaximumEntropy(l1Regularization: 0, l2Regularization: 0.1f),
            ["SDCA"] = ml.MulticlassClassification.Trainers.SdcaMaximumEntropy(),
            ["one versus all"] = ml.MulticlassClassification.Trainers.OneVersusAll(ml.BinaryClassification.Trainers.AveragedPerceptron()),
        };
        foreach (var (name, trainer) in trainers)
        {
            var metrics = ml.MulticlassClassification.CrossValidate(usable, trainer, numberOfFolds: 3).Select(f => f.Metrics).ToArray();
            Console.WriteLine($"{name,-16} {metrics.Average(m => m.MicroAccuracy):P1}");
        }
        // end

        // docs/recipes/cross-validation.md
        var split = ml.Data.TrainTestSplit(usable, testFraction: 0.4, seed: 1);
        foreach (int shots in (int[])[1, 2, 4])
        {
            double[] accuracies = [.. Enumerable.Range(0, 3).Select(seed =>
            {
                var few = ml.Data.TakePerClass(split.TrainSet, shots, "Label", seed);
                var model = ml.MulticlassClassification.Trainers.ClipLinearProbe().Fit(few);
                return ml.MulticlassClassification.Evaluate(model.Transform(split.TestSet)).MicroAccuracy;
            })];
            Console.WriteLine($"{shots,2} per class: {accuracies.Average():P1}");
        }
        // end
    }
}
