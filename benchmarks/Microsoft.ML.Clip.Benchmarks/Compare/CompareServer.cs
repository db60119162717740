using System.Diagnostics;
using System.Globalization;

namespace Microsoft.ML.Clip.Benchmarks;

/// <summary>
/// The .NET contestants of benchmarks/compare/compare.py. A line "task contestant" on the standard input runs that once (and prepares and warms it up
/// before the first time), and is answered by a line "seconds items value,value,...". Between lines the process sleeps.
/// </summary>
internal static class CompareServer
{
    private static readonly TimeSpan WarmUp = TimeSpan.FromSeconds(1.5);

    public static void Run(Workload workload)
    {
        var ready = new Dictionary<string, Contestant>();
        while (Console.ReadLine() is { Length: > 0 } line)
        {
            if (!ready.TryGetValue(line, out var contestant))
            {
                ready[line] = contestant = Create(workload, line.Split(' ')[0], line.Split(' ')[1]);
                // Tiered compilation replaces hot code after a while.
                for (long start = Stopwatch.GetTimestamp(); Stopwatch.GetElapsedTime(start) < WarmUp;)
                {
                    contestant();
                }
            }
            GC.Collect();
            var watch = Stopwatch.StartNew();
            var (items, sample) = contestant();
            double seconds = watch.Elapsed.TotalSeconds;
            string values = string.Join(',', (sample ?? []).Select(v => v.ToString("R", CultureInfo.InvariantCulture)));
            Console.WriteLine(string.Create(CultureInfo.InvariantCulture, $"{seconds:R} {items} {values}"));
        }
    }

    private static Contestant Create(Workload workload, string task, string contestant) => (task, contestant) switch
    {
        ("pipeline", "clip") => PipelineContestants.Clip(workload, ClipShape.ViTB32),
        ("variants", var variant) => PipelineContestants.Clip(workload, ClipShape.ViTB32, new() { Variant = variant == "fp32" ? null : variant }),
        ("settings", "default") => PipelineContestants.Clip(workload, ClipShape.ViTB32),
        ("settings", "no-arena") => PipelineContestants.Clip(workload, ClipShape.ViTB32, new() { UseMemoryArena = false }),
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
