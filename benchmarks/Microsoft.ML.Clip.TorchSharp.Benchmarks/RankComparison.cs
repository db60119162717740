using System.Diagnostics;
using System.Globalization;
using System.Text.RegularExpressions;

namespace Microsoft.ML.Clip.Benchmarks;

/// <summary>
/// How fast two ranks are, processes under MPI, beside one process with two threads: float32, the paper's loss, AdamW, the same batches. Each run is a process
/// or two of its own; the ways take turns, and medians are compared. What the ranks exchange is counted.
/// </summary>
internal static partial class RankComparison
{
    private const int Steps = 24, ReportEvery = 2;

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
                    string result = Start(network, way);
                    speeds[way].Add(double.Parse(Result().Match(result).Groups[1].Value, CultureInfo.InvariantCulture));
                    Console.WriteLine($"{network}, {architecture.ParameterCount / 1e6:f1} million parameters, round {round + 1}, {way}: {result}");
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
            // The first reports have the making of kernels in them, and of the code that makes them.
            double speed = Median([.. reports.Skip(4).Select(r => r.SamplesPerSecond)]);
            string exchanged = counter is null ? ""
                : $", a step: {counter.Gathered / Steps:N0} bytes of features and pixels gathered, {counter.Summed:N0} bytes of gradients added, {counter.Time.TotalMilliseconds / Steps:f1} ms in both";
            Console.WriteLine($"{speed:f1} images/s on {Environment.ProcessorCount} cores{exchanged}");
        }
    }

    private static string Start(string network, string way)
    {
        string[] launcher = way == "ranks" ? [.. (Environment.GetEnvironmentVariable("CLIP_MPI") ?? "mpirun").Split(' '), "-n", "2", "dotnet"] : ["dotnet"];
        string program = typeof(RankComparison).Assembly.Location;
        var start = new ProcessStartInfo(launcher[0], [.. launcher[1..], program, "rank", network, way]) { RedirectStandardOutput = true };
        using var process = Process.Start(start)!;
        string output = process.StandardOutput.ReadToEnd();
        process.WaitForExit();
        // What else is there is the launcher's, and the terminal's that it pretends to be.
        return process.ExitCode == 0 ? Result().Match(output).Value : throw new InvalidOperationException($"{launcher[0]} has ended with {process.ExitCode}; it needs Open MPI or MPICH.");
    }

    [GeneratedRegex(@"([\d.]+) images/s.*")]
    private static partial Regex Result();

    private static double Median(List<double> values)
    {
        double[] sorted = [.. values.Order()];
        return (sorted[(sorted.Length - 1) / 2] + sorted[sorted.Length / 2]) / 2;
    }

    /// <summary>Counts the bytes that a rank gives to its collective.</summary>
    private sealed class CountingCollective(ICollective inner) : ICollective
    {
        // What is gathered once, at the beginning, is not of a step: the first question whether any rank is to end is a byte.
        private bool _hasBegun;
        private readonly List<int> _lengths = [];

        public long Gathered { get; private set; }

        /// <summary>Bytes of what is added once a step: the sum that comes most often. The state of the beginning and the end goes in other pieces.</summary>
        public long Summed => sizeof(float) * (long)_lengths.CountBy(length => length).MaxBy(l => l.Value).Key;

        public TimeSpan Time { get; private set; }

        public int Rank => inner.Rank;

        public int Size => inner.Size;

        public void AllGather(ReadOnlySpan<byte> own, Span<byte> all)
        {
            _hasBegun |= own.Length == 1;
            long start = Stopwatch.GetTimestamp();
            inner.AllGather(own, all);
            if (_hasBegun)
            {
                Gathered += own.Length;
                Time += Stopwatch.GetElapsedTime(start);
            }
        }

        public void AllReduceSum(Span<float> values)
        {
            long start = Stopwatch.GetTimestamp();
            inner.AllReduceSum(values);
            if (_hasBegun)
            {
                _lengths.Add(values.Length);
                Time += Stopwatch.GetElapsedTime(start);
            }
        }

        public void Barrier() => inner.Barrier();

        public void Abort(string message) => inner.Abort(message);
    }
}
