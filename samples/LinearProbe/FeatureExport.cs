using System.Runtime.InteropServices;
using System.Text.Json;
using Microsoft.ML;
using Microsoft.ML.Data;

namespace LinearProbe;

/// <summary>Writes features and labels for other programs, as benchmarks/compare/linear_probe.py reads them.</summary>
internal static class FeatureExport
{
    public static void Write(string stem, IDataView training, IDataView validation, double l2)
    {
        var (rows, dimension) = Write(training, stem + ".X.bin", stem + ".y.bin");
        Write(validation, stem + ".Xval.bin", stem + ".yval.bin");
        long classes = (long)((KeyDataViewType)training.Schema["Label"].Type).Count;
        File.WriteAllText(stem + ".json", JsonSerializer.Serialize(new { rows, dimension, classes, l2 }));
        Console.WriteLine($"Wrote the features to {stem}.*");
    }

    private static (int Rows, int Dimension) Write(IDataView view, string features, string labels)
    {
        float[][] x = [.. view.GetColumn<float[]>("Features")];
        int[] y = [.. view.GetColumn<uint>("Label").Select(k => (int)k - 1)];
        using var file = File.Create(features);
        foreach (float[] row in x)
        {
            file.Write(MemoryMarshal.AsBytes(row.AsSpan()));
        }
        File.WriteAllBytes(labels, MemoryMarshal.AsBytes(y.AsSpan()).ToArray());
        return (x.Length, x[0].Length);
    }
}
