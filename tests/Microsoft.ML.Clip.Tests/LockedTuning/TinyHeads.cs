namespace Microsoft.ML.Clip.Tests;

/// <summary>Heads with seeded random weights, of every form.</summary>
internal static class TinyHeads
{
    public static readonly string[] Kinds = ["linear", "mlp", "kernel", "bias", "text only", "units"];

    public static ClipLockedHead Create(string kind, int imageWidth, int textWidth)
    {
        int dimension = kind is "kernel" or "text only" ? imageWidth : 4;
        HeadSide image = new() { Mean = Draw(imageWidth, 1) }, text = new() { Mean = Draw(textWidth, 2) };
        text = text with { Weights = Matrix(textWidth, dimension, 3) };
        image = dimension == imageWidth ? image : image with { Weights = Matrix(imageWidth, dimension, 4) };
        switch (kind)
        {
            case "mlp":
                image = image with { HiddenWeights = Matrix(imageWidth, 3, 5), HiddenBias = Draw(3, 6), HiddenOutput = Matrix(3, dimension, 7) };
                break;
            case "kernel":
                text = text with { Anchors = Unit(Matrix(9, textWidth, 8)), Sharpness = 3, Weights = Matrix(9, dimension, 9) };
                break;
            case "units":
                // What closed forms give with hidden units beside the features of images.
                image = image with
                {
                    Bias = Draw(dimension, 10),
                    HiddenWeights = Matrix(imageWidth, 20, 5),
                    HiddenBias = Draw(20, 6),
                    HiddenOutput = Matrix(20, dimension, 7),
                };
                text = text with { Anchors = Unit(Matrix(9, textWidth, 8)), Sharpness = 3, Weights = Matrix(9, dimension, 9) };
                break;
            case "bias":
                (image, text) = (image with { Bias = Draw(dimension, 10) }, text with { Bias = Draw(dimension, 11), Mean = new float[textWidth] });
                break;
        }
        return new ClipLockedHead(image, text, 12.5f);
    }

    public static float[][] Features(int count, int width, int seed) => [.. TinyTowers.Draw(count * width, seed).Chunk(width)];

    /// <summary>What a side of a head computes, one row after the other, in float64.</summary>
    public static float[] Embed(HeadSide side, float[] features)
    {
        double[] u = Unit(Unit([.. features.Select(v => (double)v)]).Select((v, i) => v - side.Mean[i]));
        if (side.Anchors is { } anchors)
        {
            u = [.. Enumerable.Range(0, anchors.Rows).Select(k => Math.Exp(side.Sharpness * (Times(u, i => anchors[k][i]) - 1)))];
        }
        double[] result = side.Weights is { } w ? [.. Enumerable.Range(0, w.Columns).Select(c => Times(u, i => w[i][c]))] : u;
        if (side.HiddenWeights is { } h && side.HiddenOutput is { } o)
        {
            double[] hidden = [.. Enumerable.Range(0, h.Columns).Select(c => Times(u, i => h[i][c]) + side.HiddenBias![c])
                .Select(z => z / (1 + Math.Exp(-1.702 * z)))];
            result = [.. result.Select((v, c) => v + Times(hidden, i => o[i][c]))];
        }
        return [.. Unit(result.Select((v, c) => v + (side.Bias?[c] ?? 0))).Select(v => (float)v)];
    }

    private static double Times(double[] x, Func<int, float> column) => x.Select((v, i) => v * column(i)).Sum();

    private static double[] Unit(IEnumerable<double> values)
    {
        double[] all = [.. values];
        double norm = Math.Sqrt(all.Sum(v => v * v));
        return [.. all.Select(v => v / norm)];
    }

    private static FloatMatrix Unit(FloatMatrix rows)
    {
        rows.NormalizeRows(1);
        return rows;
    }

    private static FloatMatrix Matrix(int rows, int columns, int seed) => FloatMatrix.Of(TinyTowers.Draw(rows * columns, seed), rows);

    private static float[] Draw(int count, int seed) => [.. TinyTowers.Draw(count, seed).Select(v => v / 10)];
}
