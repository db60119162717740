using System.Diagnostics;
using System.Globalization;

namespace Microsoft.ML.Clip.Benchmarks;

/// <summary>
/// The .NET contestants of benchmarks/compare/compare.py. A line "task contestant" on the standard input runs that once (and prepares and warms it up
/// before the first time), and is answered by a line "seconds items value,value,...". Where it is the time of each item that matters, the seconds are those of
/// the median times the items, and the 50th and 99th percentiles follow: "seconds items value,value,... p50 p99". Between lines the process sleeps.
/// </summary>
internal static class CompareServer
{
    private static readonly TimeSpan WarmUp = TimeSpan.FromSeconds(1.5);

    public static void Run(Workload workload)
    {
        var ready = new Dictionary<string, Func<string>>();
        while (Console.ReadLine() is { Length: > 0 } line)
        {
            string task = line.Split(' ')[0], name = line.Split(' ')[1];
            if (!ready.TryGetValue(line, out var contestant))
            {
                ready[line] = contestant = task == "one-text" ? Latency(CreateOneText(workload, name)) : Throughput(Create(workload, task, name));
                // Tiered compilation replaces hot code after a while.
                for (long start = Stopwatch.GetTimestamp(); Stopwatch.GetElapsedTime(start) < WarmUp;)
                {
                    contestant();
                }
            }
            GC.Collect();
            Console.WriteLine(contestant());
        }
    }

    private static Func<string> Throughput(Contestant contestant) => () =>
    {
        var watch = Stopwatch.StartNew();
        var (items, sample) = contestant();
        double seconds = watch.Elapsed.TotalSeconds;
        return string.Create(CultureInfo.InvariantCulture, $"{seconds:R} {items} {Values(sample)}");
    };

    private static Func<string> Latency(LatencyContestant contestant) => () =>
    {
        var (seconds, sample) = contestant();
        double[] sorted = [.. seconds.Order()];
        double p50 = sorted[sorted.Length / 2], p99 = sorted[sorted.Length * 99 / 100];
        return string.Create(CultureInfo.InvariantCulture, $"{p50 * sorted.Length:R} {sorted.Length} {Values(sample)} {p50:R} {p99:R}");
    };

    private static string Values(float[]? sample) => string.Join(',', (sample ?? []).Select(v => v.ToString("R", CultureInfo.InvariantCulture)));

    private static LatencyContestant CreateOneText(Workload workload, string contestant) => contestant.Split('-') switch
    {
        ["clip", var callers] => OneTextContestants.Clip(workload, int.Parse(callers, CultureInfo.InvariantCulture)),
        ["ort", var callers] => OneTextContestants.BareOnnxRuntime(workload, int.Parse(callers, CultureInfo.InvariantCulture)),
        _ => throw new ArgumentException($"no contestant '{contestant}' for one text"),
    };

    private static Contestant Create(Workload workload, string task, string contestant) => (task, contestant) switch
    {
        ("pipeline", "clip") => PipelineContestants.Clip(workload, ClipShape.ViTB32),
        ("variants", var bare) when bare.StartsWith("ort", StringComparison.Ordinal) =>
            PipelineContestants.BareOnnxRuntime(workload, ClipShape.ViTB32, bare, "_quantized"),
        ("variants", var variant) => PipelineContestants.Clip(workload, ClipShape.ViTB32, new() { Variant = variant == "fp32" ? null : variant }),
        ("settings", "default") => PipelineContestants.Clip(workload, ClipShape.ViTB32),
        ("settings", "batch-4") => PipelineContestants.Clip(workload, ClipShape.ViTB32, new() { BatchSize = 4 }),
        ("settings", "batch-8") => PipelineContestants.Clip(workload, ClipShape.ViTB32, new() { BatchSize = 8 }),
        ("settings", "no-arena") => PipelineContestants.Clip(workload, ClipShape.ViTB32, new() { UseMemoryArena = false }),
        ("settings", "as-it-stands") => PipelineContestants.Clip(workload, ClipShape.ViTB32, new() { OptimizeGraph = false }),
        ("settings", "one-batch") => PipelineContestants.Clip(workload, ClipShape.ViTB32, new() { ConcurrentBatches = 1 }),
        ("pipeline", "mlnet") => PipelineContestants.StockMLNet(workload, ClipShape.ViTB32),
        ("pipeline", var bare) when bare.StartsWith("ort", StringComparison.Ordinal) => PipelineContestants.BareOnnxRuntime(workload, ClipShape.ViTB32, bare),
        ("pipeline-tiny", "clip") => PipelineContestants.Clip(workload, ClipShape.Tiny),
        ("pipeline-tiny", "mlnet") => PipelineContestants.StockMLNet(workload, ClipShape.Tiny),
        ("pipeline-tiny", "decoder") => PreprocessContestants.DecoderAlone(workload),
        ("engine", "ort") => EngineContestants.BareOnnxRuntime(workload),
        ("engine", "clip-image") => EngineContestants.ClipImage(workload),
        ("engine", "clip-path") => EngineContestants.ClipPath(workload),
        ("preprocess", "clip") => PreprocessContestants.Pixels(workload),
        ("large", "clip-exact") => PreprocessContestants.Large(workload, ClipImageDecoding.Exact),
        ("large", "clip-fast") => PreprocessContestants.Large(workload, ClipImageDecoding.Fast),
        ("tokenise", "clip") => TokenizeContestants.Clip(workload),
        ("texts", "clip") => TextContestants.Clip(workload),
        ("texts", "ort") => TextContestants.BareOnnxRuntime(workload),
        _ => throw new ArgumentException($"no task '{task}' with a contestant '{contestant}'"),
    };
}
