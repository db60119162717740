using System.Diagnostics;
using System.Globalization;
using System.Text.Json;
using Microsoft.ML.OnnxRuntime;
using Microsoft.ML.OnnxRuntime.Tensors;

namespace Microsoft.ML.Clip.Benchmarks;

/// <summary>
/// Where the encoder's time goes, by operator, as ONNX Runtime's own profiler tells it: for one graph or several side by side, whose runs take turns.
/// <code>-- profile GRAPH.onnx [OTHER.onnx ...] [--batch 16] [--length 16] [--threads 1] [--runs 10] [--shapes] [--rewritten]</code>
/// With --rewritten every graph is followed by what this library makes of it when it loads it.
/// Times are of kernels alone; the last lines are the runs' own, without the profiler. Operators are those of the graph as the session has fused them.
/// </summary>
internal sealed class OperatorProfile : IDisposable
{
    // The highest id, which is where CLIP pools; other vocabularies than its are smaller.
    private const int EndOfText = 29_999;

    private const int WarmUps = 3, Unnamed = 224;

    private readonly string _path;
    private readonly InferenceSession _plain, _profiled;
    private readonly Dictionary<string, OrtValue> _inputs = [];
    private readonly List<double> _milliseconds = [];
    private readonly int _runs;

    private OperatorProfile(string path, int batch, int length, int threads, int runs)
    {
        (_path, _runs) = (path, runs);
        _plain = new InferenceSession(path, Options(threads, profile: false));
        _profiled = new InferenceSession(path, Options(threads, profile: true));
        foreach (var (name, input) in _plain.InputMetadata)
        {
            _inputs.Add(name, Input(name, input, batch, length));
        }
    }

    public static void Run(string[] arguments)
    {
        int batch = 16, length = 16, threads = 1, runs = 10;
        bool shapes = false, rewritten = false;
        var paths = new List<string>();
        for (int i = 0; i < arguments.Length; i++)
        {
            switch (arguments[i])
            {
                case "--batch": batch = Number(arguments[++i]); break;
                case "--length": length = Number(arguments[++i]); break;
                case "--threads": threads = Number(arguments[++i]); break;
                case "--runs": runs = Number(arguments[++i]); break;
                case "--shapes": shapes = true; break;
                case "--rewritten": rewritten = true; break;
                default: paths.Add(arguments[i]); break;
            }
        }
        string folder = Directory.CreateTempSubdirectory("clip-profile-").FullName;
        if (rewritten)
        {
            paths = [.. paths.SelectMany(path => (string[])[path, Rewrite(path, folder)])];
        }
        OperatorProfile[] graphs = [.. paths.Select(path => new OperatorProfile(path, batch, length, threads, runs))];
        for (int i = 0; i < WarmUps + runs; i++)
        {
            foreach (var graph in graphs)
            {
                graph.Once(isTimed: i >= WarmUps);
            }
        }
        Console.WriteLine($"Batch {batch}, length of texts {length}, {threads} threads, {runs} runs; ONNX Runtime {OrtEnv.Instance().GetVersionString()}.");
        foreach (var graph in graphs)
        {
            graph.Report(shapes);
            graph.Dispose();
        }
        double first = Median(graphs[0]._milliseconds);
        Console.WriteLine("\n| graph | ms a run (median, no profiler) | times as fast as the first |\n|---|---:|---:|");
        foreach (var graph in graphs)
        {
            Console.WriteLine(Text($"| {graph._path} | {Median(graph._milliseconds):0.00} | {first / Median(graph._milliseconds):0.000} |"));
        }
        Directory.Delete(folder, recursive: true);
    }

    public void Dispose()
    {
        foreach (var value in _inputs.Values)
        {
            value.Dispose();
        }
        _plain.Dispose();
        _profiled.Dispose();
    }

    private static string Rewrite(string path, string folder)
    {
        var files = new DirectoryModelFiles(Path.GetDirectoryName(Path.GetFullPath(path))!);
        string target = Path.Combine(folder, $"rewritten-{Path.GetFileName(path)}");
        var draft = GraphFile.Draft(files, OnnxGraphReader.Read(files, Path.GetFileName(path)), output: null, optimize: true);
        File.WriteAllBytes(target, GraphFile.Write(draft, inlineExternalData: true));
        return target;
    }

    private static SessionOptions Options(int threads, bool profile)
    {
        var options = new SessionOptions { IntraOpNumThreads = threads, LogSeverityLevel = OrtLoggingLevel.ORT_LOGGING_LEVEL_ERROR };
        if (profile)
        {
            options.EnableProfiling = true;
            options.ProfileOutputPathPrefix = Path.Combine(Path.GetTempPath(), "clip-profile");
        }
        return options;
    }

    private void Once(bool isTimed)
    {
        string[] outputs = [_plain.OutputNames[0]];
        using var run = new RunOptions();
        var watch = Stopwatch.StartNew();
        _plain.Run(run, _inputs, outputs).Dispose();
        if (isTimed)
        {
            _milliseconds.Add(watch.Elapsed.TotalMilliseconds);
        }
        _profiled.Run(run, _inputs, outputs).Dispose();
    }

