using System.Text;
using System.Text.Json.Nodes;

namespace Microsoft.ML.Clip.Tests;

/// <summary>Every kind of file, and what is said of files that are missing, broken or of another kind.</summary>
public class ClipTokenizerLoadingTests
{
    private const string Text = "A photo of THE cat, don't!";

    private static readonly IReadOnlyList<int> Ids = TinyTokenizer.Load().EncodeToIds(Text);

    [Fact]
    public void Load_EveryKindOfFile_GivesTheSameIds()
    {
        Action<TemporaryDirectory>[] kinds =
        [
            d => TinyTokenizer.WriteJson(d),
            TinyTokenizer.WritePair,
            d => d.WriteGzip("bpe_simple_vocab_16e6.txt.gz", TinyTokenizer.OpenAIVocabulary()),
            d => d.Write("bpe_simple_vocab_16e6.txt", TinyTokenizer.OpenAIVocabulary()),
            d => d.WriteGzip("textual/bpe_simple_vocab_16e6.txt.gz", TinyTokenizer.OpenAIVocabulary()),
        ];
        foreach (var write in kinds)
        {
            using var directory = new TemporaryDirectory();
            write(directory);
            Assert.Equal(Ids, ClipTokenizer.Load(directory).EncodeToIds(Text));
        }
    }

    [Fact]
    public void Create_EveryKindOfStream_GivesTheSameIdsAndLeavesItOpen()
    {
        using var directory = new TemporaryDirectory();
        TinyTokenizer.WriteJson(directory);
        TinyTokenizer.WritePair(directory);
        using var json = File.OpenRead(directory.Combine("tokenizer.json"));
        using var vocabulary = File.OpenRead(directory.Combine("vocab.json"));
        using var merges = File.OpenRead(directory.Combine("merges.txt"));
        using var openAI = new MemoryStream(Encoding.UTF8.GetBytes(TinyTokenizer.OpenAIVocabulary()));

        Assert.Equal(Ids, ClipTokenizer.Create(json).EncodeToIds(Text));
        Assert.Equal(Ids, ClipTokenizer.Create(vocabulary, merges).EncodeToIds(Text));
        Assert.Equal(Ids, ClipTokenizer.CreateFromOpenAIVocabulary(openAI).EncodeToIds(Text));
        Assert.All((Stream[])[json, vocabulary, merges, openAI], s => Assert.True(s.CanRead));
    }

    [Fact]
    public void Load_TwoTokensOfOneId_NamesBoth()
    {
        // One of them would be taken for the other: its offsets, and what it reads as.
        using var vocabulary = new TemporaryDirectory();
        TinyTokenizer.WritePair(vocabulary);
        File.WriteAllText(vocabulary.Combine("vocab.json"), File.ReadAllText(vocabulary.Combine("vocab.json")).Replace("\"b\":65", "\"b\":64", StringComparison.Ordinal));
        using var json = new TemporaryDirectory();
        TinyTokenizer.WriteJson(json, j => j["model"]!["vocab"]!["b"] = 64);
        using var added = new TemporaryDirectory();
        TinyTokenizer.WriteJson(added, j => j["added_tokens"]!.AsArray().Add(new JsonObject { ["id"] = 64, ["content"] = "new", ["special"] = true }));

        foreach (var (directory, other) in ((TemporaryDirectory, string)[])[(vocabulary, "b"), (json, "b"), (added, "new")])
        {
            string message = Assert.Throws<InvalidDataException>(() => ClipTokenizer.Load(directory)).Message;
            Assert.Contains("the id 64", message, StringComparison.Ordinal);
            Assert.Contains($"'{other}'", message, StringComparison.Ordinal);
            Assert.Contains("'a'", message, StringComparison.Ordinal);
        }
    }

