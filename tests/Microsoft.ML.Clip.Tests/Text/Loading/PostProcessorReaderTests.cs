namespace Microsoft.ML.Clip.Tests;

public sealed class PostProcessorReaderTests
{
    private static readonly TokenTable Tokens = new(BytePairReader.Read(JsonFields.Parse("""
        { "model": { "vocab": { "<s>": 5, "</s>": 6 }, "merges": [] }, "pre_tokenizer": { "type": "ByteLevel" } }
        """)), []);

    [Theory]
    [InlineData("RobertaProcessing"), InlineData("BertProcessing")]
    public void Read_Pair_IsStartAndEnd(string type) => Assert.Equal(("<s>", "</s>"), Read($$"""{ "type": "{{type}}", "sep": ["</s>", 6], "cls": ["<s>", 5] }"""));

    [Theory]
    [InlineData("""[{ "SpecialToken": { "id": "<s>" } }, { "Sequence": { "id": "A" } }, { "SpecialToken": { "id": "</s>" } }]""", "<s>", "</s>")]
    [InlineData("""[{ "Sequence": { "id": "A" } }, { "SpecialToken": { "id": "</s>" } }]""", null, "</s>")]
    public void Read_Template_IsWhatStandsAround(string single, string? start, string end) =>
        Assert.Equal((start, end), Read($$"""{ "type": "TemplateProcessing", "single": {{single}} }"""));

    [Theory]
    [InlineData("""[{ "Sequence": { "id": "A" } }]""")]
    [InlineData("""[{ "SpecialToken": { "id": "<s>" } }, { "Sequence": { "id": "A" } }]""")]
    [InlineData("""[{ "Sequence": { "id": "A" } }, { "SpecialToken": { "id": "</s>" } }, { "SpecialToken": { "id": "</s>" } }]""")]
    [InlineData("""[{ "SpecialToken": { "id": "<s>" } }, { "SpecialToken": { "id": "</s>" } }]""")]
    [InlineData("[]")]
    public void Read_AnotherTemplate_IsRefused(string single) => Assert.Contains("The file frames a text otherwise",
        Assert.Throws<NotSupportedException>(() => Read($$"""{ "type": "TemplateProcessing", "single": {{single}} }""")).Message, StringComparison.Ordinal);

    [Fact]
    public void Read_Sequence_TakesTheFirstThatFrames()
    {
        Assert.Equal(("<s>", "</s>"), Read("""
            { "type": "Sequence", "processors": [{ "type": "ByteLevel" }, { "type": "BertProcessing", "sep": ["</s>", 6], "cls": ["<s>", 5] },
              { "type": "BertProcessing", "sep": ["<s>", 5], "cls": ["</s>", 6] }] }
            """));
        Assert.Null(Read("""{ "type": "Sequence", "processors": [] }"""));
        Assert.Null(Read("""{ "type": "ByteLevel" }"""));
        Assert.Null(Read("null"));
    }

    [Theory]
    [InlineData("""{ "type": "BertProcessing", "cls": ["<s>", 5] }""", "The file: property 'post_processor.sep' must be an array, but is missing.")]
    [InlineData("""{ "type": "BertProcessing", "cls": ["<s>"], "sep": ["</s>", 6] }""", "The file: property 'post_processor.cls' must be a token and its id, but is [\"<s>\"].")]
    [InlineData("""{ "type": "BertProcessing", "cls": [5, "<s>"], "sep": ["</s>", 6] }""", "The file: property 'post_processor.cls' must be a token and its id")]
    [InlineData("""{ "type": "BertProcessing", "cls": ["<s>", 6], "sep": ["</s>", 6] }""", "The file: property 'post_processor.cls[1]' must be 5, the id of '<s>' in the vocabulary, but is 6.")]
    [InlineData("""{ "type": "BertProcessing", "cls": ["<x>", 6], "sep": ["</s>", 6] }""", "The post_processor.cls token '<x>' is neither in the vocabulary")]
    [InlineData("""{ "type": "TemplateProcessing" }""", "The file: property 'post_processor.single' must be an array, but is missing.")]
    public void Read_Nonsense_NamesTheProperty(string processor, string expected) =>
        Assert.StartsWith(expected, Assert.Throws<InvalidDataException>(() => Read(processor)).Message, StringComparison.Ordinal);

    [Fact]
    public void Read_AnotherKind_IsRefused() => Assert.Contains("The file uses the post-processor 'Unheard'",
        Assert.Throws<NotSupportedException>(() => Read("""{ "type": "Unheard" }""")).Message, StringComparison.Ordinal);

    private static (string? Start, string End)? Read(string processor) => PostProcessorReader.Read(JsonFields.Parse($$"""{ "post_processor": {{processor}} }"""), Tokens);
}
