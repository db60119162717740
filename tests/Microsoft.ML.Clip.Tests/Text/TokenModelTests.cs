using System.Text;

namespace Microsoft.ML.Clip.Tests;

/// <summary>The tokenizer asks nothing of a token model but <see cref="ITokenModel"/>: one of another kind takes one class.</summary>
public sealed class TokenModelTests
{
    private static readonly ClipTokenizer Tokenizer = Create();

    [Fact]
    public void EncodeToIds_AnotherModel_IsAskedPieceByPiece()
    {
        Assert.Equal(["<s>", "cat", "sat", "?", "</s>"], Names(Tokenizer.EncodeToIds("CAT  sat dög")));
        int[] ids = new int[6];
        Assert.Equal(4, Tokenizer.EncodeToContext("cat sat", ids, out bool truncated));
        Assert.False(truncated);
        Assert.Equal(["<s>", "cat", "sat", "</s>", "<pad>", "<pad>"], Names(ids));
        Assert.Equal(5, Tokenizer.CountTokens("cat sat cat"));
    }

    [Fact]
    public void EncodeToTokens_AnotherModel_SaysWhereATokenStands() =>
        Assert.Equal([("<s>", 0..0), ("cat", 0..3), ("?", 4..7), ("sat", 8..11), ("</s>", 11..11)],
            Tokenizer.EncodeToTokens("cat dög sat", out _).Select(t => (t.Value, t.Offset)));

    [Fact]
    public void Decode_AnotherModel_SaysWhatATokenReadsAs()
    {
        Assert.Equal("<s>-cat-?-</s>", Tokenizer.Decode(Tokenizer.EncodeToIds("cat dog")));
        Assert.Equal("cat-?", Tokenizer.Decode(Tokenizer.EncodeToIds("cat dog"), considerSpecialTokens: false));
    }

    [Fact]
    public void Vocabulary_AnotherModel_IsExtendedByAddedTokens()
    {
        var model = new WholeWords();
        var same = new TokenTable(model, [Added("<s>", 0)]);
        var more = new TokenTable(model, [Added("<s>", 0), Added("<new>", 9)]);

        Assert.Same(model.Vocabulary, same.Ids);
        Assert.Equal(6, model.Vocabulary.Count);
        Assert.Equal((9, 10, "<new>"), (more.Id("<new>", "new"), more.Size, more[9]));
        Assert.Null(more[8]);
        Assert.Null(more[10]);
        Assert.Null(more[-1]);
        Assert.Equal(["<s>", "<new>"], more.Added.Select(t => t.Content));
        Assert.Contains("gives the token 'cat' the id 3, but adds it with the id 4", Assert.Throws<InvalidDataException>(() => new TokenTable(model, [Added("cat", 4)])).Message,
            StringComparison.Ordinal);
        Assert.Contains("The start token '<x>' is neither in the vocabulary nor among the added tokens of the test", Assert.Throws<InvalidDataException>(() => more.Id("<x>", "start"))
            .Message, StringComparison.Ordinal);
    }

    private static ClipTokenizer Create()
    {
        var model = new WholeWords();
        return new ClipTokenizer(new TokenizerDefinition
        {
            Model = model,
            Normalizer = ClipNormalizer.HuggingFace,
            Splitter = new ClipPieceSplitter([], ignoreCase: false),
            AddedTokens = [],
            Tokens = new TokenTable(model, []),
            Frame = new TextFrame(0, 1, 2),
            ContextLength = 6,
        });
    }

    private static AddedToken Added(string content, int id) => new(content, id, false, false, false, false);

    private static IEnumerable<string> Names(IEnumerable<int> ids) => ids.Select(id => Tokenizer.Vocabulary.Single(v => v.Value == id).Key);

    /// <summary>Knows two words; anything else is unknown as a whole. Words are read with hyphens between them.</summary>
    private sealed class WholeWords : ITokenModel
    {
        public string Source => "the test";

        public IReadOnlyDictionary<string, int> Vocabulary { get; } =
            new Dictionary<string, int> { ["<s>"] = 0, ["</s>"] = 1, ["<pad>"] = 2, ["cat"] = 3, ["sat"] = 4, ["?"] = 5 };

        public void Encode(scoped ReadOnlySpan<char> piece, ref ValueList<int> ids) => ids.Add(Vocabulary.GetValueOrDefault(piece.ToString(), 5));

        public void Locate(scoped ReadOnlySpan<char> piece, ref ValueList<TokenPlace> tokens) =>
            tokens.Add(new TokenPlace(Vocabulary.GetValueOrDefault(piece.ToString(), 5), 0, piece.Length));

        public void Decode(string token, ref bool joins, ref ValueList<byte> utf8)
        {
            utf8.AddRange(Encoding.UTF8.GetBytes(joins ? token : "-" + token));
            joins = false;
        }
    }
}