    [Fact]
    public void Load_Nothing_SaysWhatWasLookedFor()
    {
        using var directory = new TemporaryDirectory();
        var error = Assert.Throws<FileNotFoundException>(() => ClipTokenizer.Load(directory));
        Assert.All((string[])["tokenizer.json", "vocab.json", "merges.txt", "bpe_simple_vocab_16e6.txt.gz"], n => Assert.Contains(n, error.Message, StringComparison.Ordinal));
        Assert.Throws<DirectoryNotFoundException>(() => ClipTokenizer.Load(directory.Combine("absent")));
    }

    [Theory]
    [InlineData("merges.txt", "vocab.json")]
    [InlineData("vocab.json", "merges.txt")]
    public void Load_HalfOfAPair_NamesTheOtherHalf(string kept, string missing)
    {
        using var directory = new TemporaryDirectory();
        TinyTokenizer.WritePair(directory);
        File.Delete(directory.Combine(missing));
        var error = Assert.Throws<FileNotFoundException>(() => ClipTokenizer.Load(directory));
        Assert.Contains($"has '{kept}' but no '{missing}'", error.Message, StringComparison.Ordinal);
    }

    [Theory]
    [InlineData("tokenizer.json", "", "cannot be read: it has no bytes")]
    [InlineData("tokenizer.json", "[]", "must hold an object, but holds []")]
    [InlineData("tokenizer.json", "{}", "property 'model' must be an object, but is missing")]
    [InlineData("tokenizer.json", "\0\u0001\u0002", "not valid JSON")]
    [InlineData("vocab.json", "{ \"a\": ", "not valid JSON")]
    [InlineData("vocab.json", "{ \"a\": -1 }", "property 'a' must be a whole number from 0 to 16777215, but is -1")]
    [InlineData("vocab.json", "{ \"a\": \"x\" }", "property 'a'")]
    [InlineData("vocab.json", "{ \"a\": 99999999999 }", "property 'a'")]
    [InlineData("merges.txt", "#version: 0.2\na t</w>\nonly-one\n", "Line 3")]
    [InlineData("merges.txt", "#version: 0.2\na b c\n", "Line 2")]
    [InlineData("merges.txt", "#version: 0.2\nzz qq\n", "'zz'")]
    [InlineData("tokenizer_config.json", "{ \"bos_token\": 3 }", "property 'bos_token' must be a text, or an object with 'content', but is 3")]
    [InlineData("tokenizer_config.json", "{ \"added_tokens_decoder\": { \"x\": \"a\" } }", "(one is 'x')")]
    [InlineData("tokenizer_config.json", "{ \"added_tokens_decoder\": { \"2000000000\": \"a\" } }", "(one is '2000000000')")]
    [InlineData("special_tokens_map.json", "nonsense", "not valid JSON")]
    public void Load_BrokenFile_NamesFileAndCause(string name, string content, string cause)
    {
        using var directory = new TemporaryDirectory();
        TinyTokenizer.WritePair(directory);
        directory.Write(name, content);
        var error = Assert.Throws<InvalidDataException>(() => ClipTokenizer.Load(directory));
        Assert.Contains(name, error.Message, StringComparison.Ordinal);
        Assert.Contains(cause, error.Message, StringComparison.Ordinal);
    }

    [Fact]
    public void Load_TokenizerJsonCutAnywhere_NamesTheFile()
    {
        using var directory = new TemporaryDirectory();
        TinyTokenizer.WriteJson(directory);
        byte[] whole = File.ReadAllBytes(directory.Combine("tokenizer.json"));
        for (int i = 0; i < 20; i++)
        {
            directory.Write("tokenizer.json", whole[..(whole.Length * i / 20)]);
            var error = Assert.Throws<InvalidDataException>(() => ClipTokenizer.Load(directory));
            Assert.Contains("tokenizer.json", error.Message, StringComparison.Ordinal);
        }
    }

