using System.Collections.Concurrent;
using System.Diagnostics;
using System.Globalization;
using System.Net.Http.Json;

namespace PhotoSearch.Benchmarks;

/// <summary>Many clients at once, each asking one thing after the other, as fast as it is answered.</summary>
internal static class Load
{
    private static readonly string[] Words =
        ["dog", "a bird on a branch", "red car", "fish", "people at a table", "snow", "a boat at sea", "flowers", "food"];

    public static async Task<int> RunAsync(Uri address, TimeSpan length, int clients, int? processId)
    {
        // The pool's usual limit would have clients wait for each other here.
        using var connections = new SocketsHttpHandler { MaxConnectionsPerServer = clients };
        using var client = new HttpClient(connections) { BaseAddress = address, Timeout = TimeSpan.FromMinutes(2) };
        var photographs = (await client.GetFromJsonAsync<PhotoAnswer[]>("/api/photographs?count=500"))!;
        byte[][] pictures = await Task.WhenAll(photographs.Take(20).Select(p => client.GetByteArrayAsync(p.Thumbnail)));
        var asks = new (string Name, Func<Random, HttpRequestMessage> Make)[]
        {
            ("words", r => new(HttpMethod.Get, $"/api/search?text={Uri.EscapeDataString(Words[r.Next(Words.Length)])}")),
            ("words", r => new(HttpMethod.Get, $"/api/search?text={Uri.EscapeDataString($"{Words[r.Next(Words.Length)]} and {Words[r.Next(Words.Length)]}")}")),
            ("more like this", r => new(HttpMethod.Get, $"/api/photographs/{Any(r).Id}/similar")),
            ("thumbnail", r => new(HttpMethod.Get, Any(r).Thumbnail)),
            ("thumbnail", r => new(HttpMethod.Get, Any(r).Thumbnail)),
            ("thumbnail", r => new(HttpMethod.Get, Any(r).Thumbnail)),
            ("original", r => new(HttpMethod.Get, Any(r).Original)),
            ("status", _ => new(HttpMethod.Get, "/api/status")),
            ("duplicates", _ => new(HttpMethod.Get, "/api/duplicates")),
            ("picture", r => new(HttpMethod.Post, "/api/search") { Content = new ByteArrayContent(pictures[r.Next(pictures.Length)]) { Headers = { ContentType = new("image/jpeg") } } }),
            ("examples", r => new(HttpMethod.Post, "/api/examples") { Content = JsonContent.Create(new Examples([.. Some(r)], [.. Some(r)])) }),
        };
        PhotoAnswer Any(Random random) => photographs[random.Next(photographs.Length)];
        IEnumerable<long> Some(Random random) => Enumerable.Range(0, 5).Select(_ => Any(random).Id);

        var times = new ConcurrentDictionary<string, ConcurrentBag<double>>();
        var errors = new ConcurrentQueue<string>();
        var memory = new List<long>();
        var watch = Stopwatch.StartNew();
        var work = Enumerable.Range(0, clients).Select(seed => Task.Run(async () =>
        {
            var random = new Random(seed);
            while (watch.Elapsed < length)
            {
                var (name, make) = asks[random.Next(asks.Length)];
                long start = Stopwatch.GetTimestamp();
                try
                {
                    using var request = make(random);
                    using var answer = await client.SendAsync(request);
                    await answer.Content.ReadAsByteArrayAsync();
                    if (!answer.IsSuccessStatusCode)
                    {
                        errors.Enqueue($"{name}: {(int)answer.StatusCode}");
                    }
                }
                catch (Exception e) when (e is HttpRequestException or TaskCanceledException)
                {
                    errors.Enqueue($"{name}: {e.Message}");
                }
                times.GetOrAdd(name, _ => []).Add(Stopwatch.GetElapsedTime(start).TotalMilliseconds);
            }
        })).ToArray();
        var all = Task.WhenAll(work);
        while (await Task.WhenAny(all, Task.Delay(TimeSpan.FromSeconds(5))) != all)
        {
            memory.Add(Resident(processId));
        }

        Console.WriteLine("| | requests | median, ms | p99, ms | longest, ms |\n|---|---|---|---|---|");
        foreach (var (name, bag) in times.Append(new("all", [.. times.Values.SelectMany(t => t)])))
        {
            double[] sorted = [.. bag.Order()];
            Console.WriteLine(string.Create(CultureInfo.InvariantCulture,
                $"| {name} | {sorted.Length:N0} | {sorted[sorted.Length / 2]:F0} | {sorted[sorted.Length * 99 / 100]:F0} | {sorted[^1]:F0} |"));
        }
        Console.WriteLine($"{clients} clients, {watch.Elapsed.TotalSeconds:F0} s, {errors.Count} errors.");
        foreach (var group in errors.GroupBy(e => e))
        {
            Console.WriteLine($"{group.Count()} of {group.Key}");
        }
        if (processId is not null)
        {
            Console.WriteLine($"Resident, MB, every 5 s: {string.Join(' ', memory.Select(m => m / 1_000_000))}");
        }
        return errors.IsEmpty ? 0 : 1;
    }

    private static long Resident(int? processId)
    {
        if (processId is not { } id)
        {
            return 0;
        }
        using var process = Process.GetProcessById(id);
        return process.WorkingSet64;
    }
}
