using System.Globalization;
using System.Runtime.InteropServices;
using System.Text;
using System.Text.RegularExpressions;
using Microsoft.ML.Data;

namespace Microsoft.ML.Clip.Tests;

/// <summary>A classification problem in memory.</summary>
internal sealed partial class ProbeProblem(float[][] features, int[] labels, float[]? weights = null)
{
    public float[][] Features { get; } = features;

    public int[] Labels { get; } = labels;

    public float[]? Weights { get; } = weights;

    /// <summary>The features with more digits, where they have some.</summary>
    public double[][]? Exact { get; init; }

    public int Classes { get; } = labels.Max() + 1;

    public int Dimension => Features[0].Length;

    /// <summary>Gaussian classes, <paramref name="distance"/> standard deviations of the noise apart or so.</summary>
    public static ProbeProblem Blobs(int rows, int dimension, int classes, double distance, int seed, bool weighted = false)
    {
        var random = new Random(seed);
        double Normal() => Math.Sqrt(-2 * Math.Log(1 - random.NextDouble())) * Math.Cos(2 * Math.PI * random.NextDouble());
        double[][] centres = [.. Enumerable.Range(0, classes).Select(_ => Enumerable.Range(0, dimension).Select(_ => distance * Normal()).ToArray())];
        int[] labels = [.. Enumerable.Range(0, rows).Select(i => i < classes ? i : random.Next(classes))];
        float[][] features = [.. labels.Select(c => centres[c].Select(m => (float)(m + Normal())).ToArray())];
        return new ProbeProblem(features, labels, weighted ? [.. labels.Select(_ => (float)random.NextDouble() * 2)] : null);
    }

    /// <summary>The same with other features.</summary>
    public ProbeProblem Map(Func<float, int, float> feature) => new([.. Features.Select(row => row.Select(feature).ToArray())], Labels, Weights);

    /// <summary>The same with every value from the given one on replaced by the sum of two others.</summary>
    public ProbeProblem Mix(int from)
    {
        float[] Mixed(float[] row) => [.. row.Select((v, j) => j < from ? v : row[j % from] + row[(j + 1) % from])];
        return new ProbeProblem([.. Features.Select(Mixed)], Labels, Weights);
    }

    /// <summary>Some of the rows.</summary>
    public ProbeProblem Slice(Range range) => new(Features[range], Labels[range], Weights?[range]);

    public ProbeRows ToRows()
    {
        var rows = new ProbeRows(Dimension, Weights is not null);
        for (int i = 0; i < Features.Length; i++)
        {
            Features[i].CopyTo(rows.Add(Labels[i], Weights?[i] ?? 1));
        }
        return rows;
    }

    public IDataView ToView(MLContext ml)
    {
        var schema = SchemaDefinition.Create(typeof(ProbeRow));
        schema[nameof(ProbeRow.Features)].ColumnType = new VectorDataViewType(NumberDataViewType.Single, Dimension);
        var rows = Features.Select((f, i) => new ProbeRow { Features = f, Name = NameOf(Labels[i]), Weight = Weights?[i] ?? 1, Row = i });
        var view = ml.Data.LoadFromEnumerable(rows.ToArray(), schema);
        string[] names = [.. Enumerable.Range(0, Classes).Select(NameOf)];
        return ml.Transforms.ClipLabelKey("Label", "Name", names).Fit(view).Transform(view);
    }

    public static string NameOf(int label) => "class " + label.ToString(CultureInfo.InvariantCulture);

    public static T[] ReadNpy<T>(string file)
        where T : unmanaged
    {
        byte[] bytes = File.ReadAllBytes(file);
        int length = BitConverter.ToUInt16(bytes, 8);
        string header = Encoding.ASCII.GetString(bytes, 10, length);
        string type = typeof(T) == typeof(float) ? "<f4" : typeof(T) == typeof(int) ? "<i4" : throw new NotSupportedException(typeof(T).Name);
        Assert.Equal(type, DescriptionOf().Match(header).Groups[1].Value);
        return MemoryMarshal.Cast<byte, T>(bytes.AsSpan(10 + length)).ToArray();
    }

    [GeneratedRegex("'descr': '([^']+)'")]
    private static partial Regex DescriptionOf();
}
