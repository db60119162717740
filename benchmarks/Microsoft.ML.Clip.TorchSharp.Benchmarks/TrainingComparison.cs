using System.Diagnostics;
using System.Globalization;

namespace Microsoft.ML.Clip.Benchmarks;

/// <summary>
/// Training speed beside PyTorch: the network of the default model, float32, the paper's loss, AdamW. Ours decodes nothing but augments every batch;
/// PyTorch gets ready tensors, and what makes it fastest: a malloc that keeps what is freed, as our trainer tells its own, and the OpenBLAS whose threads
/// are PyTorch's. The two take turns, and the medians are compared.
/// </summary>
internal static class TrainingComparison
{
    private const string OpenMpBlas = "/usr/lib/x86_64-linux-gnu/openblas-openmp";

    public static void Run(int rounds)
    {
        var data = new MLContext().Data.LoadFromEnumerable(TrainingExample.Make(1024));
        List<double> python = [], ours = [], oursBFloat16 = [], dataFraction = [];
        for (int round = 0; round < rounds; round++)
        {
            python.Add(PyTorch());
            Ours(data, bfloat16: false, ours, dataFraction);
            Ours(data, bfloat16: true, oursBFloat16, []);
            Console.WriteLine($"round {round + 1}: PyTorch {python[^1]:f0}, ours {ours[^1]:f0}, ours in bfloat16 {oursBFloat16[^1]:f0} images/s; " +
                $"data {dataFraction[^1]:p1} of the step");
        }

        double baseline = Median(python);
        Console.WriteLine($"median of {rounds}: PyTorch {baseline:f0} images/s; ours {Median(ours):f0}, ratio {Median(ours) / baseline:f2}; " +
            $"ours in bfloat16 {Median(oursBFloat16):f0}, ratio {Median(oursBFloat16) / baseline:f2}; data {Median(dataFraction):p1} of the step");
    }

    private static void Ours(IDataView data, bool bfloat16, List<double> speeds, List<double> fractions)
    {
        var reports = new Reports();
        var trainer = new ClipContrastiveTrainer(nameof(TrainingExample.Image), nameof(TrainingExample.Caption), new ClipContrastiveTrainer.Options
        {
            Architecture = TrainingExample.Architecture,
            BatchSize = TrainingExample.BatchSize,
            Steps = 24,
            ReportEvery = 4,
            BFloat16 = bfloat16,
            Threads = Math.Min(2, Environment.ProcessorCount),
        });
        trainer.Fit(data, reports).Dispose();
        // The first report has the making of kernels in it.
        speeds.Add(Median([.. reports.Skip(1).Select(r => r.SamplesPerSecond)]));
        fractions.Add(Median([.. reports.Skip(1).Select(r => r.DataFraction)]));
    }

    private static double PyTorch()
    {
        // generate.py, which has the same network in PyTorch, lies in the folder of golden values.
        string[] arguments = [Metadata.Get("PyTorchScript"), Metadata.Get("GoldenDirectory")];
        var start = new ProcessStartInfo("/usr/bin/python3", arguments) { RedirectStandardOutput = true };
        // OpenBLAS is to choose the kernel of this processor.
        start.Environment.Remove("OPENBLAS_CORETYPE");
        start.Environment.Remove("OPENBLAS_L2_SIZE");
        if (Directory.Exists(OpenMpBlas))
        {
            start.Environment["LD_LIBRARY_PATH"] = OpenMpBlas;
        }
        start.Environment["MALLOC_MMAP_THRESHOLD_"] = "1073741824";
        start.Environment["MALLOC_TRIM_THRESHOLD_"] = "4294967296";
        using var process = Process.Start(start)!;
        string output = process.StandardOutput.ReadToEnd();
        process.WaitForExit();
        return process.ExitCode == 0 ? double.Parse(output, CultureInfo.InvariantCulture)
            : throw new InvalidOperationException($"{arguments[0]} failed; it needs Debian's python3-torch and libopenblas0-openmp.");
    }

    private static double Median(List<double> values)
    {
        double[] sorted = [.. values.Order()];
        return (sorted[(sorted.Length - 1) / 2] + sorted[sorted.Length / 2]) / 2;
    }
}
