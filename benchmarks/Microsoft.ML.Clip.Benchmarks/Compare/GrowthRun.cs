using System.Diagnostics;
using System.Globalization;
using Microsoft.ML.Data;

namespace Microsoft.ML.Clip.Benchmarks;

/// <summary>What a row costs when there are many, in a process of its own: for benchmarks/compare/growth.py.</summary>
internal static class GrowthRun
{
    private const int WarmUpRows = 10_000;

    // A thousand rows take a third of a second, in which a shared machine may do anything: so many runs of them that all lines see as much of it.
    private const int LeastRows = 30_000;

    /// <summary>
    /// Embeds rows with one or several cursors at once, several times if they are few, and prints the median of the microseconds per row and the
    /// process's peak of memory in bytes.
    /// </summary>
    public static void Run(Workload workload, int rows, int cursors)
    {
        using var clip = ClipModel.Load(workload.Model(ClipShape.Tiny));
        var ml = new MLContext();
        string[] files = workload.SmallPhotographs;
        var model = ml.Transforms.ClipImageEmbedding("Output", nameof(PhotographRow.Path), clip).Fit(Rows(0));
        Sum(model.Transform(Rows(WarmUpRows)));

        double[] microseconds = [.. Enumerable.Range(0, Math.Max(1, LeastRows / rows / 2 * 2 + 1)).Select(_ => Once()).Order()];
        Console.WriteLine(string.Create(CultureInfo.InvariantCulture, $"{microseconds[microseconds.Length / 2]:R} {Process.GetCurrentProcess().PeakWorkingSet64}"));

        double Once()
        {
            var watch = Stopwatch.StartNew();
            double[] sums = new double[cursors];
            void Run(int i) => sums[i] = Sum(model.Transform(Rows(rows / cursors)));
            var others = Enumerable.Range(1, cursors - 1).Select(i => new Thread(() => Run(i))).ToList();
            others.ForEach(t => t.Start());
            Run(0);
            others.ForEach(t => t.Join());
            double elapsed = watch.Elapsed.TotalMicroseconds / rows;
            // Every cursor has seen the same rows.
            if (sums.Any(s => Math.Abs(s - sums[0]) > 1e-6 * rows))
            {
                throw new InvalidOperationException($"the cursors do not agree: {string.Join(", ", sums)}");
            }
            return elapsed;
        }

        IDataView Rows(int count) => ml.Data.LoadFromEnumerable(Enumerable.Range(0, count).Select(i => new PhotographRow { Path = files[i % files.Length] }));
    }

    private static double Sum(IDataView view)
    {
        var column = view.Schema["Output"];
        using var cursor = view.GetRowCursor([column]);
        var getter = cursor.GetGetter<VBuffer<float>>(column);
        VBuffer<float> value = default;
        double sum = 0;
        while (cursor.MoveNext())
        {
            getter(ref value);
            sum += value.GetValues()[0];
        }
        return sum;
    }
}
