using System.Text.Json;
using System.Text.Json.Nodes;

namespace Microsoft.ML.Clip.Tests;

/// <summary>Ids of the tokenizers beside CLIP's own against Hugging Face's Rust code, on every text of fixtures/tokenizers.</summary>
public sealed class TokenizerKindsGoldenTests
{
    private const string Folder = "fixtures/tokenizers";

    /// <summary>Each folder, and each variant of its tokenizer.json.</summary>
    public static TheoryData<string, string> Kinds => new()
    {
        { "unigram-t5", "" }, { "unigram-siglip", "" }, { "unigram-t5-cf", "" }, { "unigram-xlmr", "" }, { "unigram-xlmr", "newer" }, { "unigram-xlmr", "newest" },
        { "gemma-bpe", "" }, { "gemma-bpe", "lower" }, { "nllb", "" }, { "nllb", "kor_Hang" }, { "wordpiece-uncased", "" }, { "wordpiece-uncased", "cased" },
        { "wordpiece-uncased", "keep-accents" }, { "wordpiece-chinese", "" },
    };

    [Theory, MemberData(nameof(Kinds))]
    public void Encode_EveryKind_EqualsReferenceOnEveryText(string kind, string variant)
    {
        using var folder = new TemporaryDirectory();
        var tokenizer = Load(kind, variant, folder);
        int pad = PadIds[kind];
        Assert.Equal(pad, tokenizer.PadId);
        int[] context = new int[tokenizer.ContextLength];
        var errors = new List<string>();
        int count = 0;
        foreach (var (text, ids) in Read(kind, variant))
        {
            count++;
            var found = tokenizer.EncodeToIds(text);
            var tokens = tokenizer.EncodeToTokens(text, out _);
            int length = tokenizer.EncodeToContext(text, context, out bool truncated);
            int[] expected = ids.Length <= context.Length ? ids : [.. ids.AsSpan(0, context.Length - 1), ids[^1]];
            if (!ids.SequenceEqual(found) || !ids.SequenceEqual(tokens.Select(t => t.Id)) || tokenizer.CountTokens(text) != ids.Length
                || truncated != ids.Length > context.Length
                || !context.AsSpan(0, length).SequenceEqual(expected) || context.AsSpan(length).ContainsAnyExcept(pad))
            {
                errors.Add($"{JsonSerializer.Serialize(text)}: {string.Join(',', ids)} but {string.Join(',', found)} / {string.Join(',', tokens.Select(t => t.Id))}");
            }
            _ = tokenizer.Decode(found);
        }
        Assert.True(count >= 10);
        Assert.True(errors.Count == 0, $"{errors.Count} of {count}:\n{string.Join('\n', errors.Take(20))}");
    }

    /// <summary>What BERT's models of 2019 ship, and Chinese-CLIP's own.</summary>
    [Theory]
    [InlineData("wordpiece-uncased", true), InlineData("wordpiece-uncased", false), InlineData("wordpiece-chinese", true)]
    public void Encode_VocabularyOfWordsAlone_EqualsReferenceOnEveryText(string kind, bool hasConfiguration)
    {
        using var folder = new TemporaryDirectory();
        string source = SharedFolder.Require($"{Folder}/{kind}");
        foreach (string name in hasConfiguration ? (string[])["vocab.txt", "tokenizer_config.json"] : ["vocab.txt"])
        {
            File.Copy(Path.Combine(source, name), folder.Combine(name));
        }
        var tokenizer = ClipTokenizer.Load(folder);

        Assert.Equal(PadIds[kind], tokenizer.PadId);
        Assert.All(Read(kind, ""), line => Assert.Equal(line.Ids, tokenizer.EncodeToIds(line.Text)));
    }

    [Fact]
    public void Language_OfTheOptions_IsTheVariantOfTheFile()
    {
        var tokenizer = ClipTokenizer.Load(SharedFolder.Require($"{Folder}/nllb"), new() { Language = "kor_Hang" });
        Assert.All(Read("nllb", "kor_Hang"), line => Assert.Equal(line.Ids, tokenizer.EncodeToIds(line.Text)));
    }

    [Fact]
    public void Canonicalize_EqualsReferenceOnEveryText()
    {
        foreach (string line in File.ReadLines(SharedFolder.Require($"{Folder}/canonicalize.jsonl")))
        {
            var golden = JsonNode.Parse(line)!;
            Assert.Equal((string?)golden["canonical_openclip"], ClipTokenizer.Canonicalize((string)golden["text"]!));
        }
    }

    [Theory]
    [InlineData("gemma-bpe"), InlineData("unigram-t5"), InlineData("unigram-siglip"), InlineData("wordpiece-uncased")]
    public void Canonical_Cleaning_IsThatOfTheTextBeforehand(string kind)
    {
        string folder = SharedFolder.Require($"{Folder}/{kind}");
        ClipTokenizer plain = ClipTokenizer.Load(folder), canonical = ClipTokenizer.Load(folder, new() { Cleaning = ClipTextCleaning.Canonical });
        foreach (var (text, _) in Read(kind, ""))
        {
            Assert.Equal(plain.EncodeToIds(ClipTokenizer.Canonicalize(text)), canonical.EncodeToIds(text));
        }
    }

    private static readonly Dictionary<string, int> PadIds = new()
    {
        ["unigram-t5"] = 0,
        ["unigram-siglip"] = 1,
        ["unigram-t5-cf"] = 0,
        ["unigram-xlmr"] = 1,
        ["gemma-bpe"] = 0,
        ["nllb"] = 1,
        ["wordpiece-uncased"] = 0,
        ["wordpiece-chinese"] = 0,
    };

    /// <summary>Loads a kind; a variant replaces fields of its tokenizer.json, where "@normalizer" stands for the normalizer that was there.</summary>
    private static ClipTokenizer Load(string kind, string variant, TemporaryDirectory folder)
    {
        string source = SharedFolder.Require($"{Folder}/{kind}");
        if (variant.Length == 0)
        {
            return ClipTokenizer.Load(source);
        }
        foreach (string name in (string[])["tokenizer_config.json", "special_tokens_map.json"])
        {
            folder.Copy(Path.Combine(source, name), name);
        }
        var json = JsonNode.Parse(File.ReadAllText(Path.Combine(source, "tokenizer.json")))!.AsObject();
        string normalizer = json["normalizer"]!.ToJsonString();
        string changes = JsonNode.Parse(File.ReadAllText(Path.Combine(source, "variants.json")))![variant]!.ToJsonString().Replace("\"@normalizer\"", normalizer, StringComparison.Ordinal);
        foreach (var (name, value) in JsonNode.Parse(changes)!.AsObject())
        {
            json[name] = value!.DeepClone();
        }
        folder.Write("tokenizer.json", json.ToJsonString());
        return ClipTokenizer.Load(folder);
    }

    private static IEnumerable<(string Text, int[] Ids)> Read(string kind, string variant)
    {
        foreach (string line in File.ReadLines(SharedFolder.Require($"{Folder}/{kind}/dev{(variant.Length == 0 ? "" : "-" + variant)}.jsonl")))
        {
            var golden = JsonNode.Parse(line)!;
            yield return ((string)golden["text"]!, [.. golden["ids"]!.AsArray().Select(id => (int)id!)]);
        }
    }
}
