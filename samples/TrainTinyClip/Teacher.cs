using System.Globalization;
using System.Runtime.InteropServices;
using Microsoft.ML;
using Microsoft.ML.Clip;
using Microsoft.ML.Data;
using Samples;

namespace TrainTinyClip;

/// <summary>
/// What ResNet-18, of a NuGet package and trained on ImageNet, makes of the images to train on: how likely each class is, by a linear probe on its features. An
/// image's own probe has not seen it (five folds), else it would tell only what the label tells.
/// </summary>
internal sealed class Teacher : IDisposable
{
    private const int Folds = 5, Width = 512;

    private readonly string _work;
    private readonly float _regularization;
    private readonly ClipModel _model;

    /// <param name="work">Where the model, its features and what the probes say are kept.</param>
    /// <param name="regularization">Of the probes.</param>
    public Teacher(string work, double regularization)
    {
        (_work, _regularization) = (work, (float)regularization);
        string towers = Path.Combine(work, "towers");
        if (!File.Exists(Path.Combine(towers, "texts", "config.json")))
        {
            EverydayModel.WriteTowers(towers);
        }
        _model = ClipModel.Load(Path.Combine(towers, "images"));
    }

    /// <summary>The probability of each class of a set, in their order, for each of its images to train on.</summary>
    public IReadOnlyDictionary<string, float[]> Ask(ImageFolder set)
    {
        (string[] paths, int[] labels) = set.TrainingImagesInTurn();
        string file = Path.Combine(_work, $"teacher-{Path.GetFileName(set.Root)}-{paths.Length}-{_regularization.ToString(CultureInfo.InvariantCulture)}.bin");
        int classes = set.Classes.Count;
        if (!File.Exists(file))
        {
            float[][] features = ClipLockedFeatures.OfImages(_model, paths, Path.Combine(_work, "features"), new Line(paths.Length));
            Console.Error.WriteLine();
            File.WriteAllBytes(file + ".tmp", MemoryMarshal.AsBytes(CrossFit(set, features, labels).SelectMany(p => p).ToArray().AsSpan()).ToArray());
            File.Move(file + ".tmp", file);
        }
        float[] all = MemoryMarshal.Cast<byte, float>(File.ReadAllBytes(file)).ToArray();
        return paths.Select((path, i) => (path, all[(i * classes)..((i + 1) * classes)])).ToDictionary(p => p.path, p => p.Item2);
    }

    public void Dispose() => _model.Dispose();

    private float[][] CrossFit(ImageFolder set, float[][] features, int[] labels)
    {
        var ml = new MLContext(seed: 1);
        float[][] probabilities = new float[features.Length][];
        // In turn: the i-th image of each class is in fold i modulo their number.
        int[] folds = [.. Enumerable.Range(0, features.Length).Select(i => i / set.Classes.Count % Folds)];
        for (int fold = 0; fold < Folds; fold++)
        {
            int[] others = [.. Enumerable.Range(0, features.Length).Where(i => folds[i] != fold)];
            int[] own = [.. Enumerable.Range(0, features.Length).Where(i => folds[i] == fold)];
            var probe = ml.MulticlassClassification.Trainers.ClipLinearProbe(nameof(Row.Label), nameof(Row.Features),
                new() { L2Regularization = _regularization, OptimizationTolerance = 1e-6f }).Fit(Rows(others));
            float[][] told = [.. ml.Data.CreateEnumerable<Told>(probe.Transform(Rows(own)), reuseRowObject: false).Select(t => t.Score)];
            for (int i = 0; i < own.Length; i++)
            {
                probabilities[own[i]] = told[i];
            }
            double right = own.Average(i => Array.IndexOf(probabilities[i], probabilities[i].Max()) == labels[i] ? 1 : 0);
            double loss = own.Average(i => -Math.Log(Math.Max(1e-9, probabilities[i][labels[i]])));
            Console.WriteLine($"teacher, {Path.GetFileName(set.Root)}, fold {fold + 1} of {Folds}: {100 * right:f1}% of {own.Length} images that it has not seen, {loss:f3} nats");
        }
        return probabilities;

        IDataView Rows(int[] rows)
        {
            var schema = SchemaDefinition.Create(typeof(Row));
            // Numbers from 0 in the rows, which ML.NET makes keys from 1.
            schema[nameof(Row.Label)].ColumnType = new KeyDataViewType(typeof(uint), set.Classes.Count);
            return ml.Data.LoadFromEnumerable(rows.Select(i => new Row { Features = features[i], Label = (uint)labels[i] }), schema);
        }
    }

    private sealed class Row
    {
        [VectorType(Width)]
        public float[] Features { get; set; } = [];

        public uint Label { get; set; }
    }

    private sealed class Told
    {
        public float[] Score { get; set; } = [];
    }

    private sealed class Line(int all) : IProgress<int>
    {
        public void Report(int value) => Console.Error.Write(string.Create(CultureInfo.InvariantCulture, $"\rteacher: {value:N0} of {all:N0} images "));
    }
}
