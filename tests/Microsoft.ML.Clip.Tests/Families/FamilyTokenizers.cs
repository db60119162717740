using System.Text.Json.Nodes;

namespace Microsoft.ML.Clip.Tests;

/// <summary>
/// Tokenizers of each kind, with the words of a few captions: tokenizer.json and tokenizer_config.json as the models' own repositories have them. The ids that
/// texts become stand in eng/golden/families.py.
/// </summary>
internal static class FamilyTokenizers
{
    private static readonly string[] Words = ["\u2581a", "\u2581photo", "\u2581of", "\u2581cat", "\u2581dog", "\u2581car", "\u2581red"];

    private const string Spaces = """{ "type": "Replace", "pattern": { "Regex": " {2,}" }, "content": " " }""";

    /// <summary>A real Precompiled normalizer, that of the tests of tokenizers.</summary>
    private static readonly Lazy<JsonNode> Precompiled = new(() => JsonNode.Parse(File.ReadAllText(Path.Combine(
        BuildFacts.RepositoryRoot, "tests", "Microsoft.ML.Clip.Tests", "Golden", "tokenizers", "kinds.json")))!["xlm-r"]!["tokenizer"]!["normalizer"]!);

    /// <summary>CLIP's, with the padding token that tokenizer_config.json is to declare.</summary>
    public static void Clip(string folder, string padToken = "<|endoftext|>")
    {
        TinyTokenizerFiles.Write(folder, 77);
        string path = Path.Combine(folder, "tokenizer_config.json");
        var json = JsonNode.Parse(File.ReadAllText(path))!;
        json["pad_token"] = padToken;
        File.WriteAllText(path, json.ToJsonString());
    }

    /// <summary>SigLIP 1: SentencePiece's Unigram; the cleaning of texts is in the file only where whoever converted it put it there.</summary>
    public static void Siglip1(string folder, bool isCanonical = false, int length = 64)
    {
        string[] canonical = isCanonical
            ? ["""{ "type": "Lowercase" }""", """{ "type": "Replace", "pattern": { "Regex": "[!\"\\#\\$%\\&'\\(\\)\\*\\+,\\-\\./:;<=>\\?@\\[\\\\\\]\\^_`\\{\\|\\}\\~]" }, "content": "" }""",
                """{ "type": "Replace", "pattern": { "Regex": "\\s+" }, "content": " " }""", """{ "type": "Strip", "strip_left": true, "strip_right": true }"""]
            : [];
        Write(folder, Tokenizer(["</s>", "<unk>"], [1, 2],
            Sequence([.. canonical.Select(c => JsonNode.Parse(c)), Precompiled.Value.DeepClone(), JsonNode.Parse(Spaces)]),
            """{ "type": "Metaspace", "replacement": "▁", "prepend_scheme": "always", "split": true }""", Template(null, 0, "</s>", 1), Unigram(["<pad>", "</s>", "<unk>", "\u2581", .. Words], 2)), $$"""
            { "add_prefix_space": true, "additional_special_tokens": [], "clean_up_tokenization_spaces": true, "do_lower_case": true, "eos_token": "</s>",
              "model_input_names": ["input_ids"], "model_max_length": {{length}}, "pad_token": "</s>", "processor_class": "SiglipProcessor", "sp_model_kwargs": {},
              "tokenizer_class": "SiglipTokenizer", "unk_token": "<unk>",
              "added_tokens_decoder": { "1": { "content": "</s>", "lstrip": true, "normalized": false, "rstrip": true, "single_word": false, "special": true },
                "2": { "content": "<unk>", "lstrip": true, "normalized": false, "rstrip": true, "single_word": false, "special": true } } }
            """);
    }

    /// <summary>mT5: SigLIP 1's form, with a padding token of its own.</summary>
    public static void Mt5(string folder)
    {
        Siglip1(folder);
        File.WriteAllText(Path.Combine(folder, "tokenizer_config.json"), """
            { "additional_special_tokens": [], "eos_token": "</s>", "model_max_length": 1000000000000000019884624838656, "pad_token": "<pad>", "sp_model_kwargs": {},
              "tokenizer_class": "T5Tokenizer", "unk_token": "<unk>" }
            """);
    }

