using System.Numerics.Tensors;

namespace Microsoft.ML.Clip;

/// <summary>Tries a composed tower out: a row means the same alone and among others, which no graph tells without being run.</summary>
internal static class TowerCheck
{
    /// <summary>How far a unit vector may move between batch sizes: float32 sums in another order. Docs: numerics.md.</summary>
    internal const float Tolerance = 1e-4f;

    private const int Rows = 3, Seed = 15;

    /// <exception cref="InvalidDataException">ONNX Runtime does not run it, or rows depend on each other.</exception>
    public static void Images(string folder, string source, bool isFreed) => Try(folder, source, isFreed, model =>
    {
        int values = 3 * model.ImageHeight * model.ImageWidth;
        float[] pixels = new float[Rows * values];
        var random = SeededRandom.Create(Seed);
        foreach (ref float pixel in pixels.AsSpan())
        {
            pixel = random.NextSingle();
        }
        var images = new Rows<float>(pixels, values);
        return (first, count, output) => model.EncodePixels(images.Slice(first, count), ClipFeatures.JointEmbedding, normalize: true, output);
    });

    /// <exception cref="InvalidDataException">ONNX Runtime does not run it, or rows depend on each other.</exception>
    public static void Texts(string folder, string source, bool isFreed) => Try(folder, source, isFreed, model =>
    {
        string[] texts = ["a", "a photo of a cat.", "two dogs and one bicycle in front of a house"];
        int length = model.ContextLength;
        int[] ids = new int[Rows * length];
        for (int i = 0; i < Rows; i++)
        {
            model.Tokenizer.EncodeToContext(texts[i], ids.AsSpan(i * length, length), out _);
        }
        var rows = new Rows<int>(ids, length);
        return (first, count, output) => model.EncodeTokens(rows.Slice(first, count), normalize: true, output);
    });

    // The folder is gone when somebody reads of it.
    private static string Without(string message, string folder) =>
        message.Replace(folder + Path.DirectorySeparatorChar, "", StringComparison.Ordinal).Replace(folder, "the tower", StringComparison.Ordinal);

    private static void Try(string folder, string source, bool isFreed, Func<ClipModel, Action<int, int, Rows<float>>> prepare)
    {
        string hint = isFreed ? " Its export fixed the size of a batch, which could not be freed. Export it with an open (dynamic) axis for the batch." : "";
        int width;
        float[] together, alone;
        try
        {
            using var model = ClipModel.Load(new DirectoryModelFiles(folder), new ClipModelOptions());
            width = model.EmbeddingDimension;
            (together, alone) = (new float[Rows * width], new float[Rows * width]);
            var encode = prepare(model);
            for (int i = 0; i < Rows; i++)
            {
                encode(i, 1, new(alone.AsMemory(i * width, width), width));
            }
            encode(0, Rows, new(together, width));
        }
        catch (Exception e) when (e is InvalidOperationException or InvalidDataException or ClipEncodingException or NotSupportedException)
        {
            throw new InvalidDataException($"The encoder '{source}' could not be composed into a tower: {Without(e.Message, folder)}{hint}", e);
        }
        for (int i = 0; i < Rows; i++)
        {
            float distance = TensorPrimitives.Distance<float>(together.AsSpan(i * width, width), alone.AsSpan(i * width, width));
            if (!(distance <= Tolerance))
            {
                throw new InvalidDataException($"The encoder '{source}' could not be composed into a tower: row {i} of a batch of {Rows} differs by {distance:G3} from the same row alone; expected {Tolerance} at most.{hint}");
            }
        }
    }
}
