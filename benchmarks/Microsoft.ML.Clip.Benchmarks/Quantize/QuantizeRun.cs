using System.Diagnostics;
using System.Globalization;
using System.Numerics.Tensors;

namespace Microsoft.ML.Clip.Benchmarks;

/// <summary>Models in 8 bits beside themselves in float: cosine, speed, size; for benchmarks/results/*/quantization.md.</summary>
internal static class QuantizeRun
{
    private const int Calibration = 64, Tests = 256;

    public static void MiniLm(Workload workload)
    {
        using var model = new MiniLm(Path.Combine(workload.Folder, "minilm"));
        string[] captions = workload.Texts, prose = Prose();
        string[] tests = captions[^Tests..];
        float[][] exact = model.Embed(model.Original, tests), exactProse = model.Embed(model.Original, prose);
        foreach (var (name, settings, target) in Methods())
        {
            var watch = Stopwatch.StartNew();
            var (path, inFloat) = model.Quantize(settings, captions[..Calibration], target, "int8.onnx");
            double seconds = watch.Elapsed.TotalSeconds;
            var (mean, lowest) = Cosine(exact, model.Embed(path, tests));
            var (meanProse, lowestProse) = Cosine(exactProse, model.Embed(path, prose));
            Line($"| {name} | {mean:F5} | {lowest:F5} | {meanProse:F5} | {lowestProse:F5} | {new FileInfo(path).Length / 1e6:F1} | {inFloat.Count} | {seconds:F1} |");
        }
    }

    /// <summary>
    /// ViT-B/32 with seeded weights, without and with outliers: the whole way, both towers, without and with what keeps outliers from doing harm.
    /// </summary>
    public static void Seeded(Workload workload, string only, string method)
    {
        string[] photographs = [.. workload.Photographs.Concat(workload.SmallPhotographs)];
        foreach (var outliers in Enum.GetValues<Outliers>().Where(o => only.Length == 0 || o.ToString() == only))
        {
            string source = outliers == Outliers.None ? workload.Model(ClipShape.ViTB32) : workload.Model(ClipShape.ViTB32, outliers);
            var all = new ClipQuantizationOptions
            {
                Images = [.. photographs.Select(ClipImageSource.FromFile)],
                Captions = workload.Texts[..320],
                MinimumCosine = -1,
                TargetCosine = 0,
                SourceVariant = "",
                MeasureSpeed = false,
            };
            foreach (var (name, options) in new[]
            {
                ("dynamic, not smoothed", all with { Method = ClipQuantizationMethod.Dynamic, SmoothingStrength = 0, QuantizeTokenEmbeddings = false }),
                ("static, not smoothed", all with { SmoothingStrength = 0 }),
                ("static, 0.5 everywhere", all with { SmoothingStrength = 0.5f }),
                ("dynamic, smoothed", all with { Method = ClipQuantizationMethod.Dynamic }),
                ("static, smoothed", all),
                ("without images and captions", all with { Images = [], Captions = [] }),
                ("static, smoothed, weights of 7 bits", all with { ReducedRange = true }),
                ("as it comes (0.999, at most a fifth in float)", all with { TargetCosine = new ClipQuantizationOptions().TargetCosine, MeasureSpeed = true }),
            })
            {
                if (!name.StartsWith(method, StringComparison.Ordinal))
                {
                    continue;
                }
                string target = Path.Combine(workload.Folder, $"quantized-{Environment.ProcessId}");
                var watch = Stopwatch.StartNew();
                var report = ClipModel.Quantize(source, target, options);
                Line($"| {outliers} | {name} | {report.Images!.MeanCosine:F5} | {report.Images.LowestCosine:F5} | {report.Images.LayersInFloat.Count} | {report.Texts!.MeanCosine:F5} | {report.Texts.LowestCosine:F5} | {report.Texts.LayersInFloat.Count} | {watch.Elapsed.TotalSeconds:F0} |");
                if (report.Images.Speedup is not null)
                {
                    Console.WriteLine(report);
                }
                Directory.Delete(target, recursive: true);
            }
        }
    }

    /// <summary>A model's accuracy on a folder of folders of images, in float and in 8 bits; calibrated on another one.</summary>
    public static void Labelled(string model, string calibration, string test, string target)
    {
        string[] labels = [.. Directory.GetDirectories(test).Select(d => Path.GetFileName(d)).Order(StringComparer.Ordinal)];
        var images = labels.SelectMany((label, i) => Directory.GetFiles(Path.Combine(test, label)).Order(StringComparer.Ordinal)
            .Select(f => new ClipLabelledImage(f, i)));
        var report = ClipModel.Quantize(model, target, new ClipQuantizationOptions
        {
            Images = [.. Directory.GetFiles(calibration, "*", SearchOption.AllDirectories).Order(StringComparer.Ordinal).Select(ClipImageSource.FromFile)],
            Labels = labels,
            LabelledImages = [.. images],
        });
        Console.WriteLine(report);
    }

    private static IEnumerable<(string Name, GraphQuantizationSettings Settings, double Target)> Methods()
    {
        var plain = new GraphQuantizationSettings(IsDynamic: true, SmoothingStrength: 0, ReducesRange: false, QuantizesTokens: false);
        yield return ("dynamic, not smoothed", plain, 0);
        yield return ("dynamic, smoothed, 0.5 everywhere", plain with { SmoothingStrength = 0.5f }, 0);
        yield return ("dynamic, smoothed", plain with { SmoothingStrength = null }, 0);
        yield return ("static, not smoothed", plain with { IsDynamic = false }, 0);
        yield return ("static, smoothed, 0.5 everywhere", plain with { IsDynamic = false, SmoothingStrength = 0.5f }, 0);
        yield return ("static, smoothed", plain with { IsDynamic = false, SmoothingStrength = null }, 0);
        yield return ("static, smoothed, tokens in 8 bits", plain with { IsDynamic = false, SmoothingStrength = null, QuantizesTokens = true }, 0);
        yield return ("static, smoothed, weights of 7 bits", plain with { IsDynamic = false, SmoothingStrength = null, ReducesRange = true }, 0);
        yield return ("static, smoothed, some layers in float", plain with { IsDynamic = false, SmoothingStrength = null, QuantizesTokens = true }, 0.999);
    }

    // Another kind of text than what is calibrated on: the repository's own.
    private static string[] Prose()
    {
        for (var d = new DirectoryInfo(AppContext.BaseDirectory); d is not null; d = d.Parent)
        {
            string file = Path.Combine(d.FullName, "docs", "numerics.md");
            if (File.Exists(file))
            {
                return [.. File.ReadLines(file).Where(l => l.Length > 60).Take(Tests)];
            }
        }
        throw new FileNotFoundException("docs/numerics.md is not above this program.");
    }

    private static (double Mean, double Lowest) Cosine(float[][] exact, float[][] found)
    {
        double[] cosines = [.. exact.Zip(found, (a, b) => (double)TensorPrimitives.CosineSimilarity<float>(a, b))];
        return (cosines.Average(), cosines.Min());
    }

    private static void Line(FormattableString line) => Console.WriteLine(line.ToString(CultureInfo.InvariantCulture));
}
