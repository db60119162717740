using System.Text.Json.Nodes;

namespace Microsoft.ML.Clip.Tests;

/// <summary>A saved pipeline carries the files of its tokenizer, whatever its kind, and what the caller chose of it.</summary>
public sealed class TokenizerPersistenceTests
{
    private static readonly string[] Texts = ["a photo of the cat", "cats &amp; dogs", "qqq \u732b", "", "\u00c5 \ufb01"];

    [Theory]
    [InlineData("t5"), InlineData("gemma"), InlineData("nllb"), InlineData("bert")]
    public void Load_InAFreshProcess_GivesTheSameIds(string kind)
    {
        using var directory = new TemporaryDirectory();
        TinyClip.WriteTo(directory);
        foreach (string name in (string[])["vocab.json", "merges.txt", "tokenizer_config.json", "special_tokens_map.json"])
        {
            File.Delete(directory.Combine(name));
        }
        string golden = File.ReadAllText(Path.Combine(BuildFacts.RepositoryRoot, "tests", "Microsoft.ML.Clip.Tests", "Golden", "tokenizers", "kinds.json"));
        var json = JsonNode.Parse(golden)![kind]!["tokenizer"]!;
        // The graph looks for its own end token; up to there every id counts.
        json["added_tokens"]!.AsArray().Add(JsonNode.Parse($$"""{ "id": {{TinyTokenizerFiles.EndOfText}}, "content": "<end>", "special": true }"""));
        json["post_processor"]!["single"]!.AsArray()[^1]!["SpecialToken"]!["id"] = "<end>";
        directory.Write("tokenizer.json", json.ToJsonString());
        var options = new ClipTokenizerOptions { Cleaning = ClipTextCleaning.OpenClip, Language = kind == "nllb" ? "kor_Hang" : null };
        using var model = ClipModel.Load(directory, new() { Tokenizer = options });
        var ml = new MLContext();
        var data = ml.Data.LoadFromEnumerable(Texts.Select(t => new StepRow { Text = t }));
        var transformer = ml.Transforms.ClipTextEmbedding("Output", "Text", model).Fit(data);
        string file = directory.Combine("pipeline.zip");
        ml.Model.Save(transformer, data.Schema, file);
        float[][] expected = transformer.Transform(data).GetColumnOf("Output");
        Assert.Equal(Texts.Length, expected.DistinctBy(r => string.Join(' ', r)).Count());
        // The language is among the ids.
        Assert.Equal(kind == "nllb" ? 4 : null, kind == "nllb" ? model.Tokenizer.StartOfTextId : null);

        Assert.Equal(expected, Processes.Predict(file, "Text", "Output", Texts));
    }
}
