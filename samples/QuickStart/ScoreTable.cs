using Samples;

namespace QuickStart;

/// <summary>Prints a row per photograph: the label found, and the probability of the three likeliest.</summary>
internal static class ScoreTable
{
    public static void Print(IEnumerable<Prediction> predictions, string[] labels)
    {
        var rows = predictions.ToList();
        int width = rows.Max(r => Path.GetFileName(r.Path).Length);
        Console.WriteLine();
        foreach (var row in rows)
        {
            var best = row.Score.Select((score, i) => (Label: labels[i], Score: score)).OrderByDescending(x => x.Score).Take(3);
            Console.WriteLine($"{Printed.OneLine(Path.GetFileName(row.Path)).PadRight(width)}  {string.Join("  ", best.Select(b => $"{b.Label,-14} {b.Score,6:P1}"))}");
        }
        Console.WriteLine();
    }
}
