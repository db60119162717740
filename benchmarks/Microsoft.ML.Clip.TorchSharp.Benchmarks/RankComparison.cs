using System.Diagnostics;
using System.Globalization;

namespace Microsoft.ML.Clip.Benchmarks;

/// <summary>
/// How fast two ranks are, processes under MPI, beside one process with two threads: float32, the paper's loss, AdamW, the same batches. Each run is a process
/// or two of its own; the ways take turns, and medians are compared. What the ranks exchange is counted.
/// </summary>
internal static class RankComparison
{
    private const int Steps = 14, ReportEvery = 2;

    private static readonly (string Name, ClipArchitecture Architecture)[] Networks = [("resnet", TrainingExample.Architecture), ("small", ClipArchitecture.Small)];

    // "libtorch" leaves its own threads to libtorch, as Threads = 1 does.
    private static readonly string[] Ways = ["threads", "libtorch", "ranks"];

    public static void Run(int rounds)
    {
        foreach (var (network, architecture) in Networks)
        {
            var speeds = Ways.ToDictionary(way => way, _ => new List<double>());
            for (int round = 0; round < rounds; round++)
            {
                foreach (string way in Ways)
                {
                    string[] words = Start(network, way).Split(' ');
                    speeds[way].Add(double.Parse(words[0], CultureInfo.InvariantCulture));
                    Console.WriteLine($"{network}, {architecture.ParameterCount / 1e6:f1} million parameters, round {round + 1}, {way}: {string.Join(' ', words)}");
                }
            }
            double alone = Median(speeds["threads"]);
            Console.WriteLine($"{network}, median of {rounds}: {string.Join(", ", speeds.Select(s => $"{s.Key} {Median(s.Value):f1} images/s, {Median(s.Value) / alone:f2}"))}");
        }
    }

    /// <summary>One run, which prints images a second on the first rank, and what a rank has given to the others in a step.</summary>
    public static void Work(string network, string way)
    {
        using var mpi = way == "ranks" ? MpiCollective.Open() : null;
        var counter = mpi is null ? null : new CountingCollective(mpi);
        var reports = new Reports();
        var trainer = new ClipContrastiveTrainer(nameof(TrainingExample.Image), nameof(TrainingExample.Caption), new ClipContrastiveTrainer.Options
        {
            Architecture = Networks.Single(n => n.Name == network).Architecture,
            BatchSize = TrainingExample.BatchSize,
            Steps = Steps,
            ReportEvery = ReportEvery,
            Threads = way == "threads" ? 2 : 1,
            Collective = counter,
        });
        trainer.Fit(new MLContext().Data.LoadFromEnumerable(TrainingExample.Make(1024)), reports).Dispose();
        if (mpi is null or { Rank: 0 })
        {
            // The first report has the making of kernels in it.
            double speed = Median([.. reports.Skip(1).Select(r => r.SamplesPerSecond)]);
            string exchanged = counter is null ? "" : $", a step: {counter.Gathered / Steps:N0} bytes of features and pixels gathered, {counter.Summed / Steps:N0} bytes of gradients added";
            Console.WriteLine($"{speed:f1} images/s{exchanged}");
        }
    }

    private static string Start(string network, string way)
    {
        string[] launcher = way == "ranks" ? [.. (Environment.GetEnvironmentVariable("CLIP_MPI") ?? "mpirun").Split(' '), "-n", "2", "dotnet"] : ["dotnet"];
        var start = new ProcessStartInfo(launcher[0], [.. launcher[1..], typeof(RankComparison).Assembly.Location, "rank", network, way]) { RedirectStandardOutput = true };
        using var process = Process.Start(start)!;
        string output = process.StandardOutput.ReadToEnd();
        process.WaitForExit();
        return process.ExitCode == 0 ? output.Trim() : throw new InvalidOperationException($"{launcher[0]} has ended with {process.ExitCode}; it needs Open MPI or MPICH.");
    }

    private static double Median(List<double> values)
    {
        double[] sorted = [.. values.Order()];
        return (sorted[(sorted.Length - 1) / 2] + sorted[sorted.Length / 2]) / 2;
    }

    /// <summary>Counts the bytes that a rank gives to its collective.</summary>
    private sealed class CountingCollective(ICollective inner) : ICollective
    {
        // What is gathered once, at the beginning, is not of a step: it is before the first sum of gradients.
        private bool _hasBegun;

        public long Gathered { get; private set; }

        public long Summed { get; private set; }

        public int Rank => inner.Rank;

        public int Size => inner.Size;

        public void AllGather(ReadOnlySpan<byte> own, Span<byte> all)
        {
            Gathered += _hasBegun ? own.Length : 0;
            inner.AllGather(own, all);
        }

        public void AllReduceSum(Span<float> values)
        {
            // The state of the beginning and of a checkpoint goes tensor by tensor; gradients go at once, and are more than any of them.
            Summed = Math.Max(Summed, (long)values.Length * sizeof(float) * Steps);
            _hasBegun = true;
            inner.AllReduceSum(values);
        }

        public void Barrier() => inner.Barrier();

        public void Abort(string message) => inner.Abort(message);
    }
}
