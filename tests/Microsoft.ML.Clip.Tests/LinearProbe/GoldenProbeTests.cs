using System.Text.Json;
using Microsoft.ML.Data;
using Microsoft.ML.Trainers;

namespace Microsoft.ML.Clip.Tests;

/// <summary>The trainer against scikit-learn's optima, through an ordinary pipeline.</summary>
public sealed class GoldenProbeTests
{
    /// <summary>Every fit of every file, so that files that are added are tested too.</summary>
    public static TheoryData<string, double> Fits
    {
        get
        {
            var data = new TheoryData<string, double>();
            string? folder = SharedFolder.TryFind("fixtures/linear-probe");
            string[] files = folder is null ? [] : Directory.GetFiles(folder, "*.json");
            foreach (string file in files.Order(StringComparer.Ordinal))
            {
                foreach (var fit in Read(file).GetProperty("fits").EnumerateArray())
                {
                    data.Add(Path.GetFileNameWithoutExtension(file), fit.GetProperty("C").GetDouble());
                }
            }
            if (data.Count == 0)
            {
                data.Add("blobs5", 1);
            }
            return data;
        }
    }

    [Theory]
    [MemberData(nameof(Fits))]
    public void Fit_GoldenProblem_ReachesScikitLearnsOptimum(string name, double c)
    {
        string file = SharedFolder.Require($"fixtures/linear-probe/{name}.json");
        var description = Read(file);
        var fit = description.GetProperty("fits").EnumerateArray().Single(f => f.GetProperty("C").GetDouble() == c);
        var problem = Load(file);
        int train = description.GetProperty("train").GetInt32();
        var ml = new MLContext(seed: 1);
        string? weights = problem.Weights is null ? null : "Weight";

        var trainer = ml.MulticlassClassification.Trainers.ClipLinearProbe(options: new()
        {
            L2Regularization = (float)(1 / c),
            ExampleWeightColumnName = weights
        });
        var model = trainer.Fit(problem.Slice(..train).ToView(ml));

        double expected = fit.GetProperty("objective").GetDouble();
        // The objective in float64, from the weights as they are saved, and the one that the trainer reports.
        double actual = c * PlainSoftmaxRegression.Objective(problem.Slice(..train), Parameters(model.Model), 1 / c);
        Assert.Equal(0, (actual - expected) / expected, ProbeTolerances.Objective);
        Assert.Equal(0, (trainer.Report!.Final.Objective - expected) / expected, ProbeTolerances.Objective);
        var validation = problem.Slice(train..);
        int[] predicted = [.. model.Transform(validation.ToView(ml)).GetColumn<uint>("PredictedLabel").Select(k => (int)k - 1)];
        int[] theirs = [.. fit.GetProperty("val_pred").EnumerateArray().Select(v => v.GetInt32())];
        Assert.True(predicted.Zip(theirs).Count(p => p.First == p.Second) >= ProbeTolerances.EqualPredictions * theirs.Length);
    }

    internal static double[][] Parameters(MaximumEntropyModelParameters model)
    {
        VBuffer<float>[] weights = [];
        model.GetWeights(ref weights, out int classes);
        return [.. weights.Select((w, c) => (double[])[.. w.DenseValues().Select(v => (double)v), model.GetBiases().ElementAt(c)])];
    }

    private static JsonElement Read(string file) => JsonDocument.Parse(File.ReadAllText(file)).RootElement;

    private static ProbeProblem Load(string file)
    {
        string stem = file[..^".json".Length];
        float[] x = ProbeProblem.ReadNpy<float>(stem + ".X.npy");
        int[] y = ProbeProblem.ReadNpy<int>(stem + ".y.npy");
        float[]? w = File.Exists(stem + ".w.npy") ? ProbeProblem.ReadNpy<float>(stem + ".w.npy") : null;
        int dimension = x.Length / y.Length;
        // Validation rows may come without weights.
        return new ProbeProblem([.. x.Chunk(dimension)], y, w is null ? null : [.. w, .. Enumerable.Repeat(1f, y.Length - w.Length)]);
    }
}
