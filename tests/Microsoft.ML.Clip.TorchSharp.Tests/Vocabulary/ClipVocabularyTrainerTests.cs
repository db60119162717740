using System.Text.Json;

namespace Microsoft.ML.Clip.Tests;

public sealed class ClipVocabularyTrainerTests
{
    private static readonly string[] Corpus = VocabularyCorpus.Texts;

    [Fact]
    public void Train_PairsThatOccurMoreOften_AreMergedFirst()
    {
        var vocabulary = ClipVocabularyTrainer.Train(["low low low low low", "lowest lowest", "LOWER"], new() { MinimumCount = 3 });

        // "lo" 8 times, then "w</w>" behind it 5 times; inside lowest and lower "w e" and "lo w" stand 3 times each: the pair with the lower ids is first.
        Assert.Equal([("l", "o"), ("lo", "w</w>"), ("w", "e"), ("lo", "we")], vocabulary.Merges);
        Assert.Equal(514 + 4, vocabulary.Size);
        Assert.Equal(["lo", "low</w>", "we", "lowe", "<|startoftext|>", "<|endoftext|>"], vocabulary.Tokens.Skip(512));
    }

    [Fact]
    public void Train_TextsInAnotherOrder_GivesEqualFiles()
    {
        using TemporaryDirectory first = new(), second = new();
        ClipVocabularyTrainer.Train(Corpus, new() { Size = 600 }).Save(first);
        ClipVocabularyTrainer.Train(Corpus.Reverse(), new() { Size = 600 }).Save(second);

        string[] names = [.. Directory.EnumerateFiles(first).Select(f => Path.GetFileName(f)).Order(StringComparer.Ordinal)];
        Assert.Equal(["merges.txt", "special_tokens_map.json", "tokenizer.json", "tokenizer_config.json", "vocab.json"], names);
        Assert.All(names, name => Assert.Equal(File.ReadAllBytes(first.Combine(name)), File.ReadAllBytes(second.Combine(name))));
    }

    [Theory]
    [InlineData(514)]
    [InlineData(520)]
    [InlineData(570)]
    public void Train_ACorpusWithPairsToSpare_HasTheSizeAskedFor(int size)
    {
        var vocabulary = ClipVocabularyTrainer.Train(Corpus, new() { Size = size, MinimumCount = 1 });

        Assert.Equal(size, vocabulary.Size);
        Assert.Equal((size - 2, size - 1), (vocabulary.StartOfTextId, vocabulary.EndOfTextId));
        Assert.Equal(size, vocabulary.Tokens.Distinct().Count());
    }

    [Fact]
    public void Train_AWordThatRepeats_BecomesOneToken()
    {
        var tokenizer = ClipVocabularyTrainer.Train(Corpus).CreateTokenizer();

        Assert.Equal(["<|startoftext|>", "photo</w>", "of</w>", "cat</w>", ".</w>", "<|endoftext|>"], tokenizer.EncodeToTokens("photo of cat.", out _).Select(t => t.Value));
    }

    [Fact]
    public void Train_SpecialTokensInTexts_AreNotLearnt()
    {
        var with = ClipVocabularyTrainer.Train([.. Corpus, "<|startoftext|>red fox<|endoftext|>"]);
        var without = ClipVocabularyTrainer.Train([.. Corpus, "red fox"]);

        Assert.Equal(without.Merges, with.Merges);
    }

    [Theory]
    [InlineData("a")]
    [InlineData("a a a")]
    [InlineData("日本 🐈 🐈 🐈")]
    [InlineData("...")]
    public void Train_ATinyCorpus_EncodesAnyText(string text)
    {
        var tokenizer = ClipVocabularyTrainer.Train([text], new() { MinimumCount = 1 }).CreateTokenizer();

        foreach (string any in (string[])[text, "ünïcode ✓ 7 %&!", "\u0001 control", "zebra"])
        {
            var ids = tokenizer.EncodeToIds(any);
            // An unknown token would be a second end token, at which the text tower would stop reading.
            Assert.Equal(ids.Count - 1, ids.ToList().IndexOf(tokenizer.EndOfTextId));
            Assert.Equal(any.Replace(" ", "", StringComparison.Ordinal), Decoded(tokenizer, ids).Replace(" ", "", StringComparison.Ordinal));
        }
    }

    [Fact]
    public void CreateTokenizer_WordsOfTheCorpus_DecodeToThemselves()
    {
        var tokenizer = ClipVocabularyTrainer.Train(Corpus, new() { ContextLength = 16 }).CreateTokenizer();

        Assert.Equal(16, tokenizer.ContextLength);
        Assert.Equal("a photo of a golden retriever", Decoded(tokenizer, tokenizer.EncodeToIds("A photo of  a Golden Retriever")));
    }

    [Fact]
    public void Save_TheFiles_GiveTheIdsOfHuggingFacesTokenizers()
    {
        using TemporaryDirectory whole = new(), pair = new();
        var vocabulary = ClipVocabularyTrainer.Train(Corpus);
        vocabulary.Save(whole);
        vocabulary.Save(pair);
        File.Delete(pair.Combine("tokenizer.json"));

        var golden = JsonSerializer.Deserialize<GoldenIds[]>(File.ReadAllText(Path.Combine(AppContext.BaseDirectory, "Golden", "tokenizers", "ids.json")), JsonSerializerOptions.Web)!;
        Assert.Equal(VocabularyCorpus.Probes, golden.Select(g => g.Text));
        foreach (var tokenizer in (ClipTokenizer[])[ClipTokenizer.Load(whole), ClipTokenizer.Load(pair), vocabulary.CreateTokenizer()])
        {
            Assert.All(golden, g => Assert.Equal(g.Ids, tokenizer.EncodeToIds(g.Text)));
        }
    }

    [Fact]
    public void Train_NoTexts_SaysSo() => Assert.Contains("no texts", Assert.Throws<ArgumentException>(() => ClipVocabularyTrainer.Train([]))
        .Message, StringComparison.Ordinal);

    [Fact]
    public void Train_TextsWithoutWords_SaysSo() =>
        Assert.Contains("None of the 3 texts has a word", Assert.Throws<ArgumentException>(() => ClipVocabularyTrainer.Train(["", " ", "\t\n"])).Message, StringComparison.Ordinal);

    [Fact]
    public void Train_ATextThatIsNull_NamesIt() =>
        Assert.Contains("Text 1 is null", Assert.Throws<ArgumentException>(() => ClipVocabularyTrainer.Train(["a", null!])).Message, StringComparison.Ordinal);

    [Theory]
    [InlineData(513, 2, 77)]
    [InlineData(1024, 0, 77)]
    [InlineData(1024, 2, 1)]
    public void Train_AnOptionOutOfRange_Throws(int size, int minimumCount, int contextLength) => Assert.Throws<ArgumentOutOfRangeException>(() =>
        ClipVocabularyTrainer.Train(["a"], new() { Size = size, MinimumCount = minimumCount, ContextLength = contextLength }));

    private sealed record GoldenIds(string Text, int[] Ids);

    private static string Decoded(ClipTokenizer tokenizer, IReadOnlyList<int> ids) => tokenizer.Decode(ids, considerSpecialTokens: false);
}
