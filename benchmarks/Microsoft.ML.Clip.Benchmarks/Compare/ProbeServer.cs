using System.Diagnostics;
using System.Globalization;
using System.Runtime.InteropServices;
using System.Text.Json;
using Microsoft.ML.Data;

namespace Microsoft.ML.Clip.Benchmarks;

/// <summary>
/// Our side of benchmarks/compare/linear_probe.py: does what each line of the standard input says and answers with one line of JSON.
/// <list type="table">
/// <item><term>load DATA</term><description>
/// reads DATA.X.bin (float32, row by row), DATA.y.bin (int32) and DATA.json (rows, dimension, classes)
/// </description></item>
/// <item><term>fit L2 TOLERANCE</term><description>
/// fits once: seconds (the whole Fit, reading included), objective, iterations, growth to the peak of the process's memory
/// </description></item>
/// <item><term>sweep</term><description>the paper's sweep: seconds, trials</description></item>
/// <item><term>predict</term><description>the last model's predictions of the validation rows, if DATA.Xval.bin is there</description></item>
/// <item><term>quit</term><description>ends</description></item>
/// </list>
/// </summary>
internal sealed class ProbeServer
{
    private static readonly int Threads = int.Parse(Environment.GetEnvironmentVariable("THREADS") ?? "2", CultureInfo.InvariantCulture);

    private readonly MLContext _ml = new(seed: 1);
    private IDataView? _rows;
    private IDataView? _validation;
    private ITransformer? _model;

    public void Run()
    {
        while (Console.ReadLine() is { } line)
        {
            object? answer = line.Split(' ') switch
            {
                ["load", var stem] => Load(stem),
                ["fit", var l2, var tolerance] => Fit(float.Parse(l2, CultureInfo.InvariantCulture), float.Parse(tolerance, CultureInfo.InvariantCulture)),
                ["sweep"] => Sweep(),
                ["predict", ..] => new { predicted = _model!.Transform(_validation!).GetColumn<uint>("PredictedLabel").Select(k => (int)k - 1) },
                _ => null,
            };
            if (answer is null)
            {
                return;
            }
            Console.WriteLine(JsonSerializer.Serialize(answer));
        }
    }

    private object Load(string stem)
    {
        var shape = JsonDocument.Parse(File.ReadAllText(stem + ".json")).RootElement;
        int dimension = shape.GetProperty("dimension").GetInt32(), classes = shape.GetProperty("classes").GetInt32();
        _rows = Read(stem + ".X.bin", stem + ".y.bin", dimension, classes);
        _validation = File.Exists(stem + ".Xval.bin") ? Read(stem + ".Xval.bin", stem + ".yval.bin", dimension, classes) : null;
        return new { rows = _rows.GetRowCount() };
    }

    private object Fit(float l2, float tolerance)
    {
        long before = PeakMemory.Reset();
        var trainer = _ml.MulticlassClassification.Trainers.ClipLinearProbe(options: new()
        {
            L2Regularization = l2,
            OptimizationTolerance = tolerance,
            NumberOfThreads = Threads,
        });
        var watch = Stopwatch.StartNew();
        _model = trainer.Fit(_rows!);
        double seconds = watch.Elapsed.TotalSeconds;
        var final = trainer.Report!.Final;
        return new
        {
            seconds,
            training = final.Duration.TotalSeconds,
            objective = final.Objective,
            iterations = final.Iterations,
            converged = final.Converged,
            rows = trainer.Report.TrainingRows,
            skipped = trainer.Report.RowsSkipped,
            absent = trainer.Report.ClassesWithoutRows.Count,
            extra = PeakMemory.Now - before,
        };
    }

    private object Sweep()
    {
        var trainer = _ml.MulticlassClassification.Trainers.ClipLinearProbe(options: new() { NumberOfThreads = Threads, Seed = 1 });
        var watch = Stopwatch.StartNew();
        _model = trainer.Fit(_rows!);
        return new
        {
            seconds = watch.Elapsed.TotalSeconds,
            l2 = trainer.Report!.L2Regularization,
            trials = trainer.Report.Trials.Select(t =>
                new { l2 = t.L2Regularization, accuracy = t.ValidationAccuracy, iterations = t.Iterations, seconds = t.Duration.TotalSeconds }),
            final = trainer.Report.Final.Duration.TotalSeconds,
        };
    }

    // Rows in memory, as a caller would have them.
    private IDataView Read(string x, string y, int dimension, int classes)
    {
        float[] features = MemoryMarshal.Cast<byte, float>(File.ReadAllBytes(x)).ToArray();
        int[] labels = MemoryMarshal.Cast<byte, int>(File.ReadAllBytes(y)).ToArray();
        // LoadFromEnumerable counts keys from 0.
        return _ml.Data.LoadFromEnumerable(labels.Select((label, i) =>
            new LabelledFeatures { Features = features[(i * dimension)..((i + 1) * dimension)], Label = (uint)label }).ToArray(),
            LabelledFeatures.Schema(dimension, classes));
    }
}
