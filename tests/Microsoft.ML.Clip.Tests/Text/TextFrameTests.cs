using System.Text.Json.Nodes;

namespace Microsoft.ML.Clip.Tests;

/// <summary>What stands around a text: where it is said, and that every way to encode goes by it.</summary>
public sealed class TextFrameTests : IDisposable
{
    private const string Template = """{ "type": "TemplateProcessing", "single": [START { "Sequence": { "id": "A", "type_id": 0 } }, { "SpecialToken": { "id": "<|endoftext|>", "type_id": 0 } }] }""";
    private const string StartToken = """{ "SpecialToken": { "id": "<|startoftext|>", "type_id": 0 } },""";

    private static readonly int Start = TinyTokenizerFiles.StartOfText, End = TinyTokenizerFiles.EndOfText;

    private readonly TemporaryDirectory _directory = new();

    public void Dispose() => _directory.Dispose();

    [Fact]
    public void Frame_OfTokenizerJson_IsItsPostProcessors()
    {
        TinyTokenizer.WriteJson(_directory, json => json["post_processor"] = JsonNode.Parse(Template.Replace("START", StartToken, StringComparison.Ordinal)));
        Assert.Equal([Start, End], Load().EncodeToIds(""));

        TinyTokenizer.WriteJson(_directory, json => json["post_processor"] = JsonNode.Parse(Template.Replace("START", "", StringComparison.Ordinal)));
        Assert.Equal([End], Load().EncodeToIds(""));
        Assert.Null(Load().StartOfTextId);

        TinyTokenizer.WriteJson(_directory, json => json["post_processor"] = JsonNode.Parse(Template.Replace("START", StartToken + StartToken, StringComparison.Ordinal)));
        Assert.Contains("'tokenizer.json'", Assert.Throws<NotSupportedException>(() => Load()).Message, StringComparison.Ordinal);
    }

    [Fact]
    public void Frame_WhereNoFileTellsIt_IsTheFamilys()
    {
        TinyTokenizer.WriteJson(_directory, json => json.Remove("post_processor"));
        Assert.Equal([Start, End], Load().EncodeToIds(""));
        Assert.Equal([End], Load(new TextRule(null, "<|endoftext|>")).EncodeToIds(""));
        Assert.Equal([0, 3], Load(new TextRule("!", "$")).EncodeToIds(""));

        // A family without a start token has none, whatever token is named for other uses.
        _directory.Write("tokenizer_config.json", """{ "bos_token": "!", "eos_token": "$" }""");
        Assert.Equal([0, 3], Load().EncodeToIds(""));
        Assert.Equal([3], Load(new TextRule(null, "<|endoftext|>")).EncodeToIds(""));
    }

    [Fact]
    public void Frame_OfAVocabulary_IsTheFamilys()
    {
        TinyTokenizer.WritePair(_directory);

        Assert.Equal([Start, End], Load().EncodeToIds(""));
        var ended = Load(new TextRule(null, "<|endoftext|>"));
        Assert.Equal([End], ended.EncodeToIds(""));
        // The text of the start token is an ordinary text there.
        Assert.DoesNotContain(Start, ended.EncodeToIds("<|startoftext|>"));
        Assert.Contains("The start-of-text token '<x>'", Assert.Throws<InvalidDataException>(() => Load(new TextRule("<x>", "<|endoftext|>"))).Message, StringComparison.Ordinal);
    }

    [Fact]
    public void PadId_OfTheFamily_BeatsTheFilesButNotTheCaller()
    {
        TinyTokenizer.WriteJson(_directory, json => json["padding"] = JsonNode.Parse("""{ "direction": "Right", "pad_id": 5, "pad_token": "&" }"""));
        var rule = TextRule.Clip with { PadId = 7 };

        Assert.Equal(5, Load().PadId);
        Assert.Equal(7, Load(rule).PadId);
        Assert.Equal(7, Load(rule, new() { Cleaning = ClipTextCleaning.OpenAI }).PadId);
        Assert.Equal(9, Load(rule, new() { PadId = 9 }).PadId);
        Assert.Contains("pad id 99999", Assert.Throws<InvalidDataException>(() => Load(rule with { PadId = 99999 })).Message, StringComparison.Ordinal);
    }

