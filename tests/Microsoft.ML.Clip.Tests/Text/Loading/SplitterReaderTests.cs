using System.Text.Json;

namespace Microsoft.ML.Clip.Tests;

public sealed class SplitterReaderTests
{
    private const string ByteLevel = """{ "type": "ByteLevel", "add_prefix_space": false }""", Plain = """{ "type": "ByteLevel", "add_prefix_space": false, "use_regex": false }""";

    [Theory]
    [InlineData("", "<|x|> it's 12", "<| x |> it 's 1 2")]
    [InlineData(@"x12|", "x12 12", "x 12 1 2")] // kept together, and then split by ByteLevel
    [InlineData(@"<\|x\|>|12|", "<|x|> 12", "<| x |> 12")]
    public void Read_ClipsOwn_HasASplitterOfItsOwn(string literals, string text, string expected)
    {
        var splitter = Read(Split(literals + ClipPieceSplitter.Pattern), ByteLevel);

        Assert.IsType<ClipPieceSplitter>(splitter);
        Assert.Equal(expected, string.Join(' ', splitter.Pieces(text)));
    }

    [Theory]
    [InlineData("a+|", true, "Removed", true)] // no plain text
    [InlineData("|", true, "Removed", true)] // an empty alternative
    [InlineData("x", true, "Removed", true)] // no bar behind it
    [InlineData("", false, "Removed", true)] // no regular expression
    [InlineData("", true, "Isolated", true)]
    [InlineData("", true, "Removed", false)]
    public void Read_AlmostClipsOwn_IsAnyOther(string literals, bool isRegex, string behavior, bool invert) =>
        Assert.IsType<SplitterSequence>(Read(Split(literals + ClipPieceSplitter.Pattern, isRegex, behavior, invert), ByteLevel));

    [Fact]
    public void Read_ClipsOwnWithoutByteLevelsPattern_KeepsSpecialTextsTogether() =>
        Assert.Equal(["<|x|>", "a"], Read(Split(@"<\|x\|>|" + ClipPieceSplitter.Pattern), Plain).Pieces("<|x|>a"));

    [Theory]
    [InlineData("a", false, "Removed", false, "xay", "x|y")]
    [InlineData("a", false, "Removed", true, "xay", "a")]
    [InlineData("a", false, "Isolated", false, "xay", "x|a|y")]
    [InlineData("a", false, "MergedWithPrevious", false, "xay", "xa|y")]
    [InlineData("a", true, "MergedWithNext", false, "xay", "x|ay")]
    [InlineData("a", false, "Contiguous", false, "xaay", "x|aa|y")]
    [InlineData(".", false, "Isolated", false, "x.y", "x|.|y")] // a text, not a pattern
    [InlineData("[xy]", true, "Isolated", false, "xay", "x|a|y")]
    public void Read_Split_IsByPatternAndBehavior(string pattern, bool isRegex, string behavior, bool invert, string text, string expected) =>
        Assert.Equal(expected, string.Join('|', Read(Split(pattern, isRegex, behavior, invert), Plain).Pieces(text)));

    [Theory]
    [InlineData("""{ "type": "WhitespaceSplit" }""", " a.b  c ", "a.b|c")]
    [InlineData("""{ "type": "Whitespace" }""", " a.b_1!?  c ", "a|.|b_1|!?|c")]
    [InlineData("""{ "type": "Sequence", "pretokenizers": [{ "type": "WhitespaceSplit" }, { "type": "Sequence", "pretokenizers": [{ "type": "Whitespace" }] }] }""", "a.b c", "a|.|b|c")]
    public void Read_OtherParts_AreKnown(string part, string text, string expected) => Assert.Equal(expected, string.Join('|', Read(part, Plain).Pieces(text)));

    [Fact]
    public void Read_ByteLevel_SplitsUnlessToldNotTo()
    {
        Assert.Equal(["a", " b"], Read(ByteLevel).Pieces("a b"));
        Assert.Equal(["a b"], Read(Plain).Pieces("a b"));
        Assert.Equal(["a b"], SplitterReader.Read(JsonFields.Parse("{}")).Pieces("a b"));
    }

    [Theory]
    [InlineData("{}", false)]
    [InlineData("""{ "pre_tokenizer": { "type": "Whitespace" } }""", false)]
    [InlineData("""{ "pre_tokenizer": { "type": "ByteLevel" } }""", true)]
    [InlineData("""{ "pre_tokenizer": { "type": "Sequence", "pretokenizers": [{ "type": "Whitespace" }, { "type": "ByteLevel" }] } }""", true)]
    public void IsByteLevel_LooksAtEveryPart(string json, bool expected) => Assert.Equal(expected, SplitterReader.IsByteLevel(JsonFields.Parse(json)));

    [Theory]
    [InlineData("""{ "type": "Digits" }""", "The file uses the pre-tokenizer 'Digits'")]
    [InlineData("""{ "type": "ByteLevel" }""", "The file uses 'ByteLevel' with 'add_prefix_space'")]
    public void Read_AnotherKind_IsRefused(string part, string expected) =>
        Assert.Contains(expected, Assert.Throws<NotSupportedException>(() => Read(part)).Message, StringComparison.Ordinal);

    [Theory]
    [InlineData("""{ }""", "property 'pre_tokenizer.pretokenizers[0].type' must be a text, but is missing")]
    [InlineData("""{ "type": "Split", "pattern": { "Regex": "[" }, "behavior": "Removed" }""", "property 'pre_tokenizer.pretokenizers[0].pattern' must be a regular expression that .NET knows")]
    [InlineData("""{ "type": "Split", "pattern": { "String": "a" }, "behavior": "Merged" }""", "property 'pre_tokenizer.pretokenizers[0].behavior' must be 'Removed', 'Isolated', 'MergedWithPrevious', 'MergedWithNext' or 'Contiguous', but is \"Merged\"")]
    [InlineData("""{ "type": "Metaspace" }""", "property 'pre_tokenizer.pretokenizers[0].replacement' must be a text, but is missing")]
    [InlineData("""{ "type": "Metaspace", "replacement": "ab" }""", "property 'pre_tokenizer.pretokenizers[0].replacement' must be one character of the basic plane, but is \"ab\"")]
    [InlineData("""{ "type": "Metaspace", "replacement": "_", "prepend_scheme": "x" }""", "property 'pre_tokenizer.pretokenizers[0].prepend_scheme' must be 'always', 'first' or 'never', but is \"x\"")]
    [InlineData("""{ "type": "Metaspace", "replacement": "_", "prepend_scheme": "first", "add_prefix_space": false }""", "property 'pre_tokenizer.pretokenizers[0].add_prefix_space' must be true, as 'prepend_scheme' is 'first'")]
    [InlineData("""{ "type": "Split", "pattern": { "Regex": "a" } }""", "property 'pre_tokenizer.pretokenizers[0].behavior' must be a text, but is missing")]
    public void Read_Nonsense_NamesTheProperty(string part, string expected) =>
        Assert.StartsWith("The file: " + expected, Assert.Throws<InvalidDataException>(() => Read(part)).Message, StringComparison.Ordinal);

    private static PieceSplitter Read(params string[] parts) =>
        SplitterReader.Read(JsonFields.Parse($$"""{ "pre_tokenizer": { "type": "Sequence", "pretokenizers": [{{string.Join(", ", parts)}}] } }"""));

    private static string Split(string pattern, bool isRegex = true, string behavior = "Removed", bool invert = true) => JsonSerializer.Serialize(new
    {
        type = "Split",
        pattern = new Dictionary<string, string> { [isRegex ? "Regex" : "String"] = pattern },
        behavior,
        invert,
    });
}
