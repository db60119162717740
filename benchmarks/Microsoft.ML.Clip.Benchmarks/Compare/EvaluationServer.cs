using System.Diagnostics;
using System.Globalization;
using System.Runtime.InteropServices;
using System.Text.Json;

namespace Microsoft.ML.Clip.Benchmarks;

/// <summary>
/// Our side of benchmarks/compare/evaluation.py: does what each line of the standard input says and answers with one line of JSON.
/// <list type="table">
/// <item><term>load DATA</term><description>
/// reads DATA.first.bin and DATA.second.bin (float32, row by row: rows and class weights, or images and captions), DATA.y.bin (int32: the class of each row, or
/// the image of each caption) and DATA.json (dimension, kind)
/// </description></item>
/// <item><term>run</term><description>measures once: seconds, and the result under CLIP_benchmark's names</description></item>
/// <item><term>quit</term><description>ends</description></item>
/// </list>
/// </summary>
internal static class EvaluationServer
{
    private const float LogitScale = 100;

    public static void Run()
    {
        Func<object> run = () => false;
        while (Console.ReadLine() is { } line)
        {
            object? answer = null;
            switch (line.Split(' '))
            {
                case ["load", var stem]:
                    run = Load(stem);
                    answer = new { loaded = true };
                    break;
                case ["run"]:
                    var watch = Stopwatch.StartNew();
                    object result = run();
                    answer = new { seconds = watch.Elapsed.TotalSeconds, result };
                    break;
                default:
                    return;
            }
            Console.WriteLine(JsonSerializer.Serialize(answer));
        }
    }

    private static Func<object> Load(string stem)
    {
        var shape = JsonDocument.Parse(File.ReadAllText(stem + ".json")).RootElement;
        int dimension = shape.GetProperty("dimension").GetInt32();
        float[] first = Read<float>(stem + ".first.bin"), second = Read<float>(stem + ".second.bin");
        int[] y = Read<int>(stem + ".y.bin");
        if (shape.GetProperty("kind").GetString() == "retrieval")
        {
            return () => ClipRetrieval.Evaluate(first, second, y, dimension) is var r ? Names(r) : false;
        }
        string[] names = [.. Enumerable.Range(0, second.Length / dimension).Select(i => i.ToString(CultureInfo.InvariantCulture))];
        var classifier = new ClipZeroShotClassifier(names, second, LogitScale);
        var set = new ClipEmbeddedSet("problem", names, ClipFeatures.JointEmbedding, first, y);
        return () => set.Classify(classifier) is var r ? new { acc1 = r.Accuracy, acc5 = r.TopKAccuracy, mean_per_class_recall = r.MeanPerClass } : false;
    }

    private static Dictionary<string, double> Names(ClipRetrievalResult result) =>
        result.TextToImage.At.Select(a => ($"image_retrieval_recall@{a.K}", a.Recall))
            .Concat(result.ImageToText.At.Select(a => ($"text_retrieval_recall@{a.K}", a.Recall))).ToDictionary();

    private static T[] Read<T>(string path) where T : unmanaged => MemoryMarshal.Cast<byte, T>(File.ReadAllBytes(path)).ToArray();
}
