using System.IO.Compression;
using System.Runtime.InteropServices;
using System.Text;
using System.Text.Json;
using Microsoft.ML.Clip.Tests;

namespace Microsoft.ML.Clip.Fuzz;

/// <summary>Tokenizers and their texts.</summary>
internal static class TokenizerReaders
{
    // What an id below the limit of 16,777,216 may cost in tables, although the file that names it is small.
    private const long TableBytes = 768L << 20;

    private const string SmallTokenizer = """
        {"version":"1.0","added_tokens":[{"id":6,"content":"<s>","single_word":false,"lstrip":false,"rstrip":false,"normalized":false,"special":true},
         {"id":7,"content":"</s>","single_word":true,"lstrip":true,"rstrip":true,"normalized":true,"special":true}],
         "truncation":{"direction":"Right","max_length":8,"strategy":"LongestFirst","stride":0},"padding":{"strategy":{"Fixed":8},"direction":"Right","pad_id":7,"pad_token":"</s>"},
         "normalizer":{"type":"Sequence","normalizers":[{"type":"NFKC"},{"type":"NFD"},{"type":"Strip","strip_left":true,"strip_right":true},{"type":"Replace","pattern":{"String":"x"},"content":"ab"},
          {"type":"Replace","pattern":{"Regex":"[0-9]+"},"content":" "},{"type":"Lowercase"}]},
         "pre_tokenizer":{"type":"Sequence","pretokenizers":[{"type":"WhitespaceSplit"},{"type":"Split","pattern":{"Regex":"\\d"},"behavior":"Isolated","invert":false},
          {"type":"ByteLevel","add_prefix_space":false,"trim_offsets":true,"use_regex":true}]},
         "post_processor":{"type":"TemplateProcessing","single":[{"SpecialToken":{"id":"<s>","type_id":0}},{"Sequence":{"id":"A","type_id":0}},{"SpecialToken":{"id":"</s>","type_id":0}}]},
         "model":{"type":"BPE","unk_token":"</s>","fuse_unk":true,"end_of_word_suffix":"</w>","vocab":{"a":0,"b":1,"a</w>":2,"b</w>":3,"ab":4,"ab</w>":5,"<s>":6,"</s>":7},
          "merges":["a b","a b</w>",["a","b"]]}}
        """;

    private static readonly string[] Texts = ["", "a photo of a cat", "ab 12 x<s>a</s> \U0001F600 \u00e9e\u0301 \ud800 &amp;lt;", "AB\tab\u2003\uac00\u1100\u1161\u11a8"];

    private static readonly JsonFormat Format = new("type", "Sequence", "normalizers", "NFC", "NFD", "NFKC", "NFKD", "Lowercase", "Strip", "Replace", "pattern", "Regex", "String", "content",
        "pre_tokenizer", "pretokenizers", "Split", "ByteLevel", "WhitespaceSplit", "Whitespace", "behavior", "Removed", "Isolated", "invert", "add_prefix_space", "use_regex", "post_processor",
        "RobertaProcessing", "BertProcessing", "TemplateProcessing", "cls", "sep", "single", "SpecialToken", "added_tokens", "id", "truncation", "max_length", "padding", "pad_id", "pad_token",
        "Unigram", "WordPiece", "unk_id", "byte_fallback", "ignore_merges", "continuing_subword_prefix", "max_input_chars_per_word", "Precompiled", "precompiled_charsmap", "Metaspace", "prepend_scheme", "replacement",
        "always", "first", "never", "BertNormalizer", "BertPreTokenizer", "Prepend", "MergedWithPrevious", "MergedWithNext", "Contiguous", "model", "BPE", "vocab", "merges", "unk_token", "fuse_unk", "end_of_word_suffix", "dropout", "(a|b)*", "\\s+", "(", "[^", "\\p{L}", "(?<x>a)", "(a+)+$", "$1", "<s>", "</s>", "a b");

    private static readonly ByteFormat Lines = new("#version: 0.2\n", "\n", " ", "</w>", "a b\n", "\u00C4\u00A0", "\u00EF\u00BB\u00BF", "<|startoftext|>", "<|endoftext|>");
    private static readonly ClipTokenizer[] Tiny = MakeTiny();

    public static Reader TokenizerJson { get; } = new("tokenizer-json", new BundleFormat(_ => Format), TokenizerSeeds,
        input => Encode(Load(input, ClipTextCleaning.HuggingFace)))
    {
        Sources = ["Microsoft.ML.Clip/Text/Loading/", "Microsoft.ML.Clip/Text/BytePair/BytePairReader.cs", "Microsoft.ML.Clip/Text/Unigram/", "Microsoft.ML.Clip/Text/WordPiece/",
            "Microsoft.ML.Clip/Text/Normalization/PrecompiledCharsMap.cs", "Microsoft.ML.Clip/Text/TokenTable.cs", "Microsoft.ML.Clip/Text/PreTokenization/"],
        IsDocumented = e => e is InvalidDataException or NotSupportedException or FileNotFoundException,
        MaximumAllocation = TableBytes,
        Share = 6_000,
    };

