namespace Microsoft.ML.Clip.Tests;

/// <summary>
/// A complete CLIP model of a few kilobytes with seeded random weights: two ONNX graphs, a byte-level tokenizer and the configuration files,
/// so that the whole flow runs everywhere in milliseconds. The same towers are computed here in plain C#, for comparison.
/// </summary>
/// <remarks>
/// Image tower: average over each quarter of the image, layer norm (I_f), projection (I_e). Text tower: the token embeddings summed twice along
/// the sequence, so that order matters and no token sees a later one, taken at the end token, layer norm (T_f), projection (T_e).
/// </remarks>
internal sealed class TinyClip
{
    public const int ImageWidth = 12, TextWidth = 8;
    private const float Epsilon = 1e-5f;

    private readonly Random _random;

    public TinyClip(TinyClipOptions? options = null)
    {
        Options = options ?? new();
        _random = new Random(Options.Seed);
        int textDimension = Options.TextEmbeddingDimension ?? Options.EmbeddingDimension;
        ImageProjection = Draw(ImageWidth * Options.EmbeddingDimension, Options.ProjectionScale);
        ImageBias = Options.ProjectionBias ? Draw(Options.EmbeddingDimension, 1) : new float[Options.EmbeddingDimension];
        TextProjection = Draw(TextWidth * textDimension, Options.ProjectionScale);
        TokenEmbeddings = Draw(TinyTokenizerFiles.VocabularySize * TextWidth, 1);
        (ImageNormWeight, TextNormWeight) = (Draw(ImageWidth, 1), Draw(TextWidth, 1));
    }

    public TinyClipOptions Options { get; }

    public float[] ImageProjection { get; }

    public float[] ImageBias { get; }

    public float[] TextProjection { get; }

    public float[] TokenEmbeddings { get; }

    public float[] ImageNormWeight { get; }

    public float[] TextNormWeight { get; }

    /// <summary>Writes a complete model directory and returns its path.</summary>
    public static string WriteTo(string directory, TinyClipOptions? options = null) => new TinyClip(options).Write(directory);

    /// <summary>Writes a complete model directory and returns its path.</summary>
    public string Write(string directory)
    {
        TinyClipFiles.Write(this, directory);
        return directory;
    }

    /// <summary>I_f of one image, [3, S, S] in planes.</summary>
    public float[] ImageFeatures(ReadOnlySpan<float> pixelValues)
    {
        float[] pooled = new float[ImageWidth];
        int side = Options.ImageSize, half = side / 2;
        for (int i = 0; i < 3 * side * side; i++)
        {
            int channel = i / (side * side), y = i / side % side, x = i % side;
            pooled[(channel * 4) + (y / half * 2) + (x / half)] += pixelValues[i] / (half * half);
        }
        return LayerNorm(pooled, ImageNormWeight);
    }

    /// <summary>I_e of one image before normalisation.</summary>
    public float[] EmbedImage(ReadOnlySpan<float> pixelValues) => Project(ImageFeatures(pixelValues), ImageProjection, ImageBias);

    /// <summary>T_e of one text before normalisation.</summary>
    public float[] EmbedTokens(ReadOnlySpan<int> ids)
    {
        float[] sum = new float[TextWidth];
        float[] state = new float[TextWidth];
        foreach (int id in ids[..(ids.IndexOf(TinyTokenizerFiles.EndOfText) + 1)])
        {
            for (int i = 0; i < TextWidth; i++)
            {
                state[i] += sum[i] += TokenEmbeddings[(id * TextWidth) + i];
            }
        }
        return Project(LayerNorm(state, TextNormWeight), TextProjection, new float[TextProjection.Length / TextWidth]);
    }

    private float[] Draw(int count, float scale) => [.. Enumerable.Range(0, count).Select(_ => scale * ((2 * _random.NextSingle()) - 1))];

    private static float[] LayerNorm(float[] x, float[] weight)
    {
        float mean = x.Average(), variance = x.Average(v => (v - mean) * (v - mean));
        return [.. x.Select((v, i) => (v - mean) / MathF.Sqrt(variance + Epsilon) * weight[i])];
    }

    private static float[] Project(float[] x, float[] matrix, float[] bias) =>
        [.. bias.Select((b, column) => b + x.Select((v, row) => v * matrix[(row * bias.Length) + column]).Sum())];
}
