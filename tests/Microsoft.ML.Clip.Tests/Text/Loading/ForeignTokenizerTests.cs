using System.Text.Json.Nodes;

namespace Microsoft.ML.Clip.Tests;

/// <summary>Files of other tokenizers than CLIP's that could be taken for it, and gave ids of nothing; and models of other kinds that are malformed.</summary>
public sealed class ForeignTokenizerTests : IDisposable
{
    private const string Unigram = """{ "type": "Unigram", "unk_id": 0, "vocab": [["<unk>", 0.0], ["</s>", 0.0], ["a", -1.5]] }""";
    private const string WordPiece = """{ "type": "WordPiece", "vocab": { "[UNK]": 0, "</s>": 1, "a": 2 } }""";
    private const string Characters = """{ "type": "BPE", "unk_token": "<unk>", "vocab": { "<unk>": 0, "</s>": 1, "a": 2, "b": 3, "ab": 4 }, "merges": ["a b"] }""";

    private readonly TemporaryDirectory _directory = new();

    public void Dispose() => _directory.Dispose();

    [Theory]
    [InlineData("RobertaTokenizer", "<s>", "</s>")]
    [InlineData("GPT2Tokenizer", "<|endoftext|>", "<|endoftext|>")]
    public void Load_PairOfAnotherModel_IsRefused(string tokenizerClass, string start, string end)
    {
        _directory.Write("vocab.json", """{ "<s>": 0, "</s>": 1, "<unk>": 2, "<|endoftext|>": 3, "a": 4, "c": 5, "t": 6, "\u0120": 7, "at": 8, "cat": 9, "\u0120a": 10 }""");
        _directory.Write("merges.txt", "#version: 0.2\na t\nc at\n\u0120 a\n");
        _directory.Write("tokenizer_config.json", $$"""{ "tokenizer_class": "{{tokenizerClass}}", "bos_token": "{{start}}", "eos_token": "{{end}}", "unk_token": "<unk>" }""");

        string message = Assert.Throws<NotSupportedException>(() => ClipTokenizer.Load(_directory)).Message;
        Assert.Contains("vocab.json", message, StringComparison.Ordinal);
        Assert.Contains("has no token that ends in '</w>'", message, StringComparison.Ordinal);
    }

    [Fact]
    public void Load_UnigramWithTheUnknownTokenTwice_IsRefused()
    {
        // Its first id would be given out, which no token has.
        Write(Unigram.Replace("""["a", -1.5]""", """["a", -1.5], ["<unk>", -2]""", StringComparison.Ordinal));

        string message = Assert.Throws<InvalidDataException>(() => Load(ClipTextCleaning.HuggingFace)).Message;

        Assert.Contains("property 'model.vocab' has the unknown token '<unk>' twice, with the ids 0 and 3", message, StringComparison.Ordinal);
    }

    [Theory]
    [InlineData("Unigram"), InlineData("WordPiece"), InlineData("characters"), InlineData("bytes without an end of words")]
    public void Load_OpenAIsRulesForAnotherModel_AreRefused(string kind)
    {
        if (kind.StartsWith("bytes", StringComparison.Ordinal))
        {
            TinyTokenizer.WriteJson(_directory, json => json["model"]!["end_of_word_suffix"] = null);
        }
        else
        {
            Write(kind == "Unigram" ? Unigram : kind == "WordPiece" ? WordPiece : Characters);
        }
        string message = Assert.Throws<NotSupportedException>(() => Load(ClipTextCleaning.OpenAI)).Message;
        Assert.Contains("tokenizer.json", message, StringComparison.Ordinal);
        Assert.Contains("'</w>'", message, StringComparison.Ordinal);
        Assert.NotEmpty(Load(ClipTextCleaning.HuggingFace).EncodeToIds("a"));
    }

