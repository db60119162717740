using System.Globalization;

namespace Microsoft.ML.Clip;

/// <summary>
/// What the smaller files beside the vocabulary say: special tokens and length. <c>eos_token_id</c> of config.json is not read: old exports say 2,
/// which is no end token of theirs.
/// </summary>
internal sealed class TokenizerSettings
{
    private readonly Dictionary<string, AddedToken> _roles = [];
    private readonly Dictionary<string, AddedToken> _addedTokens = [];
    private int? _modelMaxLength;
    private int? _positions;

    /// <summary>Tokens with ids that may lie outside the vocabulary.</summary>
    public IReadOnlyCollection<AddedToken> AddedTokens => _addedTokens.Values;

    /// <summary>The token of a role, <c>bos_token</c>, <c>eos_token</c>, <c>unk_token</c> or <c>pad_token</c>; its id is not known here.</summary>
    public AddedToken? Role(string role) => _roles.GetValueOrDefault(role);

    /// <summary>The context length: the tokenizer's limit, the truncation of tokenizer.json, then the model's number of positions.</summary>
    public int? ContextLength(int? truncation) => _modelMaxLength ?? truncation ?? _positions;

    /// <summary>The tokenizer's own limit, as the file has it; it may be without sense.</summary>
    public int? ModelMaxLength => _modelMaxLength;

    /// <summary>The number of positions that the model's configuration tells.</summary>
    public int? Positions => _positions;

    public static IReadOnlyList<string> FileNames(ModelFiles files, string folder)
    {
        // The model's own configuration lies at the root, wherever the tokenizer is.
        string[] names =
            [folder + KnownFiles.TokenizerConfiguration, folder + KnownFiles.SpecialTokens, folder + KnownFiles.AddedTokens, .. KnownFiles.ModelConfigurations];
        return [.. names.Where(files.Contains)];
    }

    /// <exception cref="InvalidDataException">A file is malformed; the message names it.</exception>
    public static TokenizerSettings Read(ModelFiles files, IEnumerable<string> names)
    {
        var settings = new TokenizerSettings();
        foreach (string name in names)
        {
            var file = JsonFile.Open(files, name);
            switch (Path.GetFileName(name))
            {
                case KnownFiles.AddedTokens:
                    settings.ReadAddedTokens(file);
                    break;
                case KnownFiles.Configuration or KnownFiles.OpenClipModel:
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
    private void ReadTokenizerConfig(JsonField file)
    {
        _modelMaxLength ??= file["model_max_length"].FindInteger();
        RejectLeft(file["padding_side"]);
        RejectLeft(file["truncation_side"]);
        foreach (string role in (string[])["bos_token", "eos_token", "unk_token", "pad_token"])
        {
            if (file[role] is { Exists: true } token && !_roles.ContainsKey(role))
            {
                _roles.Add(role, ReadToken(token));
            }
        }
        foreach (var (key, token) in file["added_tokens_decoder"].FindProperties())
        {
            int id = int.TryParse(key, NumberStyles.None, CultureInfo.InvariantCulture, out int parsed) && parsed < ClipTokenizer.MaximumVocabularySize
                ? parsed
                : throw file["added_tokens_decoder"].Error($"an object whose names are token ids from 0 to {ClipTokenizer.MaximumVocabularySize - 1} (one is '{key}')");
            var added = ReadToken(token) with { Id = id };
            _addedTokens[added.Content] = added;
        }
    }

    private void ReadAddedTokens(JsonField file)
    {
        foreach (var (token, id) in file.Properties())
        {
            _addedTokens.TryAdd(token, new AddedToken(token, id.TokenId(), false, false, false, Normalized: true));
        }
    }

    private void ReadModelConfig(JsonField file)
    {
        var openClip = file["model_cfg"] is { Exists: true } part ? part : file;
        _positions ??= file["text_config"]["max_position_embeddings"].FindInteger()
            ?? openClip["text_cfg"]["context_length"].FindInteger()
            ?? file["max_position_embeddings"].FindInteger();
    }

    /// <summary>A token given as its text, or as an object with flags.</summary>
    public static AddedToken ReadToken(JsonField token) => token switch
    {
        { IsText: true } => new AddedToken(token.Text(), Id: -1, false, false, false, Normalized: true),
        { IsObject: true } => new AddedToken(token["content"].Text(), Id: -1, token["single_word"].Flag(false), token["lstrip"].Flag(false),
            token["rstrip"].Flag(false), token["normalized"].Flag(true)),
        _ => throw token.Error("a text, or an object with 'content'"),
    };

    /// <summary>CLIP's position embeddings start at the start token: filling or cutting on the left would give other embeddings.</summary>
    public static void RejectLeft(JsonField side)
    {
        if (string.Equals(side.FindText(), "left", StringComparison.OrdinalIgnoreCase))
        {
            throw new NotSupportedException($"{side.File} asks for '{side.Path}' = left; CLIP texts are padded and truncated on the right.");
        }
    }
}
