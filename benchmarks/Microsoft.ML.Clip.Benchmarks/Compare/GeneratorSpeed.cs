using Microsoft.Extensions.AI;

namespace Microsoft.ML.Clip.Benchmarks;

/// <summary>The generators of Microsoft.Extensions.AI beside what they stand on: texts and images in memory, to embeddings, by turns.</summary>
internal static class GeneratorSpeed
{
    private const int Texts = 512;

    /// <param name="workload">Photographs and texts.</param>
    /// <param name="model">The name of one of the workload's models, or a directory.</param>
    /// <param name="rounds">How often each has its turn.</param>
    public static void Run(Workload workload, string model, int rounds)
    {
        string directory = Directory.Exists(model) ? model : Path.Combine(workload.Folder, "models", model);
        using var clip = ClipModel.Load(directory);
        clip.WarmUp();
        string[] texts = workload.Texts[..Texts];
        byte[][] files = [.. workload.Photographs.Select(File.ReadAllBytes)];
        DataContent[] contents = [.. files.Select(bytes => new DataContent(bytes, "image/jpeg"))];
        var (textGenerator, imageGenerator, joint) = (clip.AsTextEmbeddingGenerator(), clip.AsImageEmbeddingGenerator(), clip.AsEmbeddingGenerator());
        var ml = new MLContext();
        var rows = ml.Data.LoadFromEnumerable(files.Select(bytes => new Row { Image = bytes }));
        var pipeline = ml.Transforms.ClipImageEmbedding("Features", nameof(Row.Image), clip).Fit(rows);

        Console.WriteLine($"{Path.GetFileName(Path.TrimEndingDirectorySeparator(directory))}: {Texts} texts, {files.Length} photographs, medians of {rounds} rounds by turns; "
            + "items a second, speed against the first, processor time against the first (the lower, the better); ratios are medians of each round's");
        Turns.Compare($"{Texts} texts", Texts, rounds,
            ("EncodeTexts", () => clip.EncodeTexts(texts).Length),
            ("generator of texts", () => textGenerator.GenerateAsync(texts).GetAwaiter().GetResult().Count),
            ("generator of both", () => joint.GenerateAsync(texts).GetAwaiter().GetResult().Count));
        Turns.Compare($"{files.Length} photographs", files.Length, rounds,
            ("image step of a pipeline", () => ml.Data.CreateEnumerable<Embedded>(pipeline.Transform(rows), reuseRowObject: false).Count()),
            ("EncodeImages", () => clip.EncodeImages(files).Length),
            ("generator of images", () => imageGenerator.GenerateAsync(contents).GetAwaiter().GetResult().Count),
            ("generator of both", () => joint.GenerateAsync(contents).GetAwaiter().GetResult().Count));
    }

    private sealed class Row
    {
        public byte[] Image { get; set; } = [];
    }

    private sealed class Embedded
    {
        public float[] Features { get; set; } = [];
    }
}
