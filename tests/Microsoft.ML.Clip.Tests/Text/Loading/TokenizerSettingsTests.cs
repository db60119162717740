using System.Text;

namespace Microsoft.ML.Clip.Tests;

public sealed class TokenizerSettingsTests
{
    [Fact]
    public void Role_OfSeveralFiles_IsThatOfTheFirst()
    {
        var settings = Read(
            ("tokenizer_config.json", """{ "bos_token": "<a>", "eos_token": { "content": "<b>", "lstrip": true, "rstrip": true, "single_word": true, "normalized": false }, "pad_token": null }"""),
            ("special_tokens_map.json", """{ "bos_token": "<x>", "pad_token": "<c>", "unk_token": { "content": "<d>" } }"""));

        Assert.Equal(new AddedToken("<a>", -1, false, false, false, true), settings.Role("bos_token"));
        Assert.Equal(new AddedToken("<b>", -1, true, true, true, false), settings.Role("eos_token"));
        Assert.Equal("<c>", settings.Role("pad_token")?.Content);
        Assert.Equal(new AddedToken("<d>", -1, false, false, false, true), settings.Role("unk_token"));
        Assert.Null(settings.Role("cls_token"));
    }

    [Fact]
    public void AddedTokens_OfSeveralFiles_AreThoseOfTheFirst()
    {
        var settings = Read(
            ("tokenizer_config.json", """{ "added_tokens_decoder": { "7": { "content": "<a>", "normalized": false }, "8": { "content": "<b>", "lstrip": true } } }"""),
            ("added_tokens.json", """{ "<a>": 9, "<c>": 10 }"""));

        Assert.Equal(
            [new("<a>", 7, false, false, false, false), new("<b>", 8, false, true, false, true), new("<c>", 10, false, false, false, true)],
            settings.AddedTokens);
    }

    [Theory]
    [InlineData(null, null, null, null, null)]
    [InlineData(null, null, """{ "text_config": { "max_position_embeddings": 40 } }""", null, 40)]
    [InlineData(null, null, """{ "max_position_embeddings": 50 }""", null, 50)]
    [InlineData(null, null, """{ "text_cfg": { "context_length": 60 } }""", null, 60)]
    [InlineData(null, null, """{ "text_config": { "max_position_embeddings": 40 }, "text_cfg": { "context_length": 60 }, "max_position_embeddings": 50 }""", null, 40)]
    [InlineData(null, null, """{ "text_cfg": { "context_length": 60 }, "max_position_embeddings": 50 }""", null, 60)]
    [InlineData(null, null, "{}", """{ "model_cfg": { "text_cfg": { "context_length": 70 } } }""", 70)]
    [InlineData(null, null, """{ "max_position_embeddings": 50 }""", """{ "model_cfg": { "text_cfg": { "context_length": 70 } } }""", 50)]
    [InlineData(null, 30, """{ "max_position_embeddings": 50 }""", null, 30)]
    [InlineData("20", 30, """{ "max_position_embeddings": 50 }""", null, 20)]
    [InlineData("1000000000000000019884624838656", 30, null, null, 30)]
    public void ContextLength_Sources_CountInOrder(string? modelMaxLength, int? truncation, string? config, string? openClip, int? expected)
    {
        var settings = Read(
            ("tokenizer_config.json", modelMaxLength is null ? "{}" : $$"""{ "model_max_length": {{modelMaxLength}} }"""),
            ("config.json", config ?? "{}"),
            ("open_clip_config.json", openClip ?? "{}"));

        Assert.Equal(expected, settings.ContextLength(truncation));
    }

    [Theory]
    [InlineData("""{ "padding_side": "left" }""", "'padding_side' = left")]
    [InlineData("""{ "truncation_side": "LEFT" }""", "'truncation_side' = left")]
    public void Read_LeftSide_IsRefused(string json, string expected)
    {
        Assert.Contains("'tokenizer_config.json' in memory asks for " + expected, Assert.Throws<NotSupportedException>(() => Read(("tokenizer_config.json", json))).Message, StringComparison.Ordinal);
        Read(("tokenizer_config.json", json.Replace("left", "right", StringComparison.OrdinalIgnoreCase)));
    }

    [Theory]
    [InlineData("tokenizer_config.json", """{ "bos_token": ["<s>"] }""", "property 'bos_token' must be a text, or an object with 'content'")]
    [InlineData("tokenizer_config.json", """{ "bos_token": {} }""", "property 'bos_token.content' must be a text, but is missing")]
    [InlineData("tokenizer_config.json", """{ "added_tokens_decoder": { "-1": "<s>" } }""", "property 'added_tokens_decoder' must be an object whose names are token ids from 0 to 16777215 (one is '-1')")]
    [InlineData("tokenizer_config.json", """{ "added_tokens_decoder": { "16777216": "<s>" } }""", "(one is '16777216')")]
    [InlineData("tokenizer_config.json", """{ "added_tokens_decoder": { "1": 2 } }""", "property 'added_tokens_decoder.1' must be a text, or an object with 'content', but is 2")]
    [InlineData("added_tokens.json", """{ "<s>": -1 }""", "property '['<s>']' must be a whole number from 0 to 16777215, but is -1")]
    [InlineData("config.json", """{ "text_config": 7 }""", "property 'text_config' must be an object, but is 7")]
    public void Read_Nonsense_NamesFileAndProperty(string name, string json, string expected)
    {
        string message = Assert.Throws<InvalidDataException>(() => Read((name, json))).Message;
        Assert.StartsWith($"'{name}' in memory: ", message, StringComparison.Ordinal);
        Assert.Contains(expected, message, StringComparison.Ordinal);
    }

    [Fact]
    public void ReadAddedTokens_OfTokenizerJson_HaveIdsAndFlags()
    {
        var file = JsonFields.Parse("""
            { "added_tokens": [{ "id": 3, "content": "<a>" }, { "id": 4, "content": "<b>", "normalized": false, "rstrip": true, "special": true }] }
            """);

        Assert.Equal([new("<a>", 3, false, false, false, true), new("<b>", 4, false, false, true, false)], TokenizerJsonReader.ReadAddedTokens(file));
        Assert.Empty(TokenizerJsonReader.ReadAddedTokens(JsonFields.Parse("{}")));
        file = JsonFields.Parse("""{ "added_tokens": [{ "id": 3, "content": "<a>" }, { "content": "<b>" }] }""");
        Assert.Equal("The file: property 'added_tokens[1].id' must be a whole number from 0 to 16777215, but is missing.",
            Assert.Throws<InvalidDataException>(() => TokenizerJsonReader.ReadAddedTokens(file).ToList()).Message);
    }

    [Theory]
    [InlineData("{}", null, null, null)]
    [InlineData("""{ "truncation": null, "padding": null }""", null, null, null)]
    [InlineData("""{ "truncation": { "direction": "Right", "max_length": 5 }, "padding": { "direction": "Right", "pad_id": 6, "pad_token": "<p>" } }""", 5, 6, "<p>")]
    public void ReadLengths_OfTokenizerJson(string json, int? maximum, int? padId, string? padToken) =>
        Assert.Equal((maximum, padId, padToken), TokenizerJsonReader.ReadLengths(JsonFields.Parse(json)));

    private static TokenizerSettings Read(params (string Name, string Json)[] files) =>
        TokenizerSettings.Read(new MemoryModelFiles(files.ToDictionary(f => f.Name, f => Encoding.UTF8.GetBytes(f.Json)), "memory"), files.Select(f => f.Name));
}