    [Theory]
    [InlineData(0.3), InlineData(0.9)]
    public void Load_PackedVocabularyCutOff_NamesTheFile(double kept)
    {
        using var directory = new TemporaryDirectory();
        string path = directory.WriteGzip("bpe_simple_vocab_16e6.txt.gz", TinyTokenizer.OpenAIVocabulary());
        byte[] whole = File.ReadAllBytes(path);
        File.WriteAllBytes(path, whole[..(int)(whole.Length * kept)]);
        var error = Assert.Throws<InvalidDataException>(() => ClipTokenizer.Load(directory));
        Assert.Contains("bpe_simple_vocab_16e6.txt.gz", error.Message, StringComparison.Ordinal);
    }

    [Fact]
    public void Load_PackedVocabularyOfOtherBytes_NamesTheFile()
    {
        using var directory = new TemporaryDirectory();
        directory.Write("bpe_simple_vocab_16e6.txt.gz", [0x1F, 0x8B, 8, 0, 1, 2, 3, 4, 5, 6, 7, 8, 9]);
        Assert.Contains("bpe_simple_vocab_16e6.txt.gz", Assert.Throws<InvalidDataException>(() => ClipTokenizer.Load(directory)).Message, StringComparison.Ordinal);
        directory.Write("bpe_simple_vocab_16e6.txt.gz", [(byte)'x', 0xFF, 0xFE, 0xFD, (byte)'\n']);
        Assert.Contains("bpe_simple_vocab_16e6.txt.gz", Assert.Throws<InvalidDataException>(() => ClipTokenizer.Load(directory)).Message, StringComparison.Ordinal);
    }

    [Theory]
    [InlineData("model.type", "\"WordLevel\"", "of type 'WordLevel'; known are 'BPE', 'Unigram', 'WordPiece'.")]
    [InlineData("model.type", "\"WordPiece\"", "has the pre-tokenizer 'ByteLevel' before a model of type 'WordPiece'")]
    [InlineData("model", """{ "vocab": {} }""", "without a type; known are 'BPE', 'Unigram', 'WordPiece'.")]
    [InlineData("model.byte_fallback", "true", "'byte_fallback'")]
    [InlineData("model.dropout", "0.5", "'dropout'")]
    [InlineData("model.continuing_subword_prefix", "\"##\"", "'continuing_subword_prefix'")]
    [InlineData("normalizer.normalizers.0.type", "\"Unheard\"", "'Unheard'")]
    [InlineData("pre_tokenizer", "null", "'ByteLevel'")]
    [InlineData("post_processor.type", "\"Unheard\"", "'Unheard'")]
    [InlineData("padding", """{ "direction": "Left", "pad_id": 0 }""", "'padding.direction' = left")]
    [InlineData("truncation", """{ "direction": "Left", "max_length": 5 }""", "'truncation.direction' = left")]
    public void Load_TokenizerOfAnotherKind_SaysWhatIsNotSupported(string property, string value, string named)
    {
        using var directory = new TemporaryDirectory();
        TinyTokenizer.WriteJson(directory, json => Set(json, property, value));
        var error = Assert.Throws<NotSupportedException>(() => ClipTokenizer.Load(directory));
        Assert.Contains("tokenizer.json", error.Message, StringComparison.Ordinal);
        Assert.Contains(named, error.Message, StringComparison.OrdinalIgnoreCase);
    }

    [Fact]
    public void Load_ModelThatDoesNotWorkOnBytes_IsRefusedUnderEveryCleaning()
    {
        using var directory = new TemporaryDirectory();
        TinyTokenizer.WriteJson(directory, json => json.Remove("pre_tokenizer"));
        foreach (var cleaning in Enum.GetValues<ClipTextCleaning>())
        {
            var error = Assert.Throws<NotSupportedException>(() => ClipTokenizer.Load(directory, new() { Cleaning = cleaning }));
            Assert.Contains("has no pre-tokenizer 'ByteLevel'", error.Message, StringComparison.Ordinal);
        }
    }

