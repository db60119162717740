namespace Microsoft.ML.Clip.Tests;

/// <summary>A byte-pair encoding in a tokenizer.json.</summary>
public sealed class BytePairReaderTests
{
    [Theory]
    [InlineData("""["a b", "ab a"]""")]
    [InlineData("""[["a", "b"], ["ab", "a"]]""")]
    public void Read_Merges_InEitherForm(string merges) => Assert.Equal([2, 3], Read($$""" "merges": {{merges}} """).Encode("abaab"));

    [Theory]
    [InlineData("")]
    [InlineData(""" , "end_of_word_suffix": null, "continuing_subword_prefix": null, "dropout": null, "unk_token": null, "fuse_unk": null, "byte_fallback": false """)]
    public void Read_OptionsThatAreNotThere_AreOff(string options) => Assert.Equal([0], Read($$""" "merges": [] {{options}} """).Encode("ac"));

    [Fact]
    public void Read_Options_AreTheModels()
    {
        Assert.Equal([0, 4], Read(""" "merges": [], "end_of_word_suffix": "$" """).Encode("ab"));
        Assert.Equal([0, 5, 5], Read(""" "merges": [], "unk_token": "?" """).Encode("acc"));
        Assert.Equal([0, 5], Read(""" "merges": [], "unk_token": "?", "fuse_unk": true """).Encode("acc"));
    }

    [Theory]
    [InlineData(""" "merges": ["a"] """, "property 'model.merges[0]' must be a pair of tokens, but is \"a\"")]
    [InlineData(""" "merges": ["a b", "a b a"] """, "property 'model.merges[1]' must be a pair of tokens")]
    [InlineData(""" "merges": [["a", "b", "a"]] """, "property 'model.merges[0]' must be a pair of tokens")]
    [InlineData(""" "merges": [["a", 1]] """, "property 'model.merges[0]' must be a pair of tokens")]
    [InlineData(""" "merges": [" a"] """, "property 'model.merges[0]' must be a pair of tokens")]
    [InlineData(""" "merges": {} """, "property 'model.merges' must be an array")]
    [InlineData(""" "merges": ["b b"] """, "needs the token 'bb'")]
    [InlineData(""" "dropout": "x" """, "property 'model.dropout' must be a finite number")]
    public void Read_Nonsense_NamesTheProperty(string rest, string expected) =>
        Assert.Contains(expected, Assert.Throws<InvalidDataException>(() => Read(rest)).Message, StringComparison.Ordinal);

    [Theory]
    [InlineData(""" "byte_fallback": true """, "'byte_fallback'")]
    [InlineData(""" "ignore_merges": true """, "'ignore_merges'")]
    [InlineData(""" "dropout": 0.1 """, "'dropout'")]
    [InlineData(""" "continuing_subword_prefix": "##" """, "'continuing_subword_prefix'")]
    public void Read_OptionsOfOtherModels_AreRefused(string rest, string expected) =>
        Assert.Contains($"The file sets {expected} of its byte-pair model", Assert.Throws<NotSupportedException>(() => Read(rest)).Message, StringComparison.Ordinal);

    [Theory]
    [InlineData("""{ "type": "Whitespace" }""")]
    [InlineData("null")]
    public void Read_WithoutByteLevel_TakesCharactersUnlessWordsEndInAMark(string preTokenizer)
    {
        Assert.IsType<CharacterPairModel>(BytePairReader.Read(Fields(""" "merges": [] """, preTokenizer)));
        Assert.Contains("The file has no pre-tokenizer 'ByteLevel'", Assert.Throws<NotSupportedException>(() =>
            BytePairReader.Read(Fields(""" "merges": [], "end_of_word_suffix": "$" """, preTokenizer))).Message, StringComparison.Ordinal);
    }

    private static BytePairModel Read(string rest, string preTokenizer = """{ "type": "Sequence", "pretokenizers": [{ "type": "ByteLevel" }] }""") =>
        (BytePairModel)BytePairReader.Read(Fields(rest, preTokenizer));

    private static JsonField Fields(string rest, string preTokenizer) =>
        JsonFields.Parse($$"""{ "pre_tokenizer": {{preTokenizer}}, "model": { "vocab": { "a": 0, "b": 1, "aba": 2, "ab": 3, "b$": 4, "?": 5 }, {{rest}} } }""");
}
