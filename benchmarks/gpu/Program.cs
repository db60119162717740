using System.Diagnostics;
using System.Globalization;
using System.Runtime.InteropServices;
using Microsoft.ML.Clip;
using Microsoft.ML.Clip.Benchmarks;
using Microsoft.ML.OnnxRuntime;

// CPU against CUDA on this machine, as Markdown. --quick: few images and no CUDA, to try the runner where there is no GPU.
bool quick = args.Contains("--quick");
CultureInfo.CurrentCulture = CultureInfo.InvariantCulture;
var workload = Workload.Prepare();
string directory = workload.Model(ClipShape.ViTB32);
string[] photographs = workload.Photographs, texts = workload.Texts[..64];
const int PixelsPerImage = 3 * 224 * 224;

if (args.Contains("--load"))
{
    Load(fallback: args.Contains("--fallback"));
    return;
}
Section("machine", Machine);
if (!quick)
{
    Section("CPU against CUDA", Agreement);
    Section("the encoder alone", Encoder);
    Section("JPEG files to embeddings", Pipeline);
}
else
{
    Section("the encoder alone", () => Console.WriteLine($"CPU, fp32, batch 16: {EncodedPerSecond(Open(null, null), 16, 2):F0} images/s"));
}
Section("without a GPU", Fallback);

static void Section(string title, Action body)
{
    Console.WriteLine($"\n## {title}\n");
    try
    {
        body();
    }
    catch (Exception e) when (e is not OutOfMemoryException)
    {
        // The other sections still say something.
        Console.WriteLine($"\nFAILED: {e.GetType().Name}: {e.Message}");
    }
    Console.Out.Flush();
}

void Machine()
{
    Console.WriteLine($"- {Environment.ProcessorCount} processors, {RuntimeInformation.OSDescription}, {RuntimeInformation.FrameworkDescription}");
    Console.WriteLine($"- ONNX Runtime, native: {OrtEnv.Instance().GetVersionString()}; managed: {typeof(InferenceSession).Assembly.GetName().Version}");
    Console.WriteLine($"- providers in it: {string.Join(", ", OrtEnv.Instance().GetAvailableProviders())}");
}

ClipModel Open(string? variant, int? device, bool fallback = false, int batch = 16) =>
    ClipModel.Load(directory, new ClipModelOptions { Variant = variant, GpuDeviceId = device, FallbackToCpu = fallback, BatchSize = batch });

void Agreement()
{
    Console.WriteLine("64 images and 64 texts; the least cosine of a row, and the greatest difference of a component (embeddings of length 1).\n");
    Console.WriteLine("| | images: least cosine | difference | texts: least cosine | difference |\n|---|---|---|---|---|");
    using var cpu = Open(null, null);
    float[][] images = cpu.EncodeImages(photographs), captions = cpu.EncodeTexts(texts);
    foreach (string? variant in (string?[])[null, "fp16"])
    {
        using var cuda = Open(variant, 0);
        var (i, di) = Compare(images, cuda.EncodeImages(photographs));
        var (t, dt) = Compare(captions, cuda.EncodeTexts(texts));
        Console.WriteLine($"| CUDA {variant ?? "fp32"} against CPU fp32 | {i:F7} | {di:E1} | {t:F7} | {dt:E1} |");
    }
}

static (double Cosine, double Difference) Compare(float[][] a, float[][] b)
{
    double least = 1, greatest = 0;
    for (int r = 0; r < a.Length; r++)
    {
        double dot = 0, aa = 0, bb = 0;
        for (int i = 0; i < a[r].Length; i++)
        {
            dot += (double)a[r][i] * b[r][i];
            aa += (double)a[r][i] * a[r][i];
            bb += (double)b[r][i] * b[r][i];
            greatest = Math.Max(greatest, Math.Abs(a[r][i] - b[r][i]));
        }
        least = Math.Min(least, dot / Math.Sqrt(aa * bb));
    }
    return (least, greatest);
}