    [Theory]
    [InlineData("model.merges.0", "\"a\"", "property 'model.merges[0]' must be a pair of tokens, but is \"a\"")]
    [InlineData("model.merges.0", "[\"q\", \"zz\"]", "'zz'")]
    [InlineData("added_tokens.0.id", "3", "<|startoftext|>")]
    [InlineData("post_processor.cls.1", "3", "property 'post_processor.cls[1]' must be 525, the id of '<|startoftext|>' in the vocabulary, but is 3")]
    [InlineData("model.vocab.a", "-5", "property 'model.vocab.a'")]
    [InlineData("pre_tokenizer.pretokenizers.0.pattern", """{ "Regex": "[" }""", "malformed")]
    public void Load_ContradictionInTokenizerJson_NamesIt(string property, string value, string named)
    {
        using var directory = new TemporaryDirectory();
        TinyTokenizer.WriteJson(directory, json => Set(json, property, value));
        var error = Assert.Throws<InvalidDataException>(() => ClipTokenizer.Load(directory));
        Assert.Contains("tokenizer.json", error.Message, StringComparison.Ordinal);
        Assert.Contains(named, error.Message, StringComparison.Ordinal);
    }

    [Fact]
    public void ContextLength_Sources_CountInOrder()
    {
        using var directory = new TemporaryDirectory();
        TinyTokenizer.WriteJson(directory);
        Assert.Equal(77, ClipTokenizer.Load(directory).ContextLength);
        directory.Write("config.json", """{ "text_config": { "max_position_embeddings": 40 } }""");
        Assert.Equal(40, ClipTokenizer.Load(directory).ContextLength);
        TinyTokenizer.WriteJson(directory, json => Set(json, "truncation", """{ "direction": "Right", "max_length": 30 }"""));
        Assert.Equal(30, ClipTokenizer.Load(directory).ContextLength);
        directory.Write("tokenizer_config.json", """{ "model_max_length": 20 }""");
        Assert.Equal(20, ClipTokenizer.Load(directory).ContextLength);
        Assert.Equal(10, ClipTokenizer.Load(directory, new() { ContextLength = 10 }).ContextLength);
        directory.Write("tokenizer_config.json", """{ "model_max_length": 1000000000000000019884624838656 }""");
        Assert.Equal(30, ClipTokenizer.Load(directory).ContextLength);
    }

    [Fact]
    public void PadId_Sources_CountInOrder()
    {
        using var directory = new TemporaryDirectory();
        TinyTokenizer.WriteJson(directory);
        Assert.Equal(TinyTokenizerFiles.EndOfText, ClipTokenizer.Load(directory).PadId);
        directory.Write("tokenizer_config.json", """{ "pad_token": "!" }""");
        Assert.Equal(0, ClipTokenizer.Load(directory).PadId);
        TinyTokenizer.WriteJson(directory, json => Set(json, "padding", """{ "direction": "Right", "pad_id": 5, "pad_token": "&" }"""));
        Assert.Equal(5, ClipTokenizer.Load(directory).PadId);
        Assert.Equal(0, ClipTokenizer.Load(directory, new() { Cleaning = ClipTextCleaning.OpenAI }).PadId);
        Assert.Equal(7, ClipTokenizer.Load(directory, new() { PadId = 7 }).PadId);
    }

    [Fact]
    public void Load_ImpossibleOptions_AreErrors()
    {
        using var directory = new TemporaryDirectory();
        TinyTokenizer.WriteJson(directory);
        foreach (var options in (ClipTokenizerOptions[])[new() { ContextLength = 1 }, new() { ContextLength = -77 }, new() { PadId = -1 },
            new() { PadId = 99999 }])
        {
            Assert.Throws<ArgumentOutOfRangeException>(() => ClipTokenizer.Load(directory, options));
        }
    }

    private static void Set(JsonObject json, string path, string value)
    {
        string[] steps = path.Split('.');
        JsonNode node = json;
        foreach (string step in steps[..^1])
        {
            node = int.TryParse(step, out int index) ? node[index]! : node[step]!;
        }
        if (int.TryParse(steps[^1], out int last))
        {
            node[last] = JsonNode.Parse(value);
        }
        else
        {
            node[steps[^1]] = JsonNode.Parse(value);
        }
    }
}
