using System.Text;

namespace Microsoft.ML.Clip.Tests;

/// <summary>What a tokenizer.json says before its vocabulary, read when a model is loaded.</summary>
public sealed class TokenizerHeadTests
{
    [Theory]
    [InlineData("""{ "model": { "type": "WordLevel", "vocab": { "a": 0 } } }""", "'WordLevel'")]
    [InlineData("""{ "normalizer": { "type": "Odd" }, "model": { "type": "BPE", "vocab": {} } }""", "'Odd'")]
    [InlineData("""{ "pre_tokenizer": { "type": "Odd" }, "model": { "type": "BPE", "unk_token": null, "vocab": {} } }""", "'Odd'")]
    [InlineData("""{ "added_tokens": [{ "vocab": 1 }], "normalizer": null, "model": { "type": "Unigram", "unk_id": 0, "vocab": [["a", 0.0]], "x": """, null)]
    [InlineData("""{ "model": { "vocab": {}, "type": "WordLevel" } }""", null)] // Not known so far; whoever reads all of it says so.
    [InlineData("""{ "model": { "type": "WordLevel" } }""", null)]
    [InlineData("no JSON", null)]
    [InlineData("", null)]
    public void WhyNot_NamesWhatIsNotKnown(string json, string? named)
    {
        string? reason = WhyNot(json);

        Assert.Equal(named is null, reason is null);
        Assert.Contains(named ?? "", reason ?? "", StringComparison.Ordinal);
    }

    [Theory]
    [InlineData(100)]
    [InlineData(80_000)]
    [InlineData(700_000)]
    public void WhyNot_LongHead_IsReadAsFarAsTheVocabulary(int length) =>
        Assert.Contains("'WordLevel'", WhyNot($$"""{ "x": "{{new string('x', length)}}", "model": { "type": "WordLevel", "vocab": { "{{new string('y', 100_000)}}": 0 } } }""")!,
            StringComparison.Ordinal);

    [Fact]
    public void WhyNot_VocabularyFarBehind_IsNotReadSoFar() =>
        Assert.Null(WhyNot($$"""{ "x": "{{new string('x', 5_000_000)}}", "model": { "type": "WordLevel", "vocab": {} } }"""));

    [Theory]
    [InlineData("unigram-t5"), InlineData("unigram-siglip"), InlineData("unigram-t5-cf"), InlineData("unigram-xlmr"), InlineData("gemma-bpe"), InlineData("nllb")]
    [InlineData("wordpiece-uncased"), InlineData("wordpiece-chinese")]
    public void WhyNot_EveryKindThatIsKnown_IsNothing(string kind) =>
        Assert.Null(TokenizerHead.WhyNot(new DirectoryModelFiles(SharedFolder.Require($"fixtures/tokenizers/{kind}")), "tokenizer.json"));

    [Fact]
    public void Load_TokenizerThatIsNotKnown_SaysSoAtOnceAndEmbedsImages()
    {
        using var directory = new TemporaryDirectory();
        TinyClip.WriteTo(directory);
        directory.Write("tokenizer.json", """{ "model": { "type": "WordLevel", "vocab": { "a": 0 } } }""");
        var warnings = new List<string>();

        using var clip = ClipModel.Load(directory);
        clip.Message += (_, message) => warnings.Add(message.Text);

        Assert.Contains(warnings, w => w.Contains("'WordLevel'", StringComparison.Ordinal) && w.Contains("images can", StringComparison.Ordinal));
        Assert.Equal(clip.EmbeddingDimension, clip.EncodeImage(TestImages.Write(directory, 1)[0]).Length);
        Assert.Throws<NotSupportedException>(() => clip.EncodeText("a cat"));
    }

    private static string? WhyNot(string json) =>
        TokenizerHead.WhyNot(new MemoryModelFiles(new Dictionary<string, byte[]> { ["tokenizer.json"] = Encoding.UTF8.GetBytes(json) }, "memory"), "tokenizer.json");
}