    /// <summary>Prints the time by operator.</summary>
    private void Report(bool shapes)
    {
        string file = _profiled.EndProfiling();
        using var events = JsonDocument.Parse(File.ReadAllText(file));
        File.Delete(file);
        var all = events.RootElement.EnumerateArray().ToArray();
        // The runs that warmed up do not count.
        double[] ends = [.. all.Where(e => Name(e) == "model_run").Select(e => e.GetProperty("ts").GetDouble() + e.GetProperty("dur").GetDouble()).Order()];
        var kernels = all.Where(e => Name(e).EndsWith("_kernel_time", StringComparison.Ordinal) && e.GetProperty("ts").GetDouble() >= ends[WarmUps - 1])
            .Select(e => (Operator: Operator(e, shapes), Microseconds: e.GetProperty("dur").GetDouble(), Products: Products(e))).ToArray();
        double total = kernels.Sum(k => k.Microseconds);
        Console.WriteLine($"\n## {_path}\n\n| operator | calls a run | ms a run | % | GFLOP/s |\n|---|---:|---:|---:|---:|");
        foreach (var group in kernels.GroupBy(k => k.Operator).OrderByDescending(g => g.Sum(k => k.Microseconds)))
        {
            double microseconds = group.Sum(k => k.Microseconds), products = group.Sum(k => k.Products);
            string speed = products == 0 ? "" : Text($"{2 * products / microseconds / 1e3:0}");
            Console.WriteLine(Text($"| {group.Key} | {(double)group.Count() / _runs:0.#} | {microseconds / 1e3 / _runs:0.000} | {100 * microseconds / total:0.0} | {speed} |"));
        }
        Console.WriteLine(Text($"| all kernels | {kernels.Length / _runs} | {total / 1e3 / _runs:0.000} | 100 | {2 * kernels.Sum(k => k.Products) / total / 1e3:0} |"));
    }

    private static string Operator(JsonElement kernel, bool shapes)
    {
        var arguments = kernel.GetProperty("args");
        string name = arguments.GetProperty("op_name").GetString()!;
        return shapes ? $"{name} {string.Join(" x ", Shapes(arguments, "input_type_shape").Take(2).Select(s => $"[{string.Join(',', s)}]"))}" : name;
    }

    /// <summary>How many products a matrix product sums; 0 for what is none.</summary>
    private static double Products(JsonElement kernel)
    {
        var arguments = kernel.GetProperty("args");
        string name = arguments.GetProperty("op_name").GetString()!;
        if (!name.Contains("MatMul", StringComparison.Ordinal) && !name.Contains("Gemm", StringComparison.Ordinal))
        {
            return 0;
        }
        long[][] inputs = Shapes(arguments, "input_type_shape"), outputs = Shapes(arguments, "output_type_shape");
        return outputs is [var output, ..] && inputs is [[.., var inner], ..] ? inner * output.Aggregate(1.0, (a, b) => a * b) : 0;
    }

    // [{"float":[16,50,768]},{"float":[768,768]}]
    private static long[][] Shapes(JsonElement arguments, string property) => !arguments.TryGetProperty(property, out var list) ? []
        : [.. list.EnumerateArray().Select(t => t.EnumerateObject().First().Value.EnumerateArray().Select(d => d.GetInt64()).ToArray())];

    private static string Name(JsonElement e) => e.GetProperty("name").GetString()!;

    /// <summary>
    /// Values for an input: pixels, ids with the highest at the end, masks of ones. An axis that is open is the batch, the length or an image's edge.
    /// </summary>
    private static OrtValue Input(string name, NodeMetadata input, int batch, int length)
    {
        bool isImage = input.Dimensions.Length == 4;
        long[] shape = [.. input.Dimensions.Select((d, i) => d > 0 ? d : i == 0 ? batch : !isImage ? length : i == 1 ? 3 : Unnamed)];
        int count = checked((int)shape.Aggregate(1L, (a, b) => a * b));
        var random = new Random(1);
        if (input.ElementDataType is TensorElementType.Float or TensorElementType.Float16)
        {
            float[] values = [.. Enumerable.Range(0, count).Select(_ => (4 * random.NextSingle()) - 2)];
            return input.ElementDataType == TensorElementType.Float ? OrtValue.CreateTensorValueFromMemory(values, shape)
                : OrtValue.CreateTensorValueFromMemory(Array.ConvertAll(values, v => (Float16)v), shape);
        }
        int last = (int)shape[^1];
        long Id(int i) => name.Contains("mask", StringComparison.Ordinal) ? 1 : name.Contains("type", StringComparison.Ordinal) ? 0
            : name.Contains("position", StringComparison.Ordinal) ? i % last
            : i % last == 0 ? EndOfText - 1 : i % last == last - 1 ? EndOfText : random.Next(1000, 20_000);
        long[] ids = [.. Enumerable.Range(0, count).Select(Id)];
        return input.ElementDataType == TensorElementType.Int64 ? OrtValue.CreateTensorValueFromMemory(ids, shape)
            : OrtValue.CreateTensorValueFromMemory(Array.ConvertAll(ids, i => (int)i), shape);
    }

    private static double Median(List<double> values) => values.Order().ElementAt(values.Count / 2);

    private static string Text(FormattableString text) => text.ToString(CultureInfo.InvariantCulture);

    private static int Number(string text) => int.Parse(text, CultureInfo.InvariantCulture);
}
