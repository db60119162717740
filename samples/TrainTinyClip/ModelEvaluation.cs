using Microsoft.ML;
using Microsoft.ML.Clip;
using Microsoft.ML.Data;

namespace TrainTinyClip;

/// <summary>What an exported model is worth, measured with ordinary pipelines: the figures of the model card.</summary>
internal sealed class ModelEvaluation(string modelDirectory) : IDisposable
{
    private readonly MLContext _ml = new(seed: 1);
    private readonly ClipModel _clip = ClipModel.Load(modelDirectory, new ClipModelOptions { BatchSize = 100 });

    /// <summary>Zero-shot accuracy with the plain template, "a photo of a {}."</summary>
    public void ZeroShot(string name, IReadOnlyList<string> labels, string[] paths, int[] truth)
    {
        var data = Rows(paths, truth);
        var pipeline = _ml.Transforms.ClipImageEmbedding("Features", nameof(Row.Path), _clip)
            .Append(_ml.Transforms.ClipZeroShotClassification("Features", _clip, labels));
        var accuracy = new TopAccuracy();
        foreach (var p in _ml.Data.CreateEnumerable<Prediction>(pipeline.Fit(data).Transform(data), reuseRowObject: true))
        {
            accuracy.Add(p.Score, p.Label);
        }

        Console.WriteLine($"{name}: {accuracy} images, {labels.Count} classes");
    }

    /// <summary>
    /// The paper's linear probe on I_f, the image features before the projection: a sweep on a fifth of the training images, then a fit on all.
    /// </summary>
    public void LinearProbe(string name, (string[] Paths, int[] Labels) train, (string[] Paths, int[] Labels) test)
    {
        var embed = _ml.Transforms.ClipImageEmbedding("Features", nameof(Row.Path), _clip,
            new ClipImageEmbeddingOptions { Features = ClipFeatures.Encoder, Normalize = false });
        var all = Rows(train.Paths, train.Labels);
        ITransformer encoder = embed.Fit(all);
        var features = _ml.Data.Cache(encoder.Transform(all), "Features", nameof(Row.Label));
        var probe = _ml.MulticlassClassification.Trainers.ClipLinearProbe("Key", "Features");
        ITransformer classifier = _ml.Transforms.Conversion.MapValueToKey("Key", nameof(Row.Label)).Append(probe).Fit(features);
        var metrics = _ml.MulticlassClassification.Evaluate(classifier.Transform(encoder.Transform(Rows(test.Paths, test.Labels))), "Key");
        Console.WriteLine($"{name}: linear probe on I_f {100 * metrics.MicroAccuracy:f2}% of {test.Paths.Length} images (L2 = {probe.Report!.L2Regularization:g3})");
    }

    public void Dispose() => _clip.Dispose();

    private IDataView Rows(string[] paths, int[] labels) => _ml.Data.LoadFromEnumerable(paths.Zip(labels, (path, label) =>
        new Row { Path = path, Label = label }));

    private sealed class Row
    {
        public string Path { get; set; } = "";

        public int Label { get; set; }
    }

    private sealed class Prediction
    {
        public int Label { get; set; }

        public float[] Score { get; set; } = [];
    }
}
