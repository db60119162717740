using System.Diagnostics;
using System.Globalization;
using Microsoft.AspNetCore.Builder;
using Microsoft.Extensions.DependencyInjection;

namespace PhotoSearch.Benchmarks;

/// <summary>The program with very many photographs, whose embeddings are drawn: how long it takes to start and to answer, and what memory it needs.</summary>
internal static class Scale
{
    private const int Block = 1000, Queries = 200, Clusters = 1000;

    public static async Task RunAsync(int photographs, string? modelName)
    {
        string folder = Directory.CreateTempSubdirectory("photo-search-").FullName;
        using var model = ModelChoice.Open(modelName, 50_000_000);
        // The folder is away, so that what is known of it stays as it is.
        var settings = new Settings { Folder = Path.Combine(folder, "away"), Data = Path.Combine(folder, "data"), Port = 0 };
        Directory.CreateDirectory(settings.Data);
        string file = Path.Combine(settings.Data, "photographs.db");
        double writing = Write(file, model, photographs);
        Print($"{photographs:N0} embeddings of {model.Dimension} values written in {writing:F1} s; the database has {Size(settings.Data) / 1e6:F0} MB.");

        long before = Resident();
        var loading = Processor();
        long start = Stopwatch.GetTimestamp();
        await using var site = Site.Build(settings, model);
        await site.StartAsync();
        var catalog = site.Services.GetRequiredService<PhotoCatalog>();
        while (catalog.Count < photographs)
        {
            await Task.Delay(10);
        }
        Print($"Started and loaded in {Stopwatch.GetElapsedTime(start).TotalSeconds:F1} s, {(Processor() - loading).TotalSeconds:F1} of processor time; {Resident() / 1e6:F0} MB resident, {before / 1e6:F0} before.");

        using var client = new HttpClient { BaseAddress = new Uri(site.Urls.First()) };
        string[] words = ["a dog on a beach", "red bicycle", "birthday cake", "old car in the rain", "mountains at night", "two people dancing"];
        await Measure("words", client, i => $"/api/search?text={Uri.EscapeDataString($"{words[i % words.Length]} {i}")}");
        await Measure("more like this", client, i => $"/api/photographs/{1 + (i * 379 % photographs)}/similar");
        await Measure("latest", client, _ => "/api/photographs");
        var random = new Random(3);
        float[] query = [.. Enumerable.Range(0, model.Dimension).Select(_ => random.NextSingle() - 0.5f)];
        var processor = Processor();
        double[] times = [.. Enumerable.Range(0, Queries).Select(_ => Time(() => catalog.Nearest(query, 60))).Order()];
        Print("the index alone", times, Processor() - processor);
        GC.Collect();
        Print($"{Resident() / 1e6:F0} MB resident at the end.");

        processor = Processor();
        start = Stopwatch.GetTimestamp();
        new MapMaker(site.Services.GetRequiredService<PhotoDatabase>(), catalog, site.Services.GetRequiredService<PhotoMap>())
            .Update(CancellationToken.None, (_, _) => { });
        Print($"The map made in {Stopwatch.GetElapsedTime(start).TotalSeconds:F1} s, {(Processor() - processor).TotalSeconds:F1} of processor time.");
        await Measure("the whole map", client, _ => "/api/map");
        await Measure("a part of the map", client, i => $"/api/map?left={0.01 * (i % 80)}&right={0.1 + (0.01 * (i % 80))}&top=0.4&bottom=0.5");
        await site.StopAsync();
        await site.DisposeAsync();
        Directory.Delete(folder, recursive: true);
    }

    private static double Write(string file, PhotoModel model, int photographs)
    {
        using var database = new PhotoDatabase(file, model.Hash);
        var random = new Random(1);
        // Some look alike, as in any collection: each is near one of a thousand centres.
        float[][] centres = [.. Enumerable.Range(0, Clusters).Select(_ => Draw(random, model.Dimension))];
        long start = Stopwatch.GetTimestamp();
        for (int first = 0; first < photographs; first += Block)
        {
            var found = Enumerable.Range(first, Math.Min(Block, photographs - first)).Select(i => (new PhotoFile($"{i / 1000:000}/{i:000000}.jpg", 1, i + 1L),
                Draw(random, model.Dimension).Zip(centres[random.Next(Clusters)], (a, b) => a + (1.5f * b)).ToArray(), "")).ToList();
            var saved = database.Save(found);
            // Comparing all with all is another measurement.
            database.SavePairs(saved.Select(p => p.Id), []);
        }
        return Stopwatch.GetElapsedTime(start).TotalSeconds;
    }

    private static float[] Draw(Random random, int dimension) => [.. Enumerable.Range(0, dimension).Select(_ => random.NextSingle() - 0.5f)];

    private static async Task Measure(string name, HttpClient client, Func<int, string> address)
    {
        double[] times = new double[Queries];
        var processor = TimeSpan.Zero;
        for (int i = -5; i < Queries; i++)
        {
            processor = i == 0 ? Processor() : processor;
            long start = Stopwatch.GetTimestamp();
            using var answer = await client.GetAsync(new Uri(address(Math.Abs(i)), UriKind.Relative));
            answer.EnsureSuccessStatusCode();
            await answer.Content.ReadAsByteArrayAsync();
            if (i >= 0)
            {
                times[i] = Stopwatch.GetElapsedTime(start).TotalMilliseconds;
            }
        }
        Array.Sort(times);
        Print($"{name}, from request to answer", times, Processor() - processor);
    }

    private static double Time(Action action)
    {
        long start = Stopwatch.GetTimestamp();
        action();
        return Stopwatch.GetElapsedTime(start).TotalMilliseconds;
    }

    // Of all threads, client and server: what other programs on the same cores do makes this no longer.
    private static TimeSpan Processor()
    {
        using var process = Process.GetCurrentProcess();
        return process.TotalProcessorTime;
    }

    private static long Resident()
    {
        using var process = Process.GetCurrentProcess();
        return process.WorkingSet64;
    }

    private static long Size(string folder) => Directory.GetFiles(folder).Sum(f => new FileInfo(f).Length);

    private static void Print(string what, double[] times, TimeSpan processor) => Print(
        $"{what}: median {times[Queries / 2]:F1} ms, p99 {times[Queries * 99 / 100]:F1} ms; {processor.TotalMilliseconds / Queries:F1} ms of processor time");

    private static void Print(FormattableString line) => Console.WriteLine(line.ToString(CultureInfo.InvariantCulture));
}