    [Theory]
    [InlineData(ClipTextCleaning.HuggingFace), InlineData(ClipTextCleaning.OpenAI)]
    public void Encode_WithoutAStartToken_AgreesInEveryWay(ClipTextCleaning cleaning)
    {
        const string Text = "red cat of dog";
        TinyTokenizer.WriteJson(_directory, json => json.Remove("post_processor"));
        var tokenizer = Load(new TextRule(null, "<|endoftext|>"), new() { Cleaning = cleaning, ContextLength = 6 });
        int[] whole = [.. Load().EncodeToIds(Text).Skip(1)];

        Assert.Equal(5, whole.Length);
        Assert.Equal(whole, tokenizer.EncodeToIds(Text));
        Assert.Equal(5, tokenizer.CountTokens(Text));
        Assert.Equal(whole, tokenizer.EncodeToTokens(Text, out _).Select(t => t.Id));
        Assert.Equal([0..3, 4..7, 8..10, 11..14, 14..14], tokenizer.EncodeToTokens(Text, out _).Select(t => t.Offset));
        Assert.Equal(Text, tokenizer.Decode(whole, considerSpecialTokens: false));

        int[] ids = new int[6];
        Assert.Equal(5, tokenizer.EncodeToContext(Text, ids, out bool truncated));
        Assert.Equal([.. whole, tokenizer.PadId], ids);
        Assert.False(truncated);
        Assert.Equal(6, tokenizer.EncodeToContext(Text + " cat", ids, out truncated));
        Assert.Equal((End, false), (ids[5], truncated));
        Assert.Equal(6, tokenizer.EncodeToContext(Text + " cat cat", ids, out truncated));
        Assert.Equal((End, true), (ids[5], truncated));
        Assert.Equal([.. whole[..4], Load().EncodeToIds("cat")[1], End], ids);
    }

    [Fact]
    public void EncodeToIds_LimitWithoutAStartToken_KeepsTheEnd()
    {
        const string Text = "red cat of dog";
        TinyTokenizer.WriteJson(_directory, json => json.Remove("post_processor"));
        var tokenizer = Load(new TextRule(null, "<|endoftext|>"));
        int[] whole = [.. tokenizer.EncodeToIds(Text)];
        (int Limit, int Consumed)[] expected = [(1, 0), (2, 3), (3, 7), (4, 10), (5, 14), (6, 14)];

        foreach (var (limit, consumed) in expected)
        {
            Assert.Equal([.. whole[..(Math.Min(limit, 5) - 1)], End], tokenizer.EncodeToIds(Text, limit, out _, out int found));
            Assert.Equal(consumed, found);
            Assert.Equal(consumed, tokenizer.GetIndexByTokenCount(Text, limit, out _, out int count));
            Assert.Equal(Math.Min(limit, 5), count);
        }
        Assert.Equal(14, tokenizer.GetIndexByTokenCountFromEnd(Text, 1, out _, out int last));
        Assert.Equal(1, last);
        Assert.Equal(8, tokenizer.GetIndexByTokenCountFromEnd(Text, 3, out _, out last));
        Assert.Equal(3, last);
        Assert.Equal(0, tokenizer.GetIndexByTokenCountFromEnd(Text, 5, out _, out last));
        Assert.Equal(5, last);
    }

    [Fact]
    public void ContextLength_ThatHoldsOnlyTheFrame_IsTheLeast()
    {
        TinyTokenizer.WriteJson(_directory, json => json.Remove("post_processor"));
        var ended = new TextRule(null, "<|endoftext|>");
        int[] ids = new int[1];

        Assert.Equal(1, Load(ended, new() { ContextLength = 1 }).EncodeToContext("cat", ids, out bool truncated));
        Assert.Equal((End, true), (ids[0], truncated));
        Assert.Throws<ArgumentOutOfRangeException>(() => Load(ended, new() { ContextLength = 0 }));
        Assert.Contains("must hold the 2 tokens around a text", Assert.Throws<ArgumentOutOfRangeException>(() => Load(null, new() { ContextLength = 1 })).Message, StringComparison.Ordinal);
    }

    private ClipTokenizer Load(TextRule? rule = null, ClipTokenizerOptions? options = null) =>
        ClipTokenizer.Load(new DirectoryModelFiles(_directory), options ?? ClipTokenizerOptions.Default, rule);
}
