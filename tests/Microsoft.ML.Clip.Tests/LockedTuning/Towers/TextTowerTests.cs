namespace Microsoft.ML.Clip.Tests;

/// <summary>Text encoders of others as models of one tower.</summary>
public sealed class TextTowerTests : IDisposable
{
    // "[CLS] a photo of two cat ##s [SEP]", ...
    private static readonly (string Text, int[] Ids)[] Texts =
        [("a photo of two cats", [2, 5, 6, 7, 10, 8, 11, 3]), ("Dog", [2, 9, 3]), ("a zebra", [2, 5, 1, 3])];

    private readonly TemporaryDirectory _directory = new();

    public void Dispose() => _directory.Dispose();

    [Theory]
    [InlineData(ClipTowerPooling.Automatic, false, false, 1)]
    [InlineData(ClipTowerPooling.Average, true, false, 7)]
    [InlineData(ClipTowerPooling.First, false, false, 7)]
    [InlineData(ClipTowerPooling.Automatic, false, true, 64)]
    public void Write_MaskAndTokenTypesAsInputs_MakesThemOfTheIds(ClipTowerPooling pooling, bool isFixed, bool isInt32, int count)
    {
        Write(TinyTowers.Text(isFixed ? 1 : null, isFixed ? 9 : null, isInt32 ? TinyOnnx.Int32 : TinyOnnx.Int64), t =>
            t with { Pooling = pooling, ContextLength = 9 });

        using var model = ClipModel.Load(_directory.Combine("model"));
        var messages = new List<ClipModelMessage>();
        model.Message += (_, m) => messages.Add(m);
        string[] texts = [.. Enumerable.Range(0, count).Select(i => Texts[i % 3].Text)];
        float[][] found = model.EncodeTexts(texts);

        Assert.Equal(9, model.ContextLength);
        Assert.DoesNotContain(messages, m => m.Kind == ClipModelMessageKind.Warning);
        for (int i = 0; i < count; i++)
        {
            Tolerances.Close(TinyTowers.TextFeatures(Texts[i % 3].Ids, pooling == ClipTowerPooling.First), found[i], Tolerances.ComposedGraph);
        }
    }

    // A vocab.txt says nothing of case, accents or frame; a tokenizer.json beside it does, for runtimes that read no other.
    [Fact]
    public void Write_VocabularyAlone_ComesWithATokenizerJsonThatSaysTheSame()
    {
        Write(TinyTowers.Text(), t => t with { ContextLength = 9 });
        using var model = ClipModel.Load(_directory.Combine("model"));
        using var json = File.OpenRead(_directory.Combine("model/tokenizer.json"));
        var alone = ClipTokenizer.Create(json, new() { ContextLength = 9 });
        var plain = ClipTokenizer.Load(_directory.Combine("tokenizer"), new() { ContextLength = 9 });

        foreach (var (text, expected) in Texts)
        {
            foreach (var tokenizer in new[] { model.Tokenizer, alone, plain })
            {
                int[] ids = new int[9];
                tokenizer.EncodeToContext(text, ids, out _);
                Assert.Equal(expected, ids[..expected.Length]);
                Assert.Equal(0, ids[^1]);
            }
        }
    }

    [Fact]
    public void Write_FolderWithTokenizerJson_TakesItAndItsSettings()
    {
        TinyTokenizerFiles.Write(_directory.Combine("bpe"), 12);
        _directory.Write("bpe/tokenizer_config.json", """{ "bos_token": "<|startoftext|>", "eos_token": "<|endoftext|>", "pad_token": "!", "model_max_length": 12 }""");
        var graph = new TinyOnnx().Input("input_ids", TinyOnnx.Int64, "N", "T").Weights("table", TinyTowers.Draw(TinyTokenizerFiles.VocabularySize * 3, 1),
            TinyTokenizerFiles.VocabularySize, 3)
            .Node("Gather", ["table", "input_ids"], ["token_embeddings"]).Output("token_embeddings", TinyOnnx.Float, "N", "T", 3);
        Write(graph, t => t with { Tokenizer = _directory.Combine("bpe") });

        using var model = ClipModel.Load(_directory.Combine("model"));
        Assert.Equal(12, model.ContextLength);
        float[] table = TinyTowers.Draw(TinyTokenizerFiles.VocabularySize * 3, 1);
        int[] ids = new int[12];
        int length = model.Tokenizer.EncodeToContext("a red car", ids, out _);
        ids = [.. ids.TakeWhile(id => id != model.Tokenizer.PadId)];
        float[] expected = [.. Enumerable.Range(0, 3).Select(c => ids.Sum(id => table[(id * 3) + c]))];
        Assert.NotEqual(0, length);
        Tolerances.Close(TinyTowers.Unit(expected), model.EncodeTexts(["a red car"])[0], Tolerances.ComposedGraph);
    }