    /// <summary>SigLIP 2: Gemma's byte-pair encoding of characters, bytes where a character is unknown.</summary>
    /// <param name="folder">Where to.</param>
    /// <param name="lowersCase">Whether lower case is in the file, as transformers 5 writes it, and not only beside it.</param>
    public static void Siglip2(string folder, bool lowersCase)
    {
        var space = JsonNode.Parse("""{ "type": "Replace", "pattern": { "String": " " }, "content": "▁" }""");
        var normalizer = lowersCase ? Sequence(JsonNode.Parse("""{ "type": "Lowercase" }"""), space) : space;
        string[] letters = ["c", "d", "e", "f", "g", "h", "o", "p", "r", "t"];
        string[] bytes = [.. Enumerable.Range(0, 256).Select(b => $"<0x{b:X2}>")], words = ["a", Words[1], Words[2], Words[0], .. Words[3..], "!", "\u2581"];
        var model = BytePairs(["<pad>", "<eos>", "<bos>", "<unk>", .. bytes, .. words, .. letters], hasBytes: true);
        Write(folder, Tokenizer(["<pad>", "<eos>", "<bos>", "<unk>"], [0, 1, 2, 3], normalizer,
            """{ "type": "Split", "pattern": { "String": " " }, "behavior": "MergedWithPrevious", "invert": false }""", Template(null, 0, "<eos>", 1), model), """
            { "add_bos_token": false, "add_eos_token": true, "bos_token": "<bos>", "clean_up_tokenization_spaces": false, "do_lower_case": true, "eos_token": "<eos>",
              "extra_special_tokens": {}, "model_input_names": ["input_ids"], "model_max_length": 64, "pad_token": "<pad>", "padding_side": "right",
              "processor_class": "SiglipProcessor", "sp_model_kwargs": {}, "spaces_between_special_tokens": false, "tokenizer_class": "GemmaTokenizer", "unk_token": "<unk>",
              "use_default_system_prompt": false }
            """);
    }

    /// <summary>XLM-R, which open_clip, M-CLIP, MetaCLIP 2 and jina-clip v2 have.</summary>
    public static void XlmR(string folder, int length = 512) => Write(folder, Tokenizer(["<s>", "<pad>", "</s>", "<unk>"], [0, 1, 2, 3], Precompiled.Value.DeepClone(),
        """{ "type": "Sequence", "pretokenizers": [{ "type": "WhitespaceSplit" }, { "type": "Metaspace", "replacement": "▁", "add_prefix_space": true }] }""",
        Template("<s>", 0, "</s>", 2), Unigram(["<s>", "<pad>", "</s>", "<unk>", .. Words, "\u2581"], 3)), $$"""
        { "bos_token": "<s>", "cls_token": "<s>", "eos_token": "</s>", "mask_token": "<mask>", "model_max_length": {{length}}, "pad_token": "<pad>", "sep_token": "</s>",
          "tokenizer_class": "XLMRobertaTokenizer", "unk_token": "<unk>" }
        """);