    public static Reader Vocabulary { get; } = new("vocabulary",
        new BundleFormat(n => n.EndsWith(".txt", StringComparison.Ordinal) ? Lines : JsonReaders.Format), VocabularySeeds,
        input => Encode(Load(input, ClipTextCleaning.OpenAI)))
    {
        Sources = ["Microsoft.ML.Clip/Text/BytePair/VocabularyReader.cs", "Microsoft.ML.Clip/Text/Loading/TokenizerSettings.cs", "Microsoft.ML.Clip/Text/Loading/TokenizerLoader.cs"],
        IsDocumented = e => e is InvalidDataException or NotSupportedException or FileNotFoundException,
        MaximumAllocation = TableBytes,
        Share = 6_000,
    };

    public static Reader OpenAIVocabulary { get; } = new("openai-vocabulary", Lines, OpenAISeeds,
        input => Encode(ClipTokenizer.CreateFromOpenAIVocabulary(new MemoryStream(input), new() { Cleaning = ClipTextCleaning.OpenAI })))
    {
        Sources = ["Microsoft.ML.Clip/Text/BytePair/VocabularyReader.cs", "Microsoft.ML.Clip/Text/BytePair/BytePairModel.cs", "Microsoft.ML.Clip/Text/BytePair/MergeTable.cs"],
        IsDocumented = e => e is InvalidDataException,
        // Unpacked it may have 64 MB, which grows in doubling arrays and becomes text and lines.
        MaximumAllocation = 1L << 30,
        Share = 4_000,
    };

    public static Reader Text { get; } = new("text", new ByteFormat("&\0a\0m\0p\0;\0", "<\0|\0s\0t\0a\0r\0t\0o\0f\0t\0e\0x\0t\0|\0>\0", "\u0001\u0003", "\u0000\u00d8", "\u0000\u00dc", " \0", "'\0s\0",
        "\u00c5\u00ff", "\u0000\u00ac", "\u0061\u0011", "&\0#\0x\0", "&\0l\0t\0"), TextSeeds, ReadText)
    {
        Sources = ["Microsoft.ML.Clip/Text/Normalization/", "Microsoft.ML.Clip/Text/PreTokenization/", "Microsoft.ML.Clip/Text/BytePair/BytePairMerger.cs",
            "Microsoft.ML.Clip/Text/BytePair/CharacterPairModel.cs", "Microsoft.ML.Clip/Text/Unigram/UnigramModel.cs", "Microsoft.ML.Clip/Text/WordPiece/WordPieceModel.cs", "Microsoft.ML.Clip/Text/ClipTokenizer"],
        IsDocumented = _ => false,
        Share = 20_000,
        MaximumLength = 4096,
    };

    private static IEnumerable<byte[]> TokenizerSeeds()
    {
        yield return Bundle(("tokenizer.json", Encoding.UTF8.GetBytes(SmallTokenizer)));
        yield return Bundle(("tokenizer.json", Encoding.UTF8.GetBytes(SmallTokenizer)), ("tokenizer_config.json", """{"model_max_length":16,"bos_token":"<s>","eos_token":{"content":"</s>"}}"""u8.ToArray()),
            ("added_tokens.json", """{"<s>":6}"""u8.ToArray()), ("special_tokens_map.json", """{"pad_token":"</s>","unk_token":{"content":"</s>","lstrip":true}}"""u8.ToArray()));
        yield return Bundle(("tokenizer.json", Inputs.TinyModel(new())["tokenizer.json"]));
        foreach (byte[] kind in Kinds())
        {
            yield return Bundle(("tokenizer.json", kind));
        }
        foreach (byte[] attack in Inputs.Attacks(1 << 15, "tokenizer.json"))
        {
            yield return Bundle(("tokenizer.json", attack));
        }
    }

    /// <summary>The small tokenizers of every kind that lie with the tests; those of chance add nothing.</summary>
    private static IEnumerable<byte[]> Kinds()
    {
        using var golden = JsonDocument.Parse(File.ReadAllBytes(Path.Combine(Inputs.Repository, "tests/Microsoft.ML.Clip.Tests/Golden/tokenizers/kinds.json")));
        foreach (var kind in golden.RootElement.EnumerateObject().Where(k => !k.Name.StartsWith("random", StringComparison.Ordinal)))
        {
            yield return Encoding.UTF8.GetBytes(kind.Value.GetProperty("tokenizer").GetRawText());
        }
    }