    [Theory]
    [InlineData("none", "takes no token ids")]
    [InlineData("other", "also takes z")]
    [InlineData("outputs", "gives 2 tensors")]
    public void Write_WhatIsNoTextEncoder_IsRefusedWithWhatWasExpectedAndFound(string kind, string expected)
    {
        var graph = kind switch
        {
            "none" => TinyTowers.Image("N"),
            "other" => TinyTowers.Text().Input("z", TinyOnnx.Float, "batch", 1, TinyTowers.TextWidth).Node("Add", ["last_hidden_state", "z"], ["sentence_embedding"]).Output("sentence_embedding", TinyOnnx.Float, "batch", "T",
                TinyTowers.TextWidth),
            _ => new TinyOnnx().Input("input_ids", TinyOnnx.Int64, "N", "T").Node("Cast", ["input_ids"], ["p"], ("to", TinyOnnx.Float)).Node("Relu", ["p"], ["q"]).Output("p",
                TinyOnnx.Float, "N", "T").Output("q", TinyOnnx.Float, "N", "T"),
        };

        var error = Assert.Throws<InvalidDataException>(() => Write(graph, t => t));
        Assert.Contains(expected, error.Message, StringComparison.Ordinal);
        Assert.False(Directory.Exists(_directory.Combine("model")));
    }

    [Fact]
    public void Write_WithoutTokenizer_SaysWhatWasLookedFor()
    {
        var error = Assert.Throws<FileNotFoundException>(() => Write(TinyTowers.Text(), t => t with { Tokenizer = _directory.Combine("nothing.txt") }));
        Assert.Contains("vocab.txt", error.Message, StringComparison.Ordinal);
        Directory.CreateDirectory(_directory.Combine("empty"));
        error = Assert.Throws<FileNotFoundException>(() => Write(TinyTowers.Text(), t => t with { Tokenizer = _directory.Combine("empty") }));
        Assert.Contains("tokenizer.json", error.Message, StringComparison.Ordinal);
    }

    [Fact]
    public void Write_TokenizerThatFillsWithItsEndToken_IsRefused()
    {
        TinyTokenizerFiles.Write(_directory.Combine("bpe"), 12);

        var error = Assert.Throws<NotSupportedException>(() => Write(TinyTowers.Text(), t => t with { Tokenizer = _directory.Combine("bpe") }));
        Assert.Contains("pad_token", error.Message, StringComparison.Ordinal);
    }

    // The vocabulary is larger than the table.
    [Fact]
    public void Write_TokenizerOfAnotherEncoder_IsFoundOut()
    {
        string words = _directory.Write("words.txt", string.Join('\n', TinyTowers.Vocabulary.Concat(["in", "front", "house", "bicycle", "dogs", "and", "one"])));

        var error = Assert.Throws<InvalidDataException>(() => Write(TinyTowers.Text(), t => t with { Tokenizer = words }));
        Assert.Contains("could not be composed", error.Message, StringComparison.Ordinal);
    }

    private void Write(TinyOnnx graph, Func<ClipTextTower, ClipTextTower> choose) =>
        choose(new ClipTextTower(_directory.Write("tower.onnx", graph.ToBytes()), TinyTowers.WriteVocabulary(_directory))).Write(_directory.Combine("model"));
}
