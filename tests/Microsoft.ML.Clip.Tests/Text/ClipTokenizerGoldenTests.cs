using System.Text.Json;

namespace Microsoft.ML.Clip.Tests;

/// <summary>Ids against Hugging Face's tokenizers and OpenAI's simple_tokenizer.py, and the three kinds of files against each other.</summary>
public class ClipTokenizerGoldenTests
{
    // The characters of this category are letters, or lower-case, in one reference's version of Unicode and not in the other's.
    private const string UnicodeVersion = "unicode_version";

    private const string OpenAIFile = "bpe_simple_vocab_16e6.txt.gz";

    [Fact]
    public void EncodeToContext_HuggingFace_EqualsReferenceOnEveryText()
    {
        var tokenizer = ClipTokenizer.Load(GoldenTexts.ModelFolder);
        AssertEqual(tokenizer, t => Pad(t.HuggingFace, 77, 49407));
    }

    [Fact]
    public void EncodeToContext_OpenAI_EqualsReferenceOnEveryText()
    {
        var tokenizer = ClipTokenizer.Load(GoldenTexts.ModelFolder, new ClipTokenizerOptions { Cleaning = ClipTextCleaning.OpenAI });
        AssertEqual(tokenizer, t => Pad(t.OpenAI, 77, 0));
    }

    [Theory]
    [InlineData("tokenizer.json")]
    [InlineData("vocab.json", "merges.txt")]
    [InlineData("vocab.json", "merges.txt", "tokenizer_config.json", "special_tokens_map.json")]
    public void EncodeToContext_AnyFiles_EqualsReference(params string[] names)
    {
        using var folder = new TemporaryDirectory();
        foreach (string name in names)
        {
            folder.Copy(Path.Combine(GoldenTexts.ModelFolder, name), name);
        }
        AssertEqual(ClipTokenizer.Load(folder), t => Pad(t.HuggingFace, 77, 49407));
    }

    [Theory]
    [InlineData(ClipTextCleaning.HuggingFace)]
    [InlineData(ClipTextCleaning.OpenAI)]
    public void EncodeToContext_OpenAIVocabulary_EqualsReferencePaddedWithZero(ClipTextCleaning cleaning)
    {
        using var folder = new TemporaryDirectory();
        folder.WriteGzip(OpenAIFile, OpenAIHeader + MergesWithoutHeader());
        var tokenizer = ClipTokenizer.Load(folder, new ClipTokenizerOptions { Cleaning = cleaning });
        AssertEqual(tokenizer, t => Pad(cleaning == ClipTextCleaning.OpenAI ? t.OpenAI : t.HuggingFace, 77, 0));
    }

    [Fact]
    public void Vocabulary_OpenAIVocabulary_EqualsVocabJson()
    {
        // The published file lists more merges than the models know; these must not become tokens.
        string surplus = "x y\nxy z\n";
        using var stream = new MemoryStream(System.Text.Encoding.UTF8.GetBytes(OpenAIHeader + MergesWithoutHeader() + surplus));
        using var json = File.OpenRead(Path.Combine(GoldenTexts.ModelFolder, "vocab.json"));
        var expected = JsonSerializer.Deserialize<Dictionary<string, int>>(json)!;
        var vocabulary = ClipTokenizer.CreateFromOpenAIVocabulary(stream).Vocabulary;
        Assert.Equal(expected.OrderBy(p => p.Value), vocabulary.OrderBy(p => p.Value));
    }

    [Fact]
    public void Load_TextualFolder_IsFound()
    {
        using var folder = new TemporaryDirectory();
        folder.Copy(Path.Combine(GoldenTexts.ModelFolder, "tokenizer.json"), "textual/tokenizer.json");
        AssertEqual(ClipTokenizer.Load(folder), t => Pad(t.HuggingFace, 77, 49407));
    }

    private const string OpenAIHeader = "\"bpe_simple_vocab_16e6.txt#version: 0.2\n";

    private static string MergesWithoutHeader()
    {
        string text = File.ReadAllText(Path.Combine(GoldenTexts.ModelFolder, "merges.txt"));
        return text[(text.IndexOf('\n', StringComparison.Ordinal) + 1)..].TrimEnd('\n') + "\n";
    }

    private static void AssertEqual(ClipTokenizer tokenizer, Func<GoldenText, int[]> expected)
    {
        var texts = GoldenTexts.Read().Where(t => t.Category != UnicodeVersion).ToArray();
        Assert.True(texts.Length >= 595);
        int[] ids = new int[tokenizer.ContextLength];
        var wrong = new List<string>();
        foreach (var text in texts)
        {
            tokenizer.EncodeToContext(text.Text, ids, out _);
            if (!ids.SequenceEqual(expected(text)))
            {
                wrong.Add($"{text.Category}: {JsonSerializer.Serialize(text.Text)}: {string.Join(' ', ids)} instead of {string.Join(' ', expected(text))}");
            }
        }
        Assert.Empty(wrong);
    }

    private static int[] Pad(int[] ids, int length, int pad) => [.. ids, .. Enumerable.Repeat(pad, length - ids.Length)];
}