    private static IEnumerable<byte[]> VocabularySeeds()
    {
        var files = Inputs.TinyModel(new());
        files.Remove("tokenizer.json");
        yield return BundleFormat.Write(files.Where(f => !f.Key.EndsWith(".onnx", StringComparison.Ordinal)).ToDictionary());
        byte[] vocabulary = """{"a":0,"b":1,"a</w>":2,"b</w>":3,"ab":4,"ab</w>":5,"<|startoftext|>":6,"<|endoftext|>":7}"""u8.ToArray();
        yield return Bundle(("vocab.json", vocabulary), ("merges.txt", "#version: 0.2\na b\r\na b</w>\n"u8.ToArray()));
        yield return Bundle(("vocab.json", vocabulary), ("merges.txt", "a b\na b</w>\n"u8.ToArray()),
            ("tokenizer_config.json", """{"added_tokens_decoder":{"6":{"content":"<|startoftext|>","lstrip":false}},"unk_token":"a","model_max_length":1e30}"""u8.ToArray()),
            ("added_tokens.json", """{"<new>":8}"""u8.ToArray()), ("config.json", """{"text_config":{"max_position_embeddings":9}}"""u8.ToArray()));
        foreach (byte[] attack in Inputs.Attacks(1 << 15, "tokenizer_config.json"))
        {
            yield return Bundle(("vocab.json", vocabulary), ("merges.txt", "a b\n"u8.ToArray()), ("tokenizer_config.json", attack));
        }
    }

    private static IEnumerable<byte[]> OpenAISeeds()
    {
        byte[] lines = "\"bpe_simple_vocab_16e6.txt#version: 0.2\na b\nab c\nt h\nth e</w>\n"u8.ToArray();
        yield return lines;
        using var packed = new MemoryStream();
        using (var gzip = new GZipStream(packed, CompressionLevel.Fastest, leaveOpen: true))
        {
            gzip.Write(lines);
        }
        yield return packed.ToArray();
    }

    private static IEnumerable<byte[]> TextSeeds() => Texts.Append("\u0130\u0131 DON'T we'll \u4f60\u597d 123 &#x110000; &notit; <|endoftext|> \u1e9b\u0323 \ufeff\u200d").Select(t => MemoryMarshal.AsBytes(t.AsSpan()).ToArray());

    private static byte[] Bundle(params (string Name, byte[] Content)[] files) => BundleFormat.Write(files.ToDictionary(f => f.Name, f => f.Content));

    private static ClipTokenizer Load(byte[] bundle, ClipTextCleaning cleaning) =>
        ClipTokenizer.Load(Inputs.Files(BundleFormat.Read(bundle)), new ClipTokenizerOptions { Cleaning = cleaning });

    private static ClipTokenizer[] MakeTiny()
    {
        byte[] bundle = BundleFormat.Write(Inputs.TinyModel(new()).Where(f => !f.Key.EndsWith(".onnx", StringComparison.Ordinal)).ToDictionary());
        return [Load(bundle, ClipTextCleaning.HuggingFace), Load(bundle, ClipTextCleaning.OpenAI),
            .. Kinds().Select(json => ClipTokenizer.Create(new MemoryStream(json)))];
    }

    private static void Encode(ClipTokenizer tokenizer)
    {
        // A context of a million places is allowed, and about memory only.
        const int Small = 4096;
        if (tokenizer.ContextLength <= Small)
        {
            foreach (string text in Texts)
            {
                Check(tokenizer, text);
            }
        }
    }

    private static void ReadText(byte[] input)
    {
        string text = new(MemoryMarshal.Cast<byte, char>(input));
        foreach (var tokenizer in Tiny)
        {
            Check(tokenizer, text);
        }
    }

    private static void Check(ClipTokenizer tokenizer, string text)
    {
        int[] ids = new int[tokenizer.ContextLength];
        int count = tokenizer.EncodeToContext(text, ids, out bool truncated);
        int all = tokenizer.Vocabulary.Values.Max();
        Inputs.Require(ids.AsSpan().IndexOfAnyExceptInRange(0, all) < 0, "An id is none of the vocabulary's.");
        Inputs.Require(count > 0 && count <= ids.Length && ids[count - 1] == tokenizer.EndOfTextId && (!truncated || count == ids.Length), "The frame is not whole.");
        var free = tokenizer.EncodeToIds(text);
        Inputs.Require(free.Count == tokenizer.CountTokens(text), "The count is not that of the ids.");
        _ = tokenizer.Decode(free);
        foreach (var token in tokenizer.EncodeToTokens(text, out string? normalized))
        {
            var (start, end) = (token.Offset.Start.Value, token.Offset.End.Value);
            Inputs.Require(start >= 0 && start <= end && end <= (normalized ?? text).Length, $"The token {token.Value} lies from {start} to {end}.");
        }
    }
}
