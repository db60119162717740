// Our side of compare.py: loads a problem, then does what each line of its standard input says and answers with one line of JSON.
//
//   load DATA        reads DATA.X.bin (float32, row by row), DATA.y.bin (int32) and DATA.json (rows, dimension, classes)
//   fit L2 TOLERANCE fits once: seconds (the whole Fit, reading included), objective, iterations, peak of the process's memory
//   sweep            the paper's sweep: seconds, trials
//   predict          the last model's predictions of the validation rows, if DATA.Xval.bin is there
//   quit

using System.Diagnostics;
using System.Globalization;
using System.Runtime.InteropServices;
using System.Text.Json;
using CompareLinearProbe;
using Microsoft.ML;
using Microsoft.ML.Clip;
using Microsoft.ML.Data;

var ml = new MLContext(seed: 1);
IDataView? rows = null, validation = null;
ITransformer? model = null;
int threads = int.Parse(Environment.GetEnvironmentVariable("THREADS") ?? "2", CultureInfo.InvariantCulture);

while (Console.ReadLine() is { } line)
{
    string[] words = line.Split(' ');
    object answer;
    switch (words[0])
    {
        case "load":
            var shape = JsonDocument.Parse(File.ReadAllText(words[1] + ".json")).RootElement;
            int dimension = shape.GetProperty("dimension").GetInt32(), classes = shape.GetProperty("classes").GetInt32();
            rows = Load(words[1] + ".X.bin", words[1] + ".y.bin", dimension, classes);
            validation = File.Exists(words[1] + ".Xval.bin") ? Load(words[1] + ".Xval.bin", words[1] + ".yval.bin", dimension, classes) : null;
            answer = new { rows = rows.GetRowCount() };
            break;
        case "fit":
            {
                long before = Peak.Reset();
                var trainer = ml.MulticlassClassification.Trainers.ClipLinearProbe(options: new()
                {
                    L2Regularization = float.Parse(words[1], CultureInfo.InvariantCulture),
                    OptimizationTolerance = float.Parse(words[2], CultureInfo.InvariantCulture),
                    NumberOfThreads = threads,
                });
                var watch = Stopwatch.StartNew();
                model = trainer.Fit(rows!);
                double seconds = watch.Elapsed.TotalSeconds;
                var final = trainer.Report!.Final;
                answer = new
                {
                    seconds,
                    training = final.Duration.TotalSeconds,
                    objective = final.Objective,
                    iterations = final.Iterations,
                    converged = final.Converged,
                    rows = trainer.Report.TrainingRows,
                    skipped = trainer.Report.RowsSkipped,
                    absent = trainer.Report.ClassesWithoutRows.Count,
                    extra = Peak.Now - before
                };
                break;
            }
        case "sweep":
            {
                var trainer = ml.MulticlassClassification.Trainers.ClipLinearProbe(options: new() { NumberOfThreads = threads, Seed = 1 });
                var watch = Stopwatch.StartNew();
                model = trainer.Fit(rows!);
                answer = new
                {
                    seconds = watch.Elapsed.TotalSeconds,
                    l2 = trainer.Report!.L2Regularization,
                    trials = trainer.Report.Trials.Select(t =>
                        new { l2 = t.L2Regularization, accuracy = t.ValidationAccuracy, iterations = t.Iterations, seconds = t.Duration.TotalSeconds }),
                    final = trainer.Report.Final.Duration.TotalSeconds,
                };
                break;
            }
        case "predict":
            answer = new { predicted = model!.Transform(validation!).GetColumn<uint>("PredictedLabel").Select(k => (int)k - 1) };
            break;
        default:
            return;
    }
    Console.WriteLine(JsonSerializer.Serialize(answer));
}

// Rows in memory, as a caller would have them.
IDataView Load(string x, string y, int dimension, int classes)
{
    float[] features = MemoryMarshal.Cast<byte, float>(File.ReadAllBytes(x)).ToArray();
    int[] labels = MemoryMarshal.Cast<byte, int>(File.ReadAllBytes(y)).ToArray();
    var schema = SchemaDefinition.Create(typeof(Row));
    schema[nameof(Row.Features)].ColumnType = new VectorDataViewType(NumberDataViewType.Single, dimension);
    schema[nameof(Row.Label)].ColumnType = new KeyDataViewType(typeof(uint), classes);
    // LoadFromEnumerable counts keys from 0.
    return ml.Data.LoadFromEnumerable(labels.Select((l, i) =>
        new Row { Features = features[(i * dimension)..((i + 1) * dimension)], Label = (uint)l }).ToArray(), schema);
}
