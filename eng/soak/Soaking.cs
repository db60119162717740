using System.Diagnostics;
using Microsoft.ML;
using Microsoft.ML.Clip;
using Microsoft.ML.Data;

/// <summary>Works on files without end: 64 threads of single images, beside pipelines that are read whole, in part and not at all.</summary>
internal static class Soaking
{
    private const int Threads = 64;

    // What is compared with the end comes after the first part of the time: pools fill, the runtime compiles, malloc takes its arenas.
    private const double WarmUp = 0.4;

    // The median of the last fifth may be so much above that of the fifth after the warm-up.
    private const long MemoryGrowth = 64 << 20;
    private const int ThreadGrowth = 8, HandleGrowth = 16;

    public static bool Run(ClipModel clip, string[] files, TimeSpan time)
    {
        var (samples, watch) = (new List<Sample>(), Stopwatch.StartNew());
        long images = 0, refused = 0, rows = 0;
        using var end = new CancellationTokenSource(time);
        Thread[] threads = [.. Enumerable.Range(0, Threads).Select(t => new Thread(() => Images(t))), new(Pipelines)];
        Array.ForEach(threads, t => t.Start());
        Console.WriteLine("minute\tRSS MB\theap MB\tthreads\thandles\timages\trefused\trows");
        var step = TimeSpan.FromTicks(Math.Min(TimeSpan.TicksPerMinute / 4, time.Ticks / 20));
        while (!end.Token.WaitHandle.WaitOne(step))
        {
            var sample = Sample.Take();
            samples.Add(sample);
            Console.WriteLine($"{watch.Elapsed.TotalMinutes:F2}\t{sample.Memory >> 20}\t{GC.GetTotalMemory(false) >> 20}\t{sample.Threads}\t{sample.Handles}\t"
                + $"{Interlocked.Read(ref images)}\t{Interlocked.Read(ref refused)}\t{Interlocked.Read(ref rows)}");
        }
        Array.ForEach(threads, t => t.Join());
        return IsFlat(samples);

        void Images(int seed)
        {
            var random = new Random(seed);
            while (!end.IsCancellationRequested)
            {
                try
                {
                    clip.EncodeImages([files[random.Next(files.Length)]], cancellationToken: end.Token);
                    Interlocked.Increment(ref images);
                }
                catch (ClipImageException)
                {
                    Interlocked.Increment(ref refused);
                }
                catch (OperationCanceledException)
                {
                    return;
                }
            }
        }

        void Pipelines()
        {
            var random = new Random(Threads);
            while (!end.IsCancellationRequested)
            {
                var ml = new MLContext();
                var data = ml.Data.LoadFromEnumerable(Enumerable.Range(0, 100).Select(_ => new Row { Path = files[random.Next(files.Length)] }));
                using var model = ml.Transforms.ClipImageEmbedding("Features", "Path", clip, new() { OnInvalidImage = ClipOnInvalidImage.Missing }).Fit(data);
                int wanted = random.Next(3) switch { 0 => 0, 1 => random.Next(100), _ => int.MaxValue };
                using var cursor = model.Transform(data).GetRowCursor(model.GetOutputSchema(data.Schema));
                for (int i = 0; i < wanted && !end.IsCancellationRequested && cursor.MoveNext(); i++)
                {
                    Interlocked.Increment(ref rows);
                }
            }
        }
    }

    private static bool IsFlat(List<Sample> samples)
    {
        int fifth = samples.Count / 5, warm = (int)(samples.Count * WarmUp);
        bool flat = true;
        foreach (var (name, growth, of) in new (string, long, Func<Sample, long>)[]
            { ("memory", MemoryGrowth, s => s.Memory), ("threads", ThreadGrowth, s => s.Threads), ("handles", HandleGrowth, s => s.Handles) })
        {
            (long first, long last) = (Median(samples.Skip(warm).Take(fifth)), Median(samples.TakeLast(fifth)));
            Console.WriteLine($"{name}: {first} after the warm-up, {last} at the end{(last > first + growth ? ": IT GROWS" : "")}");
            flat &= last <= first + growth;

            long Median(IEnumerable<Sample> part) => part.Select(of).Order().ElementAtOrDefault(fifth / 2);
        }
        return flat && fifth > 0;
    }

    private sealed record Sample(long Memory, int Threads, int Handles)
    {
        public static Sample Take()
        {
            using var process = Process.GetCurrentProcess();
            int handles = Directory.Exists("/proc/self/fd") ? Directory.GetFileSystemEntries("/proc/self/fd").Length : process.HandleCount;
            return new(process.WorkingSet64, process.Threads.Count, handles);
        }
    }

    private sealed class Row
    {
        public string Path { get; set; } = "";
    }
}
