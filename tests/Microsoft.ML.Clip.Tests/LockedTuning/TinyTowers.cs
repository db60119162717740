namespace Microsoft.ML.Clip.Tests;

/// <summary>Encoders of a few hundred bytes as others export them: with a fixed batch, other planes, masks and token types; and the same in plain C#.</summary>
internal static class TinyTowers
{
    public const int Size = 4, Width = 6, Tokens = 12, TextWidth = 5;

    /// <summary>WordPiece's vocabulary, a token a line.</summary>
    public static readonly string[] Vocabulary = ["[PAD]", "[UNK]", "[CLS]", "[SEP]", "[MASK]", "a", "photo", "of", "cat", "dog", "two", "##s"];

    public static float[] Draw(int count, int seed)
    {
        var random = new Random(seed);
        return [.. Enumerable.Range(0, count).Select(_ => (2 * random.NextSingle()) - 1)];
    }

    /// <summary>A map of a matrix over all pixels, [N, 3, 4, 4] to [N, 6, 1, 1], whose shapes name the size of the batch.</summary>
    public static TinyOnnx Image(object? batch = null, int type = TinyOnnx.Float, string input = "Input247", bool isHalf = false)
    {
        batch ??= 1;
        int fixedBatch = batch as int? ?? -1;
        return new TinyOnnx { HalfWeights = isHalf }
            .Input(input, isHalf ? TinyOnnx.Float16 : type, batch, 3, Size, Size)
            .Integers("flat_shape", [fixedBatch, 3 * Size * Size], 2)
            .Integers("map_shape", [fixedBatch, Width, 1, 1], 4)
            .Weights("matrix", Draw(3 * Size * Size * Width, 1), 3 * Size * Size, Width)
            .Node("Reshape", [input, "flat_shape"], ["flat"])
            .Node("MatMul", ["flat", "matrix"], ["product"])
            .Node("Reshape", ["product", "map_shape"], ["Pooling395_Output_0"])
            .Output("Pooling395_Output_0", isHalf ? TinyOnnx.Float16 : TinyOnnx.Float, batch, Width, 1, 1);
    }

    /// <summary>What <see cref="Image"/> makes of the pixel values of one image, [3, 4, 4] in its own order and scale.</summary>
    public static float[] ImageFeatures(IReadOnlyList<float> planes)
    {
        float[] matrix = Draw(3 * Size * Size * Width, 1);
        return Unit([.. Enumerable.Range(0, Width).Select(c => planes.Select((p, i) => p * matrix[(i * Width) + c]).Sum())]);
    }

    /// <summary>
    /// A text encoder of BERT's form: embeddings of ids and token types, and the mean of all that the mask shows added to each token, [N, T] to [N, T, 5].
    /// </summary>
    public static TinyOnnx Text(object? batch = null, object? length = null, int type = TinyOnnx.Int64)
    {
        (batch, length) = (batch ?? "batch", length ?? "sequence");
        return new TinyOnnx()
            .Input("input_ids", type, batch, length).Input("attention_mask", type, batch, length).Input("token_type_ids", type, batch, length)
            .Weights("table", Draw(Tokens * TextWidth, 2), Tokens, TextWidth).Weights("types", Draw(2 * TextWidth, 3), 2, TextWidth)
            .Integers("last", [2], 1).Integers("tokens", [1], 1)
            .Node("Gather", ["table", "input_ids"], ["words"]).Node("Gather", ["types", "token_type_ids"], ["typed"]).Node("Add", ["words", "typed"], ["sum"])
            .Node("Cast", ["attention_mask"], ["shown"], ("to", TinyOnnx.Float)).Node("Unsqueeze", ["shown", "last"], ["column"])
            .Node("Mul", ["sum", "column"], ["visible"]).Node("ReduceSum", ["visible", "tokens"], ["context"], ("keepdims", 1))
            .Node("Add", ["sum", "context"], ["last_hidden_state"])
            .Node("Tanh", ["context"], ["pooled"])
            .Output("last_hidden_state", TinyOnnx.Float, batch, length, TextWidth).Output("pooled", TinyOnnx.Float, batch, 1, TextWidth);
    }

    /// <summary>What <see cref="Text"/> makes of the ids of one text without padding: the mean over its tokens, or the first.</summary>
    public static float[] TextFeatures(int[] ids, bool first = false)
    {
        float[] table = Draw(Tokens * TextWidth, 2), types = Draw(2 * TextWidth, 3);
        float[][] rows = [.. ids.Select(id => Enumerable.Range(0, TextWidth).Select(c => table[(id * TextWidth) + c] + types[c]).ToArray())];
        float[] context = [.. Enumerable.Range(0, TextWidth).Select(c => rows.Sum(r => r[c]))];
        return Unit([.. context.Select((sum, c) => first ? rows[0][c] + sum : (sum / ids.Length) + sum)]);
    }

    public static float[] Unit(float[] values)
    {
        float norm = MathF.Sqrt(values.Sum(v => v * v));
        return [.. values.Select(v => v / norm)];
    }

    /// <summary>Pixel values of some images, as the preprocessing gives them, [count, 3, size, size].</summary>
    public static float[] Pixels(int count, int size = Size) => [.. Draw(count * 3 * size * size, 7).Select(v => (v + 1) / 2)];

    /// <summary>Unit embeddings of pixel values, in one batch.</summary>
    public static float[][] Embed(ClipModel model, float[] pixels)
    {
        int values = 3 * model.ImageSize * model.ImageSize, width = model.EmbeddingDimension, count = pixels.Length / values;
        float[] output = new float[count * width];
        model.EncodePixels(new Rows<float>(pixels, values), ClipFeatures.JointEmbedding, normalize: true, new Rows<float>(output, width));
        return [.. output.Chunk(width)];
    }

    /// <summary>Writes the vocabulary, and returns its path.</summary>
    public static string WriteVocabulary(TemporaryDirectory directory) => directory.Write("tokenizer/vocab.txt", string.Join("\r\n", Vocabulary) + "\r\n");
}