    /// <summary>RoBERTa: bytes, with the space before a word as part of it.</summary>
    public static void Roberta(string folder)
    {
        // GPT-2's stand-in for the space.
        const char Space = '\u0120';
        string[] words = ["a", .. Words.Select(w => Space + w[1..])];
        var vocabulary = Ids(["<s>", "<pad>", "</s>", "<unk>", .. words]);
        var merges = new JsonArray();
        string[] symbols = [.. TinyTokenizerFiles.ByteSymbols];
        foreach (string text in symbols.Concat(words.Skip(1).SelectMany(w => Enumerable.Range(2, w.Length - 2).Select(n => w[..n]))))
        {
            vocabulary.TryAdd(text, vocabulary.Count);
        }
        foreach (string merge in words.Skip(1).SelectMany(w => Enumerable.Range(1, w.Length - 1).Select(n => $"{w[..n]} {w[n]}")).Distinct())
        {
            merges.Add(merge);
        }
        var model = new JsonObject { ["type"] = "BPE", ["dropout"] = null, ["unk_token"] = null, ["continuing_subword_prefix"] = "", ["end_of_word_suffix"] = "", ["fuse_unk"] = false };
        (model["vocab"], model["merges"]) = (vocabulary, merges);
        Write(folder, Tokenizer(["<s>", "<pad>", "</s>", "<unk>"], [0, 1, 2, 3], null, """{ "type": "ByteLevel", "add_prefix_space": false, "trim_offsets": true, "use_regex": true }""",
            new JsonObject { ["type"] = "RobertaProcessing", ["sep"] = new JsonArray("</s>", 2), ["cls"] = new JsonArray("<s>", 0), ["trim_offsets"] = true, ["add_prefix_space"] = false }, model), """
            { "add_prefix_space": false, "bos_token": "<s>", "cls_token": "<s>", "eos_token": "</s>", "errors": "replace", "mask_token": "<mask>", "model_max_length": 512,
              "pad_token": "<pad>", "sep_token": "</s>", "tokenizer_class": "RobertaTokenizer", "trim_offsets": true, "unk_token": "<unk>" }
            """);
    }

    /// <summary>The lines of BERT's vocab.txt.</summary>
    public static IReadOnlyList<string> BertTokens { get; } =
        ["[PAD]", "[UNK]", "[CLS]", "[SEP]", "a", "photo", "of", "cat", "dog", "car", "red", "##s", ".", "\u4e00", "\u53ea", "\u732b"];

    /// <summary>BERT, uncased, with a few ideographs.</summary>
    public static void Bert(string folder, string length = "512")
    {
        string[] tokens = [.. BertTokens];
        var model = new JsonObject { ["type"] = "WordPiece", ["unk_token"] = "[UNK]", ["continuing_subword_prefix"] = "##", ["max_input_chars_per_word"] = 100, ["vocab"] = Ids(tokens) };
        Write(folder, Tokenizer(tokens[..4], [0, 1, 2, 3],
            JsonNode.Parse("""{ "type": "BertNormalizer", "clean_text": true, "handle_chinese_chars": true, "strip_accents": null, "lowercase": true }"""),
            """{ "type": "BertPreTokenizer" }""", Template("[CLS]", 2, "[SEP]", 3), model), $$"""
            { "clean_up_tokenization_spaces": true, "cls_token": "[CLS]", "do_lower_case": true, "mask_token": "[MASK]", "model_max_length": {{length}}, "pad_token": "[PAD]",
              "sep_token": "[SEP]", "strip_accents": null, "tokenize_chinese_chars": true, "tokenizer_class": "BertTokenizer", "unk_token": "[UNK]" }
            """);
    }

    /// <summary>NLLB, whose texts begin with the code of a language.</summary>
    public static void Nllb(string folder)
    {
        string[] special = ["<s>", "<pad>", "</s>", "<unk>", "eng_Latn", "kor_Hang"];
        string[] letters = ["a", "c", "d", "e", "f", "g", "h", "o", "p", "r", "t"];
        Write(folder, Tokenizer(special, [0, 1, 2, 3, 11, 12], Sequence(Precompiled.Value.DeepClone(), JsonNode.Parse(Spaces)),
            """{ "type": "Metaspace", "replacement": "▁", "add_prefix_space": true }""", Template("eng_Latn", 11, "</s>", 2),
            BytePairs([.. special[..4], .. Words, .. special[4..], "\u2581", .. letters], hasBytes: false)), """
            { "additional_special_tokens": ["eng_Latn", "kor_Hang"], "bos_token": "<s>", "cls_token": "<s>", "eos_token": "</s>", "legacy_behaviour": false, "model_max_length": 1024,
              "pad_token": "<pad>", "sep_token": "</s>", "sp_model_kwargs": {}, "src_lang": "eng_Latn", "tgt_lang": null, "tokenizer_class": "NllbTokenizer", "unk_token": "<unk>" }
            """);
    }