    [Theory]
    [InlineData("normalizer", """{ "type": "Unheard" }""", "'Unheard'")]
    [InlineData("pre_tokenizer", """{ "type": "Sequence", "pretokenizers": [{ "type": "Unheard" }, { "type": "ByteLevel", "add_prefix_space": false }] }""", "'Unheard'")]
    [InlineData("pre_tokenizer", """{ "type": "ByteLevel" }""", "'add_prefix_space'")]
    public void Load_OpenAIsRules_DoNotHideWhatIsNotKnown(string property, string value, string named)
    {
        TinyTokenizer.WriteJson(_directory, json => json[property] = JsonNode.Parse(value));
        foreach (var cleaning in Enum.GetValues<ClipTextCleaning>())
        {
            Assert.Contains(named, Assert.Throws<NotSupportedException>(() => Load(cleaning)).Message, StringComparison.Ordinal);
        }
    }

    [Theory]
    [InlineData("""{ "type": "Unigram", "unk_id": 0, "vocab": {} }""", "property 'model.vocab' must be an array")]
    [InlineData("""{ "type": "Unigram", "unk_id": 0, "vocab": [["a"]] }""", "property 'model.vocab[0]' must be a token and its score, a finite number, but is [\"a\"]")]
    [InlineData("""{ "type": "Unigram", "unk_id": 0, "vocab": [["a", 1e999]] }""", "property 'model.vocab[0]' must be a token and its score")]
    [InlineData("""{ "type": "Unigram", "unk_id": 0, "vocab": [["a", "NaN"]] }""", "property 'model.vocab[0]' must be a token and its score")]
    [InlineData("""{ "type": "Unigram", "unk_id": 0, "vocab": [[1, 1]] }""", "property 'model.vocab[0]' must be a token and its score")]
    [InlineData("""{ "type": "Unigram", "vocab": [["a", 1]] }""", "property 'model.unk_id' must be a whole number from 0 to 0, but is missing")]
    [InlineData("""{ "type": "Unigram", "unk_id": 1, "vocab": [["a", 1]] }""", "property 'model.unk_id' must be a whole number from 0 to 0, but is 1")]
    [InlineData("""{ "type": "WordPiece", "vocab": [] }""", "property 'model.vocab' must be an object")]
    [InlineData("""{ "type": "WordPiece", "vocab": { "a": -1 } }""", "property 'model.vocab.a' must be a whole number")]
    [InlineData("""{ "type": "WordPiece", "vocab": { "a": 1 } }""", "property 'model.vocab' must be an object with the unknown token '[UNK]'")]
    [InlineData("""{ "type": "WordPiece", "max_input_chars_per_word": 0, "vocab": { "[UNK]": 1 } }""", "property 'model.max_input_chars_per_word' must be a whole number from 1 to 4096, but is 0")]
    [InlineData("""{ "type": "BPE", "unk_token": "?", "vocab": { "a": 0, "</s>": 1 }, "merges": [] }""", "lacks its unknown token '?'")]
    [InlineData("""{ "type": "BPE", "vocab": { "a": 0, "</s>": 1 }, "merges": ["a a"] }""", "Merge 1 of")]
    public void Load_MalformedModel_NamesTheProperty(string model, string expected)
    {
        Write(model);
        string message = Assert.Throws<InvalidDataException>(() => Load(ClipTextCleaning.HuggingFace)).Message;
        Assert.Contains("tokenizer.json", message, StringComparison.Ordinal);
        Assert.Contains(expected, message, StringComparison.Ordinal);
    }

    [Theory]
    [InlineData("""{ "type": "Unigram", "unk_id": 0, "vocab": [["<unk>", 0], ["TOKEN", 0]] }""")]
    [InlineData("""{ "type": "WordPiece", "vocab": { "[UNK]": 0, "TOKEN": 1 } }""")]
    public void Load_TokenBeyondAllMeasure_IsRefused(string model)
    {
        Write(model.Replace("TOKEN", new string('a', 257), StringComparison.Ordinal));
        Assert.Contains("property 'model.vocab' has a token of 257 characters; 256 are the most.",
            Assert.Throws<InvalidDataException>(() => Load(ClipTextCleaning.HuggingFace)).Message, StringComparison.Ordinal);
    }

