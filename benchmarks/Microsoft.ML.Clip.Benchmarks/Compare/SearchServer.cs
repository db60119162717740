using System.Diagnostics;
using System.Globalization;
using System.Numerics;
using System.Runtime.InteropServices;
using System.Text.Json;

namespace Microsoft.ML.Clip.Benchmarks;

/// <summary>
/// Our side of benchmarks/compare/search.py: does what each line of the standard input says and answers with one line of JSON.
/// <list type="table">
/// <item><term>load DATA STORAGE</term><description>
/// reads DATA.X.bin and DATA.Q.bin (float32, row by row) and DATA.json (dimension) into an index
/// </description></item>
/// <item><term>search K FIRST COUNT</term><description>some of the queries, one after the other: seconds, and what was found</description></item>
/// <item><term>batch K FIRST COUNT</term><description>the same queries at once</description></item>
/// <item><term>stream COUNT</term><description>
/// reads the index's memory so often on the same threads and adds it up, and nothing else: seconds, bytes
/// </description></item>
/// <item><term>quit</term><description>ends</description></item>
/// </list>
/// </summary>
internal sealed class SearchServer
{
    private const int RowsAtOnce = 65_536;
    private static readonly int Threads = int.Parse(Environment.GetEnvironmentVariable("THREADS") ?? "2", CultureInfo.InvariantCulture);

    private ClipSearchIndex _index = new(1);
    private float[] _queries = [];

    public void Run()
    {
        while (Console.ReadLine() is { } line)
        {
            object? answer = line.Split(' ') switch
            {
                ["load", var stem, var storage] => Load(stem, Enum.Parse<ClipSearchStorage>(storage)),
                ["search", var k, var first, var count] => Time(Queries(first, count).Chunk(_index.Dimension).ToArray(),
                    queries => queries.Select(q => _index.Search(q, Number(k))).ToArray()),
                ["batch", var k, var first, var count] => Time(Queries(first, count), queries => [.. _index.SearchBatch(queries, Number(k))]),
                ["stream", var count] => Stream(Number(count)),
                _ => null,
            };
            if (answer is null)
            {
                return;
            }
            Console.WriteLine(JsonSerializer.Serialize(answer));
        }
    }

    private static int Number(string text) => int.Parse(text, CultureInfo.InvariantCulture);

    private float[] Queries(string first, string count) => _queries.AsSpan(Number(first) * _index.Dimension, Number(count) * _index.Dimension).ToArray();

    private object Load(string stem, ClipSearchStorage storage)
    {
        int dimension = JsonDocument.Parse(File.ReadAllText(stem + ".json")).RootElement.GetProperty("dimension").GetInt32();
        _queries = MemoryMarshal.Cast<byte, float>(File.ReadAllBytes(stem + ".Q.bin")).ToArray();
        _index = new ClipSearchIndex(dimension, storage, Threads);
        using var file = File.OpenRead(stem + ".X.bin");
        float[] rows = new float[RowsAtOnce * dimension];
        var watch = new Stopwatch();
        for (int read; (read = file.ReadAtLeast(MemoryMarshal.AsBytes(rows.AsSpan()), rows.Length * sizeof(float), throwOnEndOfStream: false)) > 0;)
        {
            watch.Start();
            _index.Add(rows.AsSpan(0, read / sizeof(float)));
            watch.Stop();
        }
        GC.Collect();
        return new { rows = _index.Count, seconds = watch.Elapsed.TotalSeconds };
    }

    private static object Time<T>(T queries, Func<T, IReadOnlyList<ClipMatch>[]> search)
    {
        var watch = Stopwatch.StartNew();
        var found = search(queries);
        double seconds = watch.Elapsed.TotalSeconds;
        return new { seconds, found = found.Select(f => f.Select(m => m.Index)), cosines = found.Select(f => f.Select(m => m.Cosine)) };
    }

    private unsafe object Stream(int times)
    {
        const int Piece = 1 << 18;
        var pieces = _index.Chunks.SelectMany(c => Enumerable.Range(0, (c.Values.Length + Piece - 1) / Piece)
            .Select(p => c.Values.Part(p * Piece, Math.Min(Piece, c.Values.Length - (p * Piece))))).ToArray();
        double sum = 0;
        var watch = Stopwatch.StartNew();
        for (int i = 0; i < times; i++)
        {
            int next = -1;
            Clip.Threads.For(Threads, Threads, _ =>
            {
                int total = 0;
                for (int piece; (piece = Interlocked.Increment(ref next)) < pieces.Length;)
                {
                    total += Sum((int*)pieces[piece].Pointer, pieces[piece].Length);
                }
                Interlocked.Exchange(ref sum, total);
            });
        }
        return new { seconds = watch.Elapsed.TotalSeconds, bytes = pieces.Sum(p => (long)p.Length * sizeof(float)), sum };
    }

    private static unsafe int Sum(int* values, int count)
    {
        Vector<int> a = default, b = default, c = default, d = default;
        int step = Vector<int>.Count;
        for (int i = 0; i + (4 * step) <= count; i += 4 * step)
        {
            a += Vector.Load(values + i);
            b += Vector.Load(values + i + step);
            c += Vector.Load(values + i + (2 * step));
            d += Vector.Load(values + i + (3 * step));
        }
        return Vector.Sum(a + b + c + d);
    }
}
