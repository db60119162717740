using Microsoft.ML.Transforms;

namespace Mlclip;

/// <summary>A linear probe as a saved pipeline, from a path to the name of a class: docs/recipes/saved-probe.md.</summary>
internal static class ProbeTraining
{
    /// <summary>Trains, saves, and measures on the pictures that were held out.</summary>
    public static ProbeResult Run(ClipModel clip, string name, Example[] training, Example[] heldOut, string file, double confidence, ToolOutput output,
        CancellationToken stop)
    {
        string[] unknown = [.. heldOut.Select(e => e.Class).Except(training.Select(e => e.Class))];
        if (unknown.Length > 0)
        {
            throw new ToolException($"The pictures to measure on have classes that are not learned: {string.Join(", ", unknown)}.");
        }
        var ml = new MLContext(seed: 1);
        using var progress = new ProgressMeter(output, "pictures", training.Length + heldOut.Length);
        int done = 0;
        var rows = ml.Data.LoadFromEnumerable(Counted(training.Select(e => new Labelled { Path = e.Path, Class = e.Class })));
        var keys = ml.Transforms.Conversion.MapValueToKey("Label", nameof(Labelled.Class), keyOrdinality: ValueToKeyMappingEstimator.KeyOrdinality.ByValue)
            .Fit(ml.Data.LoadFromEnumerable(training.Select(e => new Labelled { Path = e.Path, Class = e.Class })));
        var trainer = ml.MulticlassClassification.Trainers.ClipLinearProbe(options: new() { CancellationToken = stop });
        // A file that cannot be read gives a row without a value, which the trainer leaves out, and which a prediction tells by its error.
        var options = new ClipImageEmbeddingOptions { OnInvalidImage = ClipOnInvalidImage.Missing, ErrorColumnName = nameof(Predicted.Error) };
        var pipeline = ml.Transforms.ClipImageEmbedding("Features", nameof(Labelled.Path), clip, options)
            .AppendCacheCheckpoint(ml)
            .Append(trainer)
            .Append(ml.Transforms.Conversion.MapKeyToValue(nameof(Predicted.Class), "PredictedLabel"));
        var probe = pipeline.Fit(keys.Transform(rows));
        ml.Model.Save(probe, ml.Data.LoadFromEnumerable(Array.Empty<Picture>()).Schema, file);

        var tested = probe.Transform(ml.Data.LoadFromEnumerable(Counted(heldOut.Select(e => new Picture { Path = e.Path }))));
        Predicted[] predictions = [.. ml.Data.CreateEnumerable<Predicted>(tested, reuseRowObject: false)];
        var readable = predictions.Zip(heldOut).Where(p => p.First.Error.Length == 0).ToArray();
        int correct = readable.Count(p => p.First.Class == p.Second.Class);
        ClipInterval? interval = readable.Length > 0 ? ClipInterval.ClopperPearson(correct, readable.Length, confidence) : null;
        var report = trainer.Report!;
        return new(file, name, [.. training.Select(e => e.Class).Distinct().Order(StringComparer.Ordinal)], report.TrainingRows, readable.Length,
            report.RowsSkipped + heldOut.Length - readable.Length, report.L2Regularization, interval is null ? null : correct,
            interval is null ? null : (double)correct / readable.Length, interval?.Lower, interval?.Upper);

        IEnumerable<T> Counted<T>(IEnumerable<T> all)
        {
            foreach (var row in all)
            {
                stop.ThrowIfCancellationRequested();
                yield return row;
                progress.Report(Interlocked.Increment(ref done));
            }
        }
    }

    /// <summary>Applies a saved probe.</summary>
    /// <exception cref="ToolException">The file is none, or no picture can be read.</exception>
    public static IEnumerable<ProbePrediction> Apply(string zip, string[] files, ToolOutput output, CancellationToken stop)
    {
        var ml = new MLContext();
        var predicted = Predict(ml, Checked.File(zip), files);
        int done = 0, failed = 0;
        using (var progress = new ProgressMeter(output, "pictures", files.Length))
        {
            foreach (var (row, path) in predicted.Zip(files))
            {
                stop.ThrowIfCancellationRequested();
                progress.Report(++done);
                bool isBad = row.Error.Length > 0;
                failed += isBad ? 1 : 0;
                yield return isBad ? new(path, null, null, CommandWords.Of(row.Error)) : new(path, row.Class, row.Score.Max(), null);
            }
        }
        PictureEmbedder.Conclude(output, failed, done);
    }

    // Whatever else a file may be: text, another zip, a pipeline from other columns.
    private static IEnumerable<Predicted> Predict(MLContext ml, string zip, string[] files)
    {
        try
        {
            var predicted = ml.Model.Load(zip, out _).Transform(ml.Data.LoadFromEnumerable(files.Select(path => new Picture { Path = path })));
            return ml.Data.CreateEnumerable<Predicted>(predicted, reuseRowObject: false);
        }
        catch (Exception e) when (e is InvalidDataException or FormatException or InvalidOperationException or ArgumentException or IOException)
        {
            throw new ToolException($"'{zip}' is no classifier; expected a file that 'mlclip probe train' has saved: {e.Message}");
        }
    }

    private sealed class Picture
    {
        public string Path { get; set; } = "";
    }

    private sealed class Labelled
    {
        public string Path { get; set; } = "";

        public string Class { get; set; } = "";
    }

    private sealed class Predicted
    {
        public string Class { get; set; } = "";

        public string Error { get; set; } = "";

        public float[] Score { get; set; } = [];
    }
}
