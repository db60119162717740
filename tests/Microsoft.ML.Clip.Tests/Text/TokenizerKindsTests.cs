using System.Text;
using System.Text.Json.Nodes;

namespace Microsoft.ML.Clip.Tests;

/// <summary>
/// Small tokenizers of every kind, among them models of pure chance, with ids by Hugging Face's Rust code that lie with the tests; and what a long text costs.
/// </summary>
public sealed class TokenizerKindsTests
{
    private const string Space = "\u2581";

    private static readonly Lazy<JsonObject> Golden = new(() =>
        JsonNode.Parse(File.ReadAllText(Path.Combine(BuildFacts.RepositoryRoot, "tests", "Microsoft.ML.Clip.Tests", "Golden", "tokenizers", "kinds.json")))!.AsObject());

    public static TheoryData<string> Kinds => [.. Golden.Value.Select(k => k.Key)];

    [Theory, MemberData(nameof(Kinds))]
    public void Encode_EveryKind_EqualsReference(string kind)
    {
        var tokenizer = Create(kind);
        foreach (var golden in Golden.Value[kind]!["cases"]!.AsArray())
        {
            string text = (string)golden!["text"]!;
            int[] ids = [.. golden["ids"]!.AsArray().Select(id => (int)id!)];
            Assert.Equal(ids, tokenizer.EncodeToIds(text));
            var tokens = tokenizer.EncodeToTokens(text, out string? normalized);
            Assert.Equal(ids, tokens.Select(t => t.Id));
            // Places go on from left to right, within the text.
            Assert.All(tokens, t => Assert.InRange(t.Offset.End.Value, t.Offset.Start.Value, normalized!.Length));
            Assert.Equal(tokens.Select(t => t.Offset.End.Value).Order(), tokens.Select(t => t.Offset.End.Value));
            if ((string?)golden["decoded"] is { } decoded)
            {
                // The reference writes U+FFFD for every byte of what is no UTF-8, .NET for every such sequence.
                Assert.Equal(decoded.Replace("\uFFFD\uFFFD", "\uFFFD", StringComparison.Ordinal), tokenizer.Decode(ids[(tokenizer.StartOfTextId is null ? 0 : 1)..^1]));
            }
        }
    }

    [Theory]
    [InlineData("t5", "a  photo of cats ", "\u2581a|\u2581photo|\u2581of|\u2581cat|s|</s>", "0..2|2..8|8..11|11..15|15..16|16..16", "a photo of cats")]
    [InlineData("xlm-r", " the <mask>q1", "<s>|\u2581the|<mask>|\u2581|<unk>|1|</s>", "0..0|0..4|4..11|11..12|12..13|13..14|14..14", "the<mask> 1")]
    [InlineData("unigram-bytes", "a \u732b", "a|\u2581|<0xE7>|<0x8C>|<0xAB>|</s>", "0..1|1..2|2..3|2..3|2..3|3..3", null)]
    [InlineData("gemma", "cat \u00d6q", "cat|\u2581|<0xC3>|<0x96>|<0x71>|</s>", "0..3|3..4|4..5|4..5|5..6|6..6", "cat \u00d6q")]
    [InlineData("nllb", "cat qqs", "eng_Latn|\u2581cat|\u2581|<unk>|s|</s>", "0..0|0..4|4..5|5..7|7..8|8..8", "cat s")]
    [InlineData("pairs-unfused", "qqs", "\u2581|<unk>|<unk>|s|</s>", "0..1|1..2|2..3|3..4|4..4", "s")]
    [InlineData("pairs-dropped", "qcatq s", "cat|s|</s>", "1..4|6..7|7..7", "cats")]
    [InlineData("bert", "Cats, q!", "[CLS]|cat|##s|,|[UNK]|[UNK]|[SEP]", "0..0|0..3|3..4|4..5|6..7|7..8|8..8", "cats, [UNK] [UNK]")]
    public void EncodeToTokens_EveryKind_KnowsItsPlaces(string kind, string text, string tokens, string places, string? decoded)
    {
        var tokenizer = Create(kind);
        var found = tokenizer.EncodeToTokens(text, out _);

        Assert.Equal(tokens, string.Join('|', found.Select(t => t.Value)));
        Assert.Equal(places, string.Join('|', found.Select(t => t.Offset)));
        if (decoded is not null)
        {
            Assert.Equal(decoded, tokenizer.Decode(found.Select(t => t.Id), considerSpecialTokens: false).Replace("<unk>", "", StringComparison.Ordinal));
        }
    }

