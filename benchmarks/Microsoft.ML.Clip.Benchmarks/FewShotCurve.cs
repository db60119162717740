using System.Globalization;
using System.Runtime.InteropServices;
using System.Text.Json;
using Microsoft.ML.Data;

namespace Microsoft.ML.Clip.Benchmarks;

/// <summary>Accuracy over the number of training rows a class: the trainer's own choice of the regularisation beside fixed ones, the same draws for
/// each.</summary>
internal static class FewShotCurve
{
    private const int Draws = 10;

    private static readonly int[] Shots = [1, 2, 4, 8, 16, 32];

    private static readonly float?[] Strengths = [null, 1e-6f, 1e-3f, 0.1f, 1, 10, 100];

    /// <summary>Prints the curve.</summary>
    /// <param name="source">What samples/LinearProbe wrote with <c>--export</c>, or VALUESxCLASSESxDISTANCE for Gaussian classes.</param>
    public static void Run(string source)
    {
        string[] parts = source.Split('x');
        bool isDrawn = parts.Length == 3 && int.TryParse(parts[0], CultureInfo.InvariantCulture, out _);
        var (x, y, testX, testY, classes) = isDrawn
            ? Gaussian([.. parts.Select(p => double.Parse(p, CultureInfo.InvariantCulture))])
            : Read(source);
        Console.WriteLine($"{Path.GetFileName(source)}, {x[0].Length} values, {classes} classes: percent right of {testY.Length}, mean of {Draws} draws");
        var titles = Strengths.Select(s => s is { } l2 ? l2.ToString("G", CultureInfo.InvariantCulture) : "chosen");
        Console.WriteLine($"| rows a class | {string.Join(" | ", titles)} |");
        Console.WriteLine("|" + string.Concat(Enumerable.Repeat("---:|", Strengths.Length + 1)));
        foreach (int shots in Shots)
        {
            double[] right = new double[Strengths.Length];
            for (int seed = 0; seed < Draws; seed++)
            {
                var ml = new MLContext(seed);
                int[] drawn = Draw(y, shots, new Random(seed));
                var (train, test) = (View(ml, [.. drawn.Select(i => x[i])], [.. drawn.Select(i => y[i])], classes), View(ml, testX, testY, classes));
                for (int s = 0; s < Strengths.Length; s++)
                {
                    var trainer = ml.MulticlassClassification.Trainers.ClipLinearProbe(options: new() { L2Regularization = Strengths[s], Seed = seed });
                    right[s] += ml.MulticlassClassification.Evaluate(trainer.Fit(train).Transform(test)).MicroAccuracy / Draws;
                }
            }
            Console.WriteLine($"| {shots} | " + string.Join(" | ", right.Select(r => (100 * r).ToString("F2", CultureInfo.InvariantCulture))) + " |");
        }
    }

    private static int[] Draw(int[] labels, int shots, Random random)
    {
        int[] rows = [.. Enumerable.Range(0, labels.Length)];
        random.Shuffle(rows);
        int[] drawn = [.. rows.GroupBy(i => labels[i]).SelectMany(g => g.Take(shots))];
        random.Shuffle(drawn);
        return drawn;
    }

    private static IDataView View(MLContext ml, float[][] features, int[] labels, int classes)
    {
        var schema = SchemaDefinition.Create(typeof(Row));
        schema[nameof(Row.Features)].ColumnType = new VectorDataViewType(NumberDataViewType.Single, features[0].Length);
        schema[nameof(Row.Label)].ColumnType = new KeyDataViewType(typeof(uint), classes);
        return ml.Data.LoadFromEnumerable(features.Zip(labels, (f, l) => new Row { Features = f, Label = (uint)l + 1 }).ToArray(), schema);
    }

    private static (float[][] X, int[] Y, float[][] TestX, int[] TestY, int Classes) Read(string stem)
    {
        var facts = JsonDocument.Parse(File.ReadAllText(stem + ".json")).RootElement;
        int size = facts.GetProperty("dimension").GetInt32();
        float[][] Features(string file) => [.. MemoryMarshal.Cast<byte, float>(File.ReadAllBytes(file)).ToArray().Chunk(size)];
        int[] Labels(string file) => MemoryMarshal.Cast<byte, int>(File.ReadAllBytes(file)).ToArray();
        int classes = facts.GetProperty("classes").GetInt32();
        return (Features(stem + ".X.bin"), Labels(stem + ".y.bin"), Features(stem + ".Xval.bin"), Labels(stem + ".yval.bin"), classes);
    }

    private static (float[][] X, int[] Y, float[][] TestX, int[] TestY, int Classes) Gaussian(double[] parts)
    {
        var (values, classes, distance) = ((int)parts[0], (int)parts[1], parts[2]);
        var random = new Random(7);
        double Normal() => Math.Sqrt(-2 * Math.Log(1 - random.NextDouble())) * Math.Cos(2 * Math.PI * random.NextDouble());
        double[][] centres = [.. Enumerable.Range(0, classes).Select(_ => Enumerable.Range(0, values).Select(_ => distance * Normal()).ToArray())];
        int[] Labels(int rows) => [.. Enumerable.Range(0, rows).Select(i => i % classes)];
        float[][] Features(int[] labels) => [.. labels.Select(c => centres[c].Select(m => (float)(m + Normal())).ToArray())];
        int[] y = Labels(100 * classes), test = Labels(1000);
        return (Features(y), y, Features(test), test, classes);
    }

    private sealed class Row
    {
        public float[] Features { get; set; } = [];

        public uint Label { get; set; }
    }
}
