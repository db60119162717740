namespace Microsoft.ML.Clip.Tests;

/// <summary>Which files describe a tokenizer, and what the smaller ones among them say.</summary>
public sealed class TokenizerFilesTests
{
    [Theory]
    [InlineData("tokenizer.json vocab.json merges.txt bpe_simple_vocab_16e6.txt.gz textual/tokenizer.json", "tokenizer.json")]
    [InlineData("vocab.json merges.txt bpe_simple_vocab_16e6.txt.gz", "vocab.json merges.txt")]
    [InlineData("bpe_simple_vocab_16e6.txt bpe_simple_vocab_16e6.txt.gz", "bpe_simple_vocab_16e6.txt.gz")]
    [InlineData("bpe_simple_vocab_16e6.txt", "bpe_simple_vocab_16e6.txt")]
    [InlineData("vocab.json bpe_simple_vocab_16e6.txt", "bpe_simple_vocab_16e6.txt")]
    [InlineData("textual/tokenizer.json", "textual/tokenizer.json")]
    [InlineData("textual/vocab.json textual/merges.txt vocab.txt", "textual/vocab.json textual/merges.txt")]
    [InlineData("onnx/tokenizer.json bpe_simple_vocab_16e6.txt", "bpe_simple_vocab_16e6.txt")]
    public void Find_Files_InTheOrderInWhichTheyDecide(string names, string expected)
    {
        var found = TokenizerFiles.Find(Files(names));

        Assert.Equal(expected, string.Join(' ', new[] { found.TokenizerJson, found.Vocabulary, found.Merges, found.OpenAIVocabulary }.OfType<string>()));
        Assert.Empty(found.Settings);
    }

    [Fact]
    public void Find_Settings_LieBesideTheTokenizerAndTheConfigurationAtTheRoot()
    {
        const string Settings = "open_clip_config.json config.json added_tokens.json special_tokens_map.json tokenizer_config.json";

        Assert.Equal(["tokenizer_config.json", "special_tokens_map.json", "added_tokens.json", "config.json", "open_clip_config.json"],
            TokenizerFiles.Find(Files("tokenizer.json " + Settings)).Settings);
        Assert.Equal(["config.json", "open_clip_config.json"], TokenizerFiles.Find(Files("textual/tokenizer.json " + Settings)).Settings);
        Assert.Equal(["textual/tokenizer_config.json"], TokenizerFiles.Find(Files("textual/tokenizer.json textual/tokenizer_config.json textual/config.json")).Settings);
    }

    [Theory]
    [InlineData("", "There is no CLIP tokenizer in memory: looked for tokenizer.json, for vocab.json with merges.txt, for bpe_simple_vocab_16e6.txt.gz, and for vocab.txt, at the root and in textual/.")]
    [InlineData("vocab.json textual/tokenizer.json", "The CLIP tokenizer has 'vocab.json' but no 'merges.txt' in memory; a byte-pair vocabulary needs both.")]
    [InlineData("textual/merges.txt", "The CLIP tokenizer has 'textual/merges.txt' but no 'textual/vocab.json' in memory; a byte-pair vocabulary needs both.")]
    public void Find_Nothing_SaysWhatWasLookedFor(string names, string expected) =>
        Assert.Equal(expected, Assert.Throws<FileNotFoundException>(() => TokenizerFiles.Find(Files(names))).Message);

    private static MemoryModelFiles Files(string names) =>
        new(names.Split(' ', StringSplitOptions.RemoveEmptyEntries).ToDictionary(n => n, _ => Array.Empty<byte>()), "memory");
}