    [Fact]
    public void Decode_UnknownDecoder_IsRefusedThenAndNoSooner()
    {
        var json = Golden.Value["t5"]!["tokenizer"]!.DeepClone();
        json["decoder"] = JsonNode.Parse("""{ "type": "Sequence", "decoders": [{ "type": "Fuse" }, { "type": "CTC" }] }""");
        var tokenizer = Create(json);

        Assert.Contains("uses the decoder 'CTC'", Assert.Throws<NotSupportedException>(() => tokenizer.Decode(tokenizer.EncodeToIds("cat"))).Message, StringComparison.Ordinal);
    }

    [Fact]
    public void Language_OfTheOptions_StandsBeforeTheText()
    {
        var json = Golden.Value["nllb"]!["tokenizer"]!;
        Assert.Equal(3, Create(json).EncodeToIds("cat")[0]);
        Assert.Equal(4, Create(json, new() { Language = "kor_Hang" }).EncodeToIds("cat")[0]);
        Assert.Contains("which is none of the 2 languages of 'tokenizer.json' in the given stream: eng_Latn, kor_Hang.",
            Assert.Throws<ArgumentException>(() => Create(json, new() { Language = "deu_Latn" })).Message, StringComparison.Ordinal);
        Assert.Contains("puts no code of a language before a text",
            Assert.Throws<NotSupportedException>(() => Create(Golden.Value["bert"]!["tokenizer"]!, new() { Language = "eng_Latn" })).Message, StringComparison.Ordinal);
    }

    [Theory]
    [InlineData("xlm-r"), InlineData("t5"), InlineData("unigram-whole"), InlineData("unigram-bytes"), InlineData("gemma"), InlineData("nllb"), InlineData("pairs-dropped"), InlineData("bert")]
    public async Task Encode_ALongTextOfAnything_TakesNoTimeToSpeakOf(string kind)
    {
        const int Length = 200_000;
        var tokenizer = Create(kind);
        string[] parts = ["a", "cat ", Space, "\u0301", "e\u0301", "q", " ", "\u732b", "<", "</s>", "\uFFFD", "\uD800", "\U0001F600\u200d", "#"];
        await Task.Run(() =>
        {
            int[] context = new int[tokenizer.ContextLength];
            foreach (string part in parts)
            {
                string text = string.Concat(Enumerable.Repeat(part, Length / part.Length));
                tokenizer.EncodeToContext(text, context, out _);
                // The frame's end comes last, and what was cut is missing before it.
                var ids = tokenizer.EncodeToIds(text);
                int kept = Math.Min(ids.Count, context.Length) - 1;
                Assert.Equal([.. ids.Take(kept), ids[^1]], context[..(kept + 1)]);
            }
        }, TestContext.Current.CancellationToken).WaitAsync(TimeSpan.FromMinutes(2), TestContext.Current.CancellationToken);
    }

    [Theory, MemberData(nameof(Kinds))]
    public void Encode_HalvesOfSurrogatePairs_AreReplacementCharacters(string kind)
    {
        var tokenizer = Create(kind);
        Assert.Equal(tokenizer.EncodeToIds("a\uFFFDcat\uFFFD \uFFFD"), tokenizer.EncodeToIds("a\uD800cat\uDC00 \uD800"));
    }

    private static ClipTokenizer Create(string kind) => Create(Golden.Value[kind]!["tokenizer"]!);

    private static ClipTokenizer Create(JsonNode json, ClipTokenizerOptions? options = null) =>
        ClipTokenizer.Create(new MemoryStream(Encoding.UTF8.GetBytes(json.ToJsonString())), options);
}
