// Loads a saved model in a process that has done nothing else, applies it to a column of texts, and prints a vector column, one row a line.
// Nothing of Microsoft.ML.Clip is named here: ML.NET has to find it by what the model file says.
//
//   Microsoft.ML.Clip.FreshProcess MODEL.zip INPUT-COLUMN OUTPUT-COLUMN VALUE...
//
// With REPEAT=n in the environment the values are repeated to n rows, and instead of them the peak of the process's memory is printed, in bytes.
// With ENGINE=1 a prediction engine embeds the first value before that.
// With REQUESTS=n the rows are read once, then in n tasks of the thread pool at the same time; printed are the milliseconds until the first, the middle
// and the last of them ended. With BLOCKED=1 every thread of the pool sleeps before the rows are read, for ever.
// With WARNINGS=1 ML.NET's warnings are printed before the values.
// With ENDS_AFTER_MS=n three threads read the rows over and over, and the process ends that many milliseconds later, whatever they are at.

using System.Diagnostics;
using System.Globalization;
using Microsoft.ML;
using Microsoft.ML.Data;

if (args.Length < 4)
{
    Console.Error.WriteLine("usage: MODEL.zip INPUT-COLUMN OUTPUT-COLUMN VALUE...");
    return 2;
}

var ml = new MLContext();
if (Environment.GetEnvironmentVariable("WARNINGS") is not null)
{
    ml.Log += (_, e) => Console.Write(e.Kind == Microsoft.ML.Runtime.ChannelMessageKind.Warning ? e.Message + Environment.NewLine : "");
}
var model = ml.Model.Load(args[0], out _);

var schema = SchemaDefinition.Create(typeof(Row));
schema[nameof(Row.Value)].ColumnName = args[1];
string? repeat = Environment.GetEnvironmentVariable("REPEAT");
int rows = repeat is null ? args.Length - 3 : int.Parse(repeat, CultureInfo.InvariantCulture);
var input = ml.Data.LoadFromEnumerable(Enumerable.Range(0, rows).Select(i => new Row { Value = args[3 + i % (args.Length - 3)] }), schema);
if (Environment.GetEnvironmentVariable("BLOCKED") is not null)
{
    BlockThePool();
}
if (Environment.GetEnvironmentVariable("REQUESTS") is { } requests)
{
    AnswerRequests(int.Parse(requests, CultureInfo.InvariantCulture));
    return 0;
}
if (Environment.GetEnvironmentVariable("ENDS_AFTER_MS") is { } delay)
{
    for (int i = 0; i < 3; i++)
    {
        new Thread(ReadOn) { IsBackground = true }.Start();
    }
    Thread.Sleep(int.Parse(delay, CultureInfo.InvariantCulture));
    return 0;
}
if (Environment.GetEnvironmentVariable("ENGINE") is not null)
{
    Predict();
}
foreach (float[] row in model.Transform(input).GetColumn<float[]>(args[2]))
{
    if (repeat is null)
    {
        Console.WriteLine(string.Join(' ', row.Select(v => v.ToString("R", CultureInfo.InvariantCulture))));
    }
}
if (repeat is not null)
{
    Console.WriteLine(Process.GetCurrentProcess().PeakWorkingSet64);
}
return 0;

void Predict()
{
    var output = SchemaDefinition.Create(typeof(Answer));
    output[nameof(Answer.Values)].ColumnName = args[2];
    ml.Model.CreatePredictionEngine<Row, Answer>(model, inputSchemaDefinition: schema, outputSchemaDefinition: output).Predict(new Row { Value = args[3] });
}

void AnswerRequests(int count)
{
    // What a small container has, whatever the machine.
    ThreadPool.SetMinThreads(Environment.ProcessorCount, 1);
    Read();
    double[] ended = new double[count];
    var clock = Stopwatch.StartNew();
    Task.WaitAll([.. Enumerable.Range(0, count).Select(i => Task.Run(() =>
    {
        Read();
        ended[i] = clock.Elapsed.TotalMilliseconds;
    }))]);
    Array.Sort(ended);
    Console.WriteLine(string.Create(CultureInfo.InvariantCulture, $"{ended[0]:F0} {ended[count / 2]:F0} {ended[^1]:F0}"));
}

void Read() => _ = model.Transform(input).GetColumn<float[]>(args[2]).Count();

void ReadOn()
{
    while (true)
    {
        Read();
    }
}

static void BlockThePool()
{
    ThreadPool.SetMaxThreads(Environment.ProcessorCount, 1);
    using var asleep = new CountdownEvent(Environment.ProcessorCount);
    for (int i = 0; i < Environment.ProcessorCount; i++)
    {
        ThreadPool.QueueUserWorkItem(_ =>
        {
            asleep.Signal();
            Thread.Sleep(Timeout.Infinite);
        });
    }
    asleep.Wait();
}

internal sealed class Row
{
    public string Value { get; set; } = "";
}

internal sealed class Answer
{
    public float[] Values { get; set; } = [];
}
