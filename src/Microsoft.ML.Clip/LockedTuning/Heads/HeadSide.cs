using System.Numerics.Tensors;

namespace Microsoft.ML.Clip;

/// <summary>
/// What a head does to the features x of one encoder: u = x / |x| - mean, of unit length again; if there are anchors, φ = exp(sharpness (u · anchor - 1)),
/// else φ = u; then φ · W + b, and beside it a hidden layer, if there are weights; and unit length. Immutable.
/// </summary>
internal sealed record HeadSide
{
    /// <summary>How many features an encoder may have, a hidden layer units, an embedding values.</summary>
    public const int MostFeatures = 1 << 16;

    /// <summary>How many anchors there may be.</summary>
    public const int MostAnchors = 1 << 20;

    /// <summary>How large β may be: beyond it φ tells nothing but whether a text is an anchor.</summary>
    public const float MostSharpness = 1e4f;

    // QuickGELU, x · sigmoid(1.702 x), as in OpenAI's CLIP: of operations that ONNX has had from the beginning.
    public const float Gelu = 1.702f;

    // Rows of φ that are in memory at once.
    private const int BlockRows = 1024;

    /// <summary>What is subtracted from unit features.</summary>
    public required float[] Mean { get; init; }

    /// <summary>Unit vectors [K, features]; null for none.</summary>
    public FloatMatrix? Anchors { get; init; }

    /// <summary>How quickly φ falls with the distance from an anchor.</summary>
    public float Sharpness { get; init; }

    /// <summary>W, [φ, embedding]; null for the identity.</summary>
    public FloatMatrix? Weights { get; init; }

    /// <summary>b, [embedding].</summary>
    public float[]? Bias { get; init; }

    /// <summary>[φ, hidden]; null for no hidden layer.</summary>
    public FloatMatrix? HiddenWeights { get; init; }

    /// <summary>[hidden].</summary>
    public float[]? HiddenBias { get; init; }

    /// <summary>[hidden, embedding].</summary>
    public FloatMatrix? HiddenOutput { get; init; }

    /// <summary>The number of features.</summary>
    public int Features => Mean.Length;

    /// <summary>The length of φ.</summary>
    public int Inner => Anchors?.Rows ?? Features;

    /// <summary>The length of an embedding.</summary>
    public int Dimension => Weights?.Columns ?? Inner;

    /// <summary>u of some features: unit length, less the mean, unit length again.</summary>
    public static FloatMatrix Center(IReadOnlyList<float[]> features, int first, int count, float[] mean, int threads)
    {
        var rows = new FloatMatrix(count, mean.Length);
        for (int r = 0; r < count; r++)
        {
            features[first + r].CopyTo(rows[r]);
        }
        rows.NormalizeRows(threads);
        if (mean.AsSpan().IndexOfAnyExcept(0f) >= 0)
        {
            for (int r = 0; r < count; r++)
            {
                TensorPrimitives.Subtract(rows[r], mean, rows[r]);
            }
            rows.NormalizeRows(threads);
        }
        return rows;
    }

    /// <summary>exp(sharpness (u · anchor - 1)).</summary>
    public static FloatMatrix Kernel(FloatMatrix centered, FloatMatrix anchors, float sharpness, int threads)
    {
        var cosines = FloatMatrix.Product(centered, anchors, threads, transposeB: true);
        Threads.For(cosines.Rows, cosines.Rows * (long)cosines.Columns < 1 << 14 ? 1 : threads, r =>
        {
            var row = cosines[r];
            TensorPrimitives.Subtract(row, 1, row);
            TensorPrimitives.Multiply(row, sharpness, row);
            TensorPrimitives.Exp<float>(row, row);
        });
        return cosines;
    }

    /// <summary>φ of some features.</summary>
    public FloatMatrix Lift(IReadOnlyList<float[]> features, int first, int count, int threads)
    {
        var centered = Center(features, first, count, Mean, threads);
        return Anchors is { } anchors ? Kernel(centered, anchors, Sharpness, threads) : centered;
    }

    /// <summary>Embeddings of φ, before their length is made 1.</summary>
    public FloatMatrix Map(FloatMatrix lifted, int threads)
    {
        var result = Weights is { } weights ? FloatMatrix.Product(lifted, weights, threads) : lifted;
        AddToRows(result, Bias);
        if (HiddenWeights is { } first && HiddenOutput is { } second)
        {
            var beside = FloatMatrix.Product(Units(lifted, first, HiddenBias, threads), second, threads);
            TensorPrimitives.Add(result.Padded, beside.Padded, result.Padded);
        }
        return result;
    }

    /// <summary>A hidden layer: g(φ · W + b), g(x) = x · sigmoid(1.702 x).</summary>
    public static FloatMatrix Units(FloatMatrix lifted, FloatMatrix weights, float[]? bias, int threads)
    {
        var hidden = FloatMatrix.Product(lifted, weights, threads);
        AddToRows(hidden, bias);
        Threads.For(hidden.Rows, hidden.Rows * (long)hidden.Columns < 1 << 14 ? 1 : threads, r =>
        {
            foreach (ref float x in hidden[r])
            {
                x /= 1 + MathF.Exp(-Gelu * x);
            }
        });
        return hidden;
    }

    /// <summary>Embeddings of unit length.</summary>
    public float[][] Embed(IReadOnlyList<float[]> features, int threads)
    {
        float[][] result = new float[features.Count][];
        for (int first = 0; first < result.Length; first += BlockRows)
        {
            int count = Math.Min(BlockRows, result.Length - first);
            var rows = Map(Lift(features, first, count, threads), threads);
            rows.NormalizeRows(threads);
            for (int r = 0; r < count; r++)
            {
                result[first + r] = rows[r].ToArray();
            }
        }
        return result;
    }

    /// <summary>Whether all that it holds are numbers.</summary>
    public bool IsFinite()
    {
        return All(Mean) && All(Anchors) && All(Weights) && All(Bias) && All(HiddenWeights) && All(HiddenBias) && All(HiddenOutput);

        static bool AreFinite(ReadOnlySpan<float> values) => values.IsEmpty || float.IsFinite(TensorPrimitives.MaxMagnitude(values));

        static bool All(object? values) => values switch
        {
            FloatMatrix matrix => AreFinite(matrix.Padded),
            float[] vector => AreFinite(vector),
            _ => true,
        };
    }

    public static void AddToRows(FloatMatrix rows, float[]? bias)
    {
        for (int r = 0; bias is not null && r < rows.Rows; r++)
        {
            TensorPrimitives.Add(rows[r], bias, rows[r]);
        }
    }
}
