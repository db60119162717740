using System.Diagnostics;
using System.Globalization;

namespace Microsoft.ML.Clip.Benchmarks;

/// <summary>Several ways to do the same, each in its turn.</summary>
internal static class Turns
{
    /// <summary>
    /// Prints a line for each: items a second, speed against the first, and processor time against the first, the lower the better; ratios are medians of each
    /// round's.
    /// </summary>
    public static void Compare(string what, int items, int rounds, params (string Name, Func<int> Work)[] contestants)
    {
        var seconds = contestants.Select(_ => new List<double>()).ToArray();
        // Of the whole process: what else runs on the machine makes the first of them longer, and this one hardly.
        var processor = contestants.Select(_ => new List<double>()).ToArray();
        // The first round opens sessions and compiles.
        for (int round = -1; round < rounds; round++)
        {
            for (int i = 0; i < contestants.Length; i++)
            {
                // Whoever begins finds other caches: each in its turn.
                int turn = (i + Math.Max(round, 0)) % contestants.Length;
                var before = Environment.CpuUsage.TotalTime;
                long start = Stopwatch.GetTimestamp();
                int count = contestants[turn].Work();
                double elapsed = Stopwatch.GetElapsedTime(start).TotalSeconds;
                if (count != items)
                {
                    throw new InvalidOperationException($"{contestants[turn].Name} gave {count} of {items}.");
                }
                if (round >= 0)
                {
                    seconds[turn].Add(elapsed);
                    processor[turn].Add((Environment.CpuUsage.TotalTime - before).TotalSeconds);
                }
            }
        }
        for (int i = 0; i < contestants.Length; i++)
        {
            double ratio = Median(seconds[0].Zip(seconds[i], (first, own) => first / own));
            double work = Median(processor[i].Zip(processor[0], (own, first) => own / first));
            Console.WriteLine(string.Create(CultureInfo.InvariantCulture,
                $"| {what} | {contestants[i].Name} | {items / Median(seconds[i]):F1} | {ratio:F3} | {work:F3} |"));
        }
    }

    private static double Median(IEnumerable<double> values)
    {
        double[] sorted = [.. values.Order()];
        return (sorted[(sorted.Length - 1) / 2] + sorted[sorted.Length / 2]) / 2;
    }
}
