using System.Text.Json;
using System.Text.Json.Serialization;

namespace Microsoft.ML.Clip.Tests;

/// <summary>What eng/golden/families.py, which shares nothing with the library, says of a bundle.</summary>
internal sealed class FamilyGolden
{
    public static readonly string[] Labels = ["cat", "dog", "car"];

    public const string Template = "a photo of a {}";

    private static readonly JsonSerializerOptions Json = new()
    {
        PropertyNamingPolicy = JsonNamingPolicy.SnakeCaseLower,
        Converters = { new JsonStringEnumConverter() },
    };

    public static IReadOnlyDictionary<string, FamilyGolden> All { get; } = JsonSerializer.Deserialize<Dictionary<string, FamilyGolden>>(
        File.ReadAllText(Path.Combine(BuildFacts.RepositoryRoot, "tests", "Microsoft.ML.Clip.Tests", "Golden", "families.json")), Json)!;

    public required int ContextLength { get; init; }

    public required int PadId { get; init; }

    public required ClipScoreKind ScoreFunction { get; init; }

    /// <summary>exp(t); null where nothing in the bundle tells it, and it must be given.</summary>
    public required float? LogitScale { get; init; }

    public required float? LogitBias { get; init; }

    public required Vector[] Images { get; init; }

    public required EncodedText[] Texts { get; init; }

    /// <summary>For each picture, the score of each label.</summary>
    public required float[][] Scores { get; init; }

    /// <summary>The ids of a text with its padding.</summary>
    public int[] PaddedIds(EncodedText text) => [.. text.Ids, .. Enumerable.Repeat(PadId, ContextLength - text.Ids.Length)];

    internal record Vector(float Norm, float[] Embedding);

    internal sealed record EncodedText(string Text, int[] Ids, float Norm, float[] Embedding) : Vector(Norm, Embedding);
}