    private static void Write(string folder, JsonObject tokenizer, string configuration)
    {
        Directory.CreateDirectory(folder);
        File.WriteAllText(Path.Combine(folder, "tokenizer.json"), tokenizer.ToJsonString());
        File.WriteAllText(Path.Combine(folder, "tokenizer_config.json"), configuration);
    }

    private static JsonObject Tokenizer(string[] special, int[] ids, JsonNode? normalizer, string preTokenizer, JsonObject template, JsonObject model) => new()
    {
        ["version"] = "1.0",
        ["truncation"] = null,
        ["padding"] = null,
        ["added_tokens"] = new JsonArray([.. special.Select((content, i) => JsonNode.Parse(
            $$"""{ "id": {{ids[i]}}, "content": "{{content}}", "single_word": false, "lstrip": false, "rstrip": false, "normalized": false, "special": true }"""))]),
        ["normalizer"] = normalizer,
        ["pre_tokenizer"] = JsonNode.Parse(preTokenizer),
        ["post_processor"] = template,
        ["decoder"] = null,
        ["model"] = model,
    };

    private static JsonObject Sequence(params JsonNode?[] normalizers) => new() { ["type"] = "Sequence", ["normalizers"] = new JsonArray(normalizers) };

    private static JsonObject Template(string? start, int startId, string end, int endId)
    {
        var pieces = new JsonArray(JsonNode.Parse("""{ "Sequence": { "id": "A", "type_id": 0 } }"""), Special(end));
        var tokens = new JsonObject { [end] = Token(end, endId) };
        if (start is not null)
        {
            pieces.Insert(0, Special(start));
            tokens[start] = Token(start, startId);
        }
        return new JsonObject { ["type"] = "TemplateProcessing", ["single"] = pieces, ["pair"] = pieces.DeepClone(), ["special_tokens"] = tokens };

        static JsonNode Special(string token) => JsonNode.Parse($$"""{ "SpecialToken": { "id": "{{token}}", "type_id": 0 } }""")!;
        static JsonNode Token(string token, int id) => JsonNode.Parse($$"""{ "id": "{{token}}", "ids": [{{id}}], "tokens": ["{{token}}"] }""")!;
    }

    private static JsonObject Unigram(string[] pieces, int unknown) => new()
    {
        ["type"] = "Unigram",
        ["unk_id"] = unknown,
        ["vocab"] = new JsonArray([.. pieces.Select((piece, i) => new JsonArray(piece, i <= unknown ? 0 : -1 - (i / 8.0)))]),
        ["byte_fallback"] = false,
    };

    /// <summary>Byte-pair encoding of characters: each word is joined from the left; what that takes comes behind the given tokens.</summary>
    private static JsonObject BytePairs(string[] tokens, bool hasBytes)
    {
        var vocabulary = tokens.ToList();
        var merges = new List<string>();
        foreach (string word in Words.Where(w => w.Length > 1))
        {
            for (int i = 1; i < word.Length; i++)
            {
                if (!vocabulary.Contains(word[..(i + 1)]))
                {
                    vocabulary.Add(word[..(i + 1)]);
                }
                merges.Add($"{word[..i]} {word[i]}");
            }
        }
        return new JsonObject
        {
            ["type"] = "BPE",
            ["dropout"] = null,
            ["unk_token"] = "<unk>",
            ["continuing_subword_prefix"] = null,
            ["end_of_word_suffix"] = null,
            ["fuse_unk"] = true,
            ["byte_fallback"] = hasBytes,
            ["ignore_merges"] = false,
            ["vocab"] = Ids([.. vocabulary]),
            ["merges"] = new JsonArray([.. merges.Distinct().Select(m => JsonValue.Create(m))]),
        };
    }

    private static JsonObject Ids(string[] tokens)
    {
        var ids = new JsonObject();
        for (int i = 0; i < tokens.Length; i++)
        {
            ids[tokens[i]] = i;
        }
        return ids;
    }
}
