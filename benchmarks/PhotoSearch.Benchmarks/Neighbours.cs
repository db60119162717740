using System.Diagnostics;
using System.Globalization;
using System.Numerics.Tensors;
using System.Runtime.InteropServices;
using Microsoft.Data.Sqlite;

namespace PhotoSearch.Benchmarks;

/// <summary>What the map keeps of who is near whom, beside the two main directions that it begins with.</summary>
internal static class Neighbours
{
    private const int Nearest = 10, Asked = 500;

    /// <param name="data">The folder that --data named, of a collection that was read.</param>
    public static void Run(string data)
    {
        using var connection = new SqliteConnection($"Data Source={Path.Combine(data, "photographs.db")};Mode=ReadOnly");
        connection.Open();
        using var select = connection.Command("SELECT embedding FROM photographs WHERE embedding IS NOT NULL AND missing = 0 ORDER BY id");
        using var reader = select.ExecuteReader();
        var rows = new List<float[]>();
        while (reader.Read())
        {
            rows.Add(MemoryMarshal.Cast<byte, float>(reader.GetFieldValue<byte[]>(0)).ToArray());
        }
        float[][] embeddings = [.. rows];

        float[] packed = [.. embeddings.SelectMany(e => e)];
        int dimension = embeddings[0].Length;
        long start = Stopwatch.GetTimestamp();
        var map = NeighbourMap.Make(packed, dimension, CancellationToken.None);
        var time = Stopwatch.GetElapsedTime(start);
        Console.WriteLine(string.Create(CultureInfo.InvariantCulture,
            $"{embeddings.Length:N0} photographs, {time.TotalSeconds:F1} s: of ten neighbours {10 * Kept(map):F1} stay; of the two main directions alone {10 * Kept(NeighbourMap.Begin(packed, dimension)):F1}."));

        double Kept(MapPoint[] points) => Enumerable.Range(0, embeddings.Length).Where(i => i % Math.Max(1, embeddings.Length / Asked) == 0).Average(i =>
        {
            int[] others = [.. Enumerable.Range(0, embeddings.Length).Where(j => j != i)];
            var near = others.OrderByDescending(j => TensorPrimitives.Dot(embeddings[i], embeddings[j])).Take(Nearest).ToHashSet();
            return others.OrderBy(j => Away(points[i], points[j])).Take(Nearest).Count(near.Contains) / (double)Nearest;
        });

        static double Away(MapPoint a, MapPoint b) => Math.Pow(a.X - b.X, 2) + Math.Pow(a.Y - b.Y, 2);
    }
}
