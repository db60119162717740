// What a process that only embeds costs: time to the first embedding, and memory. benchmarks/compare/memory.py starts it, and measures the time from outside.
//
//   bare FILE.onnx SIZE ROWS             ONNX Runtime alone, on ready tensors: one image, then ROWS in one batch
//   bare-shared FILE.onnx SIZE ROWS      the same on as many threads as the library's batches have: one batch on one thread
//   image MODEL PHOTO                    the model by itself: ClipModel.EncodeImage
//   text MODEL TEXT                      likewise, EncodeText
//   engine MODEL PHOTO                   a prediction engine
//   view MODEL PHOTO ROWS                a view of ROWS rows
//   both MODEL PHOTO ROWS                both
//   features MODEL PHOTO ROWS            a view that gives I_f, which the graph does not give out
//   zip-engine ZIP PHOTO, zip-view ZIP PHOTO ROWS    of a saved pipeline
//   save MODEL ZIP [MODEL-STORAGE]       saves a pipeline
//
// Printed are "first" when there is an embedding, with the beginning of it, and at the end what Linux says of the process's memory, in kB.

using System.Globalization;
using System.Runtime.CompilerServices;
using Microsoft.ML;
using Microsoft.ML.Clip;
using Microsoft.ML.Data;
using Microsoft.ML.OnnxRuntime;

switch (args)
{
    case ["bare", var file, var size, var rows]:
        Bare(file, Number(size), Number(rows), null);
        break;
    case ["bare-shared", var file, var size, var rows]:
        Bare(file, Number(size), Number(rows), 1);
        break;
    case ["image", var model, var photo]:
        EncodeImage(model, photo);
        break;
    case ["text", var model, var text]:
        EncodeText(model, text);
        break;
    case ["engine" or "zip-engine", var model, var photo]:
        Embed(model, photo, isSaved: args[0][0] == 'z', features: false, engine: true, rows: 0);
        break;
    case ["view" or "zip-view" or "features", var model, var photo, var rows]:
        Embed(model, photo, isSaved: args[0][0] == 'z', features: args[0][0] == 'f', engine: false, Number(rows));
        break;
    case ["both", var model, var photo, var rows]:
        Embed(model, photo, isSaved: false, features: false, engine: true, Number(rows));
        break;
    case ["save", var model, var zip]:
        Save(model, zip);
        break;
    default:
        Console.Error.WriteLine("see the beginning of Program.cs");
        return 2;
}
foreach (string line in File.ReadLines("/proc/self/status").Concat(File.ReadLines("/proc/self/smaps_rollup"))
    .Where(l => l.StartsWith("VmHWM", StringComparison.Ordinal) || l.StartsWith("Rss", StringComparison.Ordinal) || l.StartsWith("Pss:", StringComparison.Ordinal)))
{
    Console.WriteLine(line);
}
return 0;

static int Number(string text) => int.Parse(text, CultureInfo.InvariantCulture);

static void First(ReadOnlySpan<float> embedding) =>
    Console.WriteLine($"first {string.Join(' ', embedding[..4].ToArray().Select(v => BitConverter.SingleToInt32Bits(v).ToString("x8", CultureInfo.InvariantCulture)))}");

[MethodImpl(MethodImplOptions.NoInlining)]
static void Bare(string file, int size, int rows, int? threads)
{
    using var options = new SessionOptions();
    if (threads is { } count)
    {
        options.IntraOpNumThreads = count;
    }
    using var session = new InferenceSession(file, options);
    using var run = new RunOptions();
    foreach (int count2 in (ReadOnlySpan<int>)[1, rows])
    {
        float[] pixels = new float[count2 * 3 * size * size];
        using var input = OrtValue.CreateTensorValueFromMemory(OrtMemoryInfo.DefaultInstance, pixels.AsMemory(), [count2, 3, size, size]);
        using var results = session.Run(run, ["pixel_values"], [input], ["image_embeds"]);
        First(results[0].GetTensorDataAsSpan<float>());
    }
}

[MethodImpl(MethodImplOptions.NoInlining)]
static void EncodeImage(string path, string photo)
{
    using var clip = ClipModel.Load(path);
    First(clip.EncodeImage(photo));
}

[MethodImpl(MethodImplOptions.NoInlining)]
static void EncodeText(string path, string text)
{
    using var clip = ClipModel.Load(path);
    First(clip.EncodeText(text));
}

[MethodImpl(MethodImplOptions.NoInlining)]
static void Embed(string path, string photo, bool isSaved, bool features, bool engine, int rows)
{
    var ml = new MLContext();
    var none = ml.Data.LoadFromEnumerable(Array.Empty<Photo>());
    using var clip = isSaved ? null : ClipModel.Load(path);
    var options = new ClipImageEmbeddingOptions { Features = features ? ClipFeatures.Encoder : ClipFeatures.JointEmbedding };
    var model = clip is null ? ml.Model.Load(path, out _) : ml.Transforms.ClipImageEmbedding("Embedding", "Path", clip, options).Fit(none);
    if (engine)
    {
        var predictor = ml.Model.CreatePredictionEngine<Photo, Embedding>(model);
        First(predictor.Predict(new Photo { Path = photo }).Values);
    }
    if (rows > 0)
    {
        var view = model.Transform(ml.Data.LoadFromEnumerable(Enumerable.Repeat(new Photo { Path = photo }, rows)));
        bool isFirst = true;
        foreach (float[] values in view.GetColumn<float[]>("Embedding"))
        {
            if (isFirst)
            {
                First(values);
            }
            isFirst = false;
        }
    }
    (model as IDisposable)?.Dispose();
}

[MethodImpl(MethodImplOptions.NoInlining)]
static void Save(string path, string zip)
{
    var ml = new MLContext();
    using var clip = ClipModel.Load(path);
    var none = ml.Data.LoadFromEnumerable(Array.Empty<Photo>());
    using var model = ml.Transforms.ClipImageEmbedding("Embedding", "Path", clip).Fit(none);
    var clock = System.Diagnostics.Stopwatch.StartNew();
    ml.Model.Save(model, none.Schema, zip);
    Console.WriteLine(string.Create(CultureInfo.InvariantCulture, $"saved {clock.Elapsed.TotalSeconds:F3} {new FileInfo(zip).Length}"));
}

internal sealed class Photo
{
    public string Path { get; set; } = "";
}

internal sealed class Embedding
{
    [ColumnName("Embedding")]
    public float[] Values { get; set; } = [];
}
