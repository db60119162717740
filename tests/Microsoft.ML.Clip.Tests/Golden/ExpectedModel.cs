using System.Runtime.InteropServices;
using System.Text.Json;

namespace Microsoft.ML.Clip.Tests;

/// <summary>What OpenAI's own PyTorch code computed for one of the fixture models, at float32.</summary>
internal sealed class ExpectedModel
{
    private static readonly JsonSerializerOptions SnakeCase = new() { PropertyNamingPolicy = JsonNamingPolicy.SnakeCaseLower };

    public required int ImageSize { get; init; }

    public required int EmbedDim { get; init; }

    public required float LogitScale { get; init; }

    public required int ContextLength { get; init; }

    public required ExpectedImage[] Images { get; init; }

    public required ExpectedText[] Texts { get; init; }

    public required float[][] LogitsPerImage { get; init; }

    public required float[][] ProbsPerImage { get; init; }

    public required ExpectedZeroShot ZeroShot { get; init; }

    /// <summary>Reads the expectations for "tiny-vit" or "tiny-rn"; the immich bundles hold the same weights.</summary>
    public static ExpectedModel Load(string model)
    {
        string path = SharedFolder.Require($"fixtures/models/expected_{model.Replace("-immich", "", StringComparison.Ordinal)}.json");
        return JsonSerializer.Deserialize<ExpectedModel>(File.ReadAllText(path), SnakeCase)!;
    }

    /// <summary>The preprocessed images, one after the other.</summary>
    public float[] PixelValues(string model)
    {
        string folder = SharedFolder.Require($"fixtures/models/tensors_{model.Replace("-immich", "", StringComparison.Ordinal)}");
        return [.. Images.SelectMany(i => MemoryMarshal.Cast<byte, float>(File.ReadAllBytes(Path.Combine(folder, i.File + ".pixel_values.f32"))).ToArray())];
    }

    internal sealed record ExpectedImage(string File, float[] Embedding, float[] Normalized);

    internal sealed record ExpectedZeroShot(string[] Labels, string[] Templates, string SingleTemplate, float[][] ProbsSingle, float[][] ProbsEnsemble);

    internal sealed record ExpectedText(string Text, int[] Ids, float[] Embedding, float[] Normalized);
}
