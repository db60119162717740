using System.Globalization;
using System.Text.Json;

namespace Microsoft.ML.Clip;

/// <summary>
/// What the smaller files beside the vocabulary say: special tokens and length. <c>eos_token_id</c> of config.json is not read: old exports say 2,
/// which is no end token of theirs.
/// </summary>
internal sealed class TokenizerSettings
{
    private const string TokenizerConfig = "tokenizer_config.json", SpecialTokensMap = "special_tokens_map.json", AddedTokensName = "added_tokens.json";
    private const string ModelConfig = "config.json", OpenClipConfig = "open_clip_config.json";

    private readonly Dictionary<string, AddedToken> _roles = [];
    private readonly Dictionary<string, AddedToken> _addedTokens = [];
    private int? _modelMaxLength;
    private int? _positions;

    /// <summary>Tokens with ids that may lie outside the vocabulary.</summary>
    public IReadOnlyCollection<AddedToken> AddedTokens => _addedTokens.Values;

    /// <summary>The file that named a role's token, for messages.</summary>
    public string? Source { get; private set; }

    /// <summary>The token of a role, <c>bos_token</c>, <c>eos_token</c>, <c>unk_token</c> or <c>pad_token</c>; its id is not known here.</summary>
    public AddedToken? Role(string role) => _roles.GetValueOrDefault(role);

    /// <summary>The context length: the tokenizer's limit, the truncation of tokenizer.json, then the model's number of positions.</summary>
    public int? ContextLength(int? truncation) => _modelMaxLength ?? truncation ?? _positions;

    public static IReadOnlyList<string> FileNames(ModelFiles files, string folder)
    {
        // The model's own configuration lies at the root, wherever the tokenizer is.
        string[] names = [folder + TokenizerConfig, folder + SpecialTokensMap, folder + AddedTokensName, ModelConfig, OpenClipConfig];
        return [.. names.Where(files.Contains)];
    }

    /// <exception cref="InvalidDataException">A file is malformed; the message names it.</exception>
    public static TokenizerSettings Read(ModelFiles files, IEnumerable<string> names)
    {
        var settings = new TokenizerSettings();
        foreach (string name in names)
        {
            using var file = JsonFile.Open(files, name);
            switch (Path.GetFileName(name))
            {
                case AddedTokensName:
                    settings.ReadAddedTokens(file);
                    break;
                case ModelConfig or OpenClipConfig:
                    settings.ReadModelConfig(file);
                    break;
                default:
                    settings.ReadTokenizerConfig(file);
                    break;
            }
        }
        return settings;
    }

    // tokenizer_config.json and special_tokens_map.json share their form; the former is read first and wins.
    private void ReadTokenizerConfig(JsonFile file)
    {
        Source = file.Description;
        _modelMaxLength ??= file.FindInt(file.Root, "model_max_length");
        RejectLeft(file, file.Root, "padding_side");
        RejectLeft(file, file.Root, "truncation_side");
        foreach (string role in (string[])["bos_token", "eos_token", "unk_token", "pad_token"])
        {
            if (file.Root.TryGetProperty(role, out var token) && token.ValueKind != JsonValueKind.Null && !_roles.ContainsKey(role))
            {
                _roles.Add(role, ReadToken(file, token, role));
            }
        }
        foreach (var token in file.Find(file.Root, "added_tokens_decoder", JsonValueKind.Object)?.EnumerateObject() ?? default)
        {
            int id = int.TryParse(token.Name, NumberStyles.None, CultureInfo.InvariantCulture, out int parsed)
                ? parsed
                : throw file.Error($"'{token.Name}' in 'added_tokens_decoder' is no token id");
            var added = ReadToken(file, token.Value, token.Name) with { Id = id };
            _addedTokens[added.Content] = added;
        }
    }

    private void ReadAddedTokens(JsonFile file)
    {
        foreach (var token in file.Root.EnumerateObject())
        {
            _addedTokens.TryAdd(token.Name, new AddedToken(token.Name, file.ReadId(token.Value, token.Name), false, false, false, Normalized: true));
        }
    }

    private void ReadModelConfig(JsonFile file)
    {
        var openClip = file.Find(file.Root, "model_cfg", JsonValueKind.Object) ?? file.Root;
        _positions ??= (file.Find(file.Root, "text_config", JsonValueKind.Object) is { } text ? file.FindInt(text, "max_position_embeddings") : null)
            ?? (file.Find(openClip, "text_cfg", JsonValueKind.Object) is { } cfg ? file.FindInt(cfg, "context_length") : null)
            ?? file.FindInt(file.Root, "max_position_embeddings");
    }

    /// <summary>A token given as its text, or as an object with flags.</summary>
    public static AddedToken ReadToken(JsonFile file, JsonElement token, string what) => token.ValueKind switch
    {
        JsonValueKind.String => new AddedToken(token.GetString()!, Id: -1, false, false, false, Normalized: true),
        JsonValueKind.Object => new AddedToken(
            file.GetString(token, "content"),
            Id: -1,
            file.FindFlag(token, "single_word"),
            file.FindFlag(token, "lstrip"),
            file.FindFlag(token, "rstrip"),
            file.FindFlag(token, "normalized", missing: true)),
        _ => throw file.Error($"the token '{what}' should be a text or an object with 'content', but is a JSON {token.ValueKind}"),
    };

    /// <summary>CLIP's position embeddings start at the start token: filling or cutting on the left would give other embeddings.</summary>
    public static void RejectLeft(JsonFile file, JsonElement parent, string property)
    {
        if (string.Equals(file.FindString(parent, property), "left", StringComparison.OrdinalIgnoreCase))
        {
            throw new NotSupportedException($"{file.Description} asks for '{property}' = left; CLIP texts are padded and truncated on the right.");
        }
    }
}