void Encoder()
{
    Console.WriteLine("ViT-B/32, pixels (float32, in host memory) to embeddings (in host memory) through the library's encoder; images/s, median of 5 runs.\n");
    Console.WriteLine("| batch | CUDA fp32 | CUDA fp16 | CPU fp32 |\n|---|---|---|---|");
    foreach (int batch in (int[])[1, 4, 16, 64, 256])
    {
        int count = Math.Max(64, 8 * batch);
        double single = EncodedPerSecond(Open(null, 0, batch: batch), batch, count / batch);
        double half = EncodedPerSecond(Open("fp16", 0, batch: batch), batch, count / batch);
        string cpu = batch == 16 ? EncodedPerSecond(Open(null, null), batch, 16).ToString("N0") : "";
        Console.WriteLine($"| {batch} | {single:N0} | {half:N0} | {cpu} |");
        Console.Out.Flush();
    }
}

double EncodedPerSecond(ClipModel model, int batch, int batches)
{
    using (model)
    {
        float[] pixels = new float[batch * PixelsPerImage], output = new float[batches * batch * ClipShape.ViTB32.Dimension];
        var random = new Random(3);
        for (int i = 0; i < pixels.Length; i++)
        {
            pixels[i] = (4 * random.NextSingle()) - 2;
        }
        Rows<float> inputs = new(pixels, PixelsPerImage), outputs = new(output, ClipShape.ViTB32.Dimension);
        var share = model.Share;
        double[] rates = new double[5];
        // The first two runs warm it up.
        for (int run = -2; run < rates.Length; run++)
        {
            long start = Stopwatch.GetTimestamp();
            ConcurrentBatches.For(batches, share.Own,
                i => model.EncodePixels(inputs, ClipFeatures.JointEmbedding, true, outputs.Slice(i * batch, batch), share));
            if (run >= 0)
            {
                rates[run] = batches * batch / Stopwatch.GetElapsedTime(start).TotalSeconds;
            }
        }
        Array.Sort(rates);
        return rates[rates.Length / 2];
    }
}

void Pipeline()
{
    const int Count = 2000;
    string[] paths = [.. Enumerable.Range(0, Count).Select(i => photographs[i % photographs.Length])];
    Console.WriteLine($"{Count} reads of JPEG files of 500x375 (64 different ones), EncodeImages, all cores; images/s, best of 3 runs after one.\n");
    Console.WriteLine("| | batch 16 | batch 64 | batch 256 |\n|---|---|---|---|");
    foreach (string? variant in (string?[])[null, "fp16"])
    {
        var rates = ((int[])[16, 64, 256]).Select(batch =>
        {
            using var model = Open(variant, 0, batch: batch);
            double best = 0;
            for (int run = -1; run < 3; run++)
            {
                long start = Stopwatch.GetTimestamp();
                model.EncodeImages(paths);
                best = Math.Max(best, run < 0 ? 0 : Count / Stopwatch.GetElapsedTime(start).TotalSeconds);
            }
            return best.ToString("N0");
        });
        Console.WriteLine($"| CUDA {variant ?? "fp32"} | {string.Join(" | ", rates)} |");
    }
}

// In processes of their own: what CUDA sees it sees once.
void Fallback()
{
    foreach (string[] flags in (string[][])[["--load", "--fallback"], ["--load"]])
    {
        var start = new ProcessStartInfo(Environment.ProcessPath!, flags) { RedirectStandardOutput = true };
        start.Environment["CUDA_VISIBLE_DEVICES"] = "";
        using var child = Process.Start(start)!;
        Console.WriteLine($"FallbackToCpu = {flags.Length > 1}:\n\n```\n{child.StandardOutput.ReadToEnd().Trim()}\n```\n");
        child.WaitForExit();
    }
}

void Load(bool fallback)
{
    try
    {
        using var model = Open(null, 0, fallback);
        model.Message += (_, m) => Console.WriteLine(m);
        Console.WriteLine($"embedded, {model.EncodeImages(photographs[..1])[0].Length} numbers");
    }
    catch (Exception e)
    {
        Console.WriteLine($"{e.GetType().Name}: {e.Message}");
    }
}
