using System.Text.Json;

namespace Microsoft.ML.Clip.Tests;

/// <summary>The texts of fixtures/tokenizer with the ids that the reference implementations give them.</summary>
internal static class GoldenTexts
{
    private const string VocabularyFolder = "fixtures/models/tiny-vit";

    public static string ModelFolder => SharedFolder.Require(VocabularyFolder);

    public static IReadOnlyList<GoldenText> Read() =>
        [.. File.ReadLines(SharedFolder.Require("fixtures/tokenizer/tokenizer_dev.jsonl")).Select(Parse)];

    private static GoldenText Parse(string line)
    {
        using var document = JsonDocument.Parse(line);
        var root = document.RootElement;
        // Where it is given, ids_noftfy is OpenAI's answer without ftfy; elsewhere ftfy changes nothing.
        var openAI = root.TryGetProperty("ids_noftfy", out var withoutFtfy) ? withoutFtfy : root.GetProperty("ids");
        return new GoldenText(root.GetProperty("cat").GetString()!, root.GetProperty("text").GetString()!, Ids(root.GetProperty("hf")), Ids(openAI));
    }

    private static int[] Ids(JsonElement ids) => [.. ids.EnumerateArray().Select(id => id.GetInt32())];
}

internal sealed record GoldenText(string Category, string Text, int[] HuggingFace, int[] OpenAI);