    [Fact]
    public void Load_PartsBeyondAllMeasure_AreRefused()
    {
        // Each calls the next: a hundred thousand of them ended the process.
        string split = """{ "type": "Split", "pattern": { "String": " " }, "behavior": "Removed" }""";
        Write(Unigram, preTokenizer: $$"""{ "type": "Sequence", "pretokenizers": [{{string.Join(',', Enumerable.Repeat(split, 100_000))}}] }""");
        Assert.Contains("property 'pre_tokenizer' holds 100,000 pre-tokenizers; 100 are the most",
            Assert.Throws<InvalidDataException>(() => Load(ClipTextCleaning.HuggingFace)).Message, StringComparison.Ordinal);
        TinyTokenizer.WriteJson(_directory, json => json["added_tokens"]!.AsArray().Add(JsonNode.Parse($$"""{ "id": 999, "content": "{{new string('a', 257)}}" }""")));
        Assert.Contains("adds a token of 257 characters; 256 are the most", Assert.Throws<InvalidDataException>(() => Load(ClipTextCleaning.HuggingFace)).Message, StringComparison.Ordinal);
    }

    [Fact]
    public void Load_ModelsWithoutAType_AreKnownByTheirProperties()
    {
        foreach (string model in (string[])[Unigram, WordPiece.Replace("\"vocab\"", "\"max_input_chars_per_word\": 9, \"vocab\"", StringComparison.Ordinal), Characters])
        {
            Write(model.Replace("\"type\"", "\"other\"", StringComparison.Ordinal));
            Assert.Equal([2, 1], Load(ClipTextCleaning.HuggingFace).EncodeToIds("a"));
        }
    }

    [Fact]
    public void Load_PrefixForTheStartBehindWhatRemovesIt_IsRefused()
    {
        Write(Unigram, """{ "type": "Strip", "strip_left": true, "strip_right": true }""", """{ "type": "Metaspace", "replacement": "_", "prepend_scheme": "first" }""");
        Assert.Contains("'prepend_scheme' = first", Assert.Throws<NotSupportedException>(() => Load(ClipTextCleaning.HuggingFace)).Message, StringComparison.Ordinal);
    }

    [Fact]
    public void PadId_OfAnotherKind_IsThatOfItsPadTokenWhereNoFileNamesIt()
    {
        Write("""{ "type": "Unigram", "unk_id": 0, "vocab": [["<unk>", 0.0], ["</s>", 0.0], ["<pad>", 0.0]] }""");
        Assert.Equal(2, Load(ClipTextCleaning.HuggingFace).PadId);
        Write(Unigram);
        Assert.Equal(1, Load(ClipTextCleaning.HuggingFace).PadId);
    }

    [Theory]
    [InlineData(ClipTextCleaning.HuggingFace, "A_a. &amp; a\u001fB")]
    [InlineData(ClipTextCleaning.Canonical, "a a amp a b")]
    [InlineData(ClipTextCleaning.OpenClip, "A_a. & a B")]
    public void Cleaning_BeforeAnotherKind_IsAsAsked(ClipTextCleaning cleaning, string expected)
    {
        Write(Unigram);
        Load(cleaning).EncodeToTokens(" \u3000A_a. &amp; a\u001fB\u0085".Trim(cleaning == ClipTextCleaning.HuggingFace ? [' ', '\u3000', '\u0085'] : []), out string? normalized);
        Assert.Equal(expected, normalized);
    }

    private ClipTokenizer Load(ClipTextCleaning cleaning) => ClipTokenizer.Load(_directory, new() { Cleaning = cleaning });

    private void Write(string model, string normalizer = "null", string preTokenizer = "null") => _directory.Write("tokenizer.json", $$"""
        { "normalizer": {{normalizer}}, "pre_tokenizer": {{preTokenizer}}, "model": {{model}}, "added_tokens": [],
          "post_processor": { "type": "TemplateProcessing", "single": [{ "Sequence": { "id": "A" } }, { "SpecialToken": { "id": "</s>" } }] } }
        """);
}
