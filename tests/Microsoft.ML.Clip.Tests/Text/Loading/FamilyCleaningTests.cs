namespace Microsoft.ML.Clip.Tests;

/// <summary>SigLIP's texts are canonical, whatever part of that its tokenizer.json does itself.</summary>
public sealed class FamilyCleaningTests : IDisposable
{
    private const string Lower = """{ "type": "Lowercase" }""", Marks = """{ "type": "Replace", "pattern": { "Regex": "[,!()']" }, "content": "" }""";
    private const string Spaces = """{ "type": "Replace", "pattern": { "Regex": "\\s+" }, "content": " " }""";

    private readonly TemporaryDirectory _directory = new();

    public void Dispose() => _directory.Dispose();

    [Theory]
    [InlineData("siglip", "", "a photo of one cats toy")]
    [InlineData("siglip", Lower, "a photo of one cats toy")]
    [InlineData("siglip", $"{Lower}, {Marks}, {Spaces}", "a photo of one cats toy")]
    [InlineData("siglip2", $"{Lower}, {Marks}, {Spaces}", "a photo of one cats toy")]
    [InlineData("clip", Lower, "a photo, of (one)  cat's toy!")]
    public void Encode_WhateverTheFileDoesItself_IsCanonical(string type, string steps, string expected)
    {
        _directory.Write("config.json", $$"""{ "model_type": "{{type}}" }""");
        _directory.Write("tokenizer.json", $$"""
            { "normalizer": { "type": "Sequence", "normalizers": [{{steps}}] }, "pre_tokenizer": null, "added_tokens": [],
              "model": { "type": "Unigram", "unk_id": 0, "vocab": [["<unk>", 0.0], ["</s>", 0.0], ["a", -1.5]] },
              "post_processor": { "type": "TemplateProcessing", "single": [{ "Sequence": { "id": "A" } }, { "SpecialToken": { "id": "</s>" } }] } }
            """);

        ClipTokenizer.Load(_directory).EncodeToTokens("A photo, of (ONE)  cat's toy!", out string? normalized);

        Assert.Equal(expected, normalized);
    }
}
