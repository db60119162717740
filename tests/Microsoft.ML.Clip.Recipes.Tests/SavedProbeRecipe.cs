using Microsoft.ML.Data;

namespace Microsoft.ML.Clip.Tests;

/// <summary>docs/recipes/saved-probe.md: from key to name, and predicting without a column of classes.</summary>
public sealed class SavedProbeRecipe : IDisposable
{
    private readonly RecipeFolder _folder = new();

    public void Dispose() => _folder.Dispose();

    [Fact]
    public void Runs()
    {
        _folder.DrawClasses("animals", 12, "cat", "dog");
        string modelDirectory = RecipeFolder.TinyClip;
        var labelled = Directory.GetFiles(At("animals"), "*.png", SearchOption.AllDirectories).Order(StringComparer.Ordinal)
            .Select(path => new Labelled { Path = path, Class = Path.GetFileName(Path.GetDirectoryName(path)!) }).ToArray();

        // docs/recipes/saved-probe.md
        var ml = new MLContext(seed: 1);
        using var clip = ClipModel.Load(modelDirectory);
        var training = ml.Data.LoadFromEnumerable(labelled);           // Path and Class

        // Only for the training: a new image has no class.
        var keys = ml.Transforms.Conversion.MapValueToKey("Label", "Class").Fit(training);

        // What is saved: from a path to a name.
        var pipeline = ml.Transforms.ClipImageEmbedding("Features", "Path", clip)
            .AppendCacheCheckpoint(ml)
            .Append(ml.MulticlassClassification.Trainers.ClipLinearProbe("Label", "Features"))
            .Append(ml.Transforms.Conversion.MapKeyToValue("Class", "PredictedLabel"));
        var probe = pipeline.Fit(keys.Transform(training));

        var schema = ml.Data.LoadFromEnumerable(Array.Empty<Photograph>()).Schema;      // the input of the saved model: Path alone
        ml.Model.Save(probe, schema, At("animals.zip"));
        // end

        string path = At("animals/dog/003.png");

        // docs/recipes/saved-probe.md
        var other = new MLContext();
        var loaded = other.Model.Load(At("animals.zip"), out var inputs);
        using var engine = other.Model.CreatePredictionEngine<Photograph, Prediction>(loaded);
        var prediction = engine.Predict(new Photograph { Path = path });
        Console.WriteLine($"{prediction.Class} ({prediction.Score.Max():P0})");

        VBuffer<ReadOnlyMemory<char>> names = default;                      // of each score
        engine.OutputSchema["Score"].GetSlotNames(ref names);
        string[] classes = [.. names.DenseValues().Select(n => n.ToString())];
        // end

        Assert.Equal("dog", prediction.Class);
        Assert.Equal(["cat", "dog"], classes);
        Assert.Equal("Path", Assert.Single(inputs).Name);
    }

    private string At(string path) => _folder.At(path);

    // docs/recipes/saved-probe.md
    internal sealed class Labelled
    {
        public string Path { get; set; } = "";
        public string Class { get; set; } = "";
    }

    internal sealed class Photograph
    {
        public string Path { get; set; } = "";
    }

    internal sealed class Prediction
    {
        public string Class { get; set; } = "";
        public float[] Score { get; set; } = [];
    }
    // end
}
