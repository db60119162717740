namespace Microsoft.ML.Clip;

/// <summary>Gathers a tokenizer's definition from its files.</summary>
internal sealed class TokenizerLoader
{
    private const int DefaultContextLength = 77;
    private const int MaximumContextLength = 1 << 20;

    private readonly TokenizerFiles _files;
    private readonly TokenizerSettings _settings;
    private readonly ClipTokenizerOptions _options;
    private readonly FrameRule _rule;

    private TokenizerLoader(TokenizerFiles files, ClipTokenizerOptions options, FrameRule rule)
    {
        (_files, _options, _rule) = (files, options, rule);
        _settings = TokenizerSettings.Read(files.Files, files.Settings);
    }

    /// <param name="files">The files of the tokenizer.</param>
    /// <param name="options">What the caller says, which comes first.</param>
    /// <param name="rule">What the model's family says of the frame.</param>
    /// <exception cref="InvalidDataException">A file is malformed or contradicts another; the message names it.</exception>
    /// <exception cref="NotSupportedException">The files describe another kind of tokenizer.</exception>
    public static TokenizerDefinition Load(TokenizerFiles files, ClipTokenizerOptions options, FrameRule rule)
    {
        var loader = new TokenizerLoader(files, options, rule);
        return files.TokenizerJson is { } json ? loader.LoadJson(json) : loader.LoadVocabulary();
    }

    private TokenizerDefinition LoadJson(string name)
    {
        var file = JsonFile.Open(_files.Files, name);
        var model = TokenizerJsonReader.ReadModel(file);
        var tokens = new TokenTable(model, TokenizerJsonReader.ReadAddedTokens(file));
        var frame = PostProcessorReader.Read(file, tokens) ?? FrameOfSettings();
        var (maximum, padId, padToken) = TokenizerJsonReader.ReadLengths(file);
        var definition = Define(model, tokens, frame, maximum, padId, padToken);
        return _options.Cleaning == ClipTextCleaning.OpenAI
            ? definition
            : definition with { Normalizer = NormalizerReader.Read(file), Splitter = SplitterReader.Read(file), AddedTokens = tokens.Added };
    }

    private TokenizerDefinition LoadVocabulary()
    {
        bool isOpenAI = _files.OpenAIVocabulary is not null;
        var model = new BytePairModel(isOpenAI
            ? VocabularyReader.ReadOpenAI(_files.Files, _files.OpenAIVocabulary!)
            : VocabularyReader.ReadPair(_files.Files, _files.Vocabulary!, _files.Merges!, _settings.Role("unk_token")?.Content));
        var frame = FrameOfSettings();
        var tokens = new TokenTable(model, _settings.AddedTokens.Where(t => t.Id >= 0));
        if (frame.Start is { } start)
        {
            tokens.AddSpecial(_settings.Role("bos_token") ?? ReleasedFlags(start, normalized: true));
        }
        tokens.AddSpecial(_settings.Role("eos_token") ?? ReleasedFlags(frame.End, normalized: false));
        var definition = Define(model, tokens, frame, null, isOpenAI ? 0 : null, null);
        return _options.Cleaning == ClipTextCleaning.OpenAI
            ? definition
            : definition with
            {
                Normalizer = ClipNormalizer.HuggingFace,
                Splitter = SplitterReader.ForSpecialTexts(Texts(frame)),
                AddedTokens = tokens.Added,
            };
    }

    /// <summary>The definition under OpenAI's rules, which know no added tokens: the pattern finds the special ones.</summary>
    private TokenizerDefinition Define(ITokenModel model, TokenTable tokens, (string? Start, string End) texts, int? maximum, int? padId, string? padToken)
    {
        int? start = texts.Start is null ? null : tokens.Id(texts.Start, "start-of-text");
        var frame = new TextFrame(start, tokens.Id(texts.End, "end-of-text"), PadId(tokens, padId, padToken ?? texts.End));
        return new TokenizerDefinition
        {
            Model = model,
            Normalizer = ClipNormalizer.OpenAI,
            Splitter = new ClipPieceSplitter(Texts(texts).Select(text => SpecialText.Token(text, tokens.Ids[text])), ignoreCase: true),
            AddedTokens = [],
            Tokens = tokens,
            Frame = frame,
            ContextLength = ContextLength(maximum, frame, tokens.Source),
        };
    }

    private int PadId(TokenTable tokens, int? padId, string padToken)
    {
        if ((_options.PadId ?? _rule.PadId ?? (_options.Cleaning == ClipTextCleaning.OpenAI ? 0 : padId)) is not { } id)
        {
            return tokens.Id(_settings.Role("pad_token")?.Content ?? padToken, "padding");
        }
        if ((uint)id >= (uint)tokens.Size)
        {
            string message = $"The pad id {id} is no id of the vocabulary of {tokens.Source}, which has {tokens.Size}.";
            throw _options.PadId is null ? new InvalidDataException(message) : new ArgumentOutOfRangeException(nameof(ClipTokenizerOptions.PadId), message);
        }
        return id;
    }

    private int ContextLength(int? maximum, TextFrame frame, string source)
    {
        // Anything beyond the limit stands for "no limit" in tokenizer_config.json.
        int? fromFiles = _settings.ContextLength(maximum) is { } n and <= MaximumContextLength ? n : null;
        int length = _options.ContextLength ?? fromFiles ?? DefaultContextLength;
        if (length < frame.Length || length > MaximumContextLength)
        {
            string message = $"The context length must hold the {frame.Length} tokens around a text, and be at most {MaximumContextLength}; {{0}} is {length}.";
            throw _options.ContextLength is null
                ? new InvalidDataException(message.Replace("{0}", $"that of {source}, or of the files beside it,", StringComparison.Ordinal))
                : new ArgumentOutOfRangeException(nameof(ClipTokenizerOptions.ContextLength), message.Replace("{0}", "the option", StringComparison.Ordinal));
        }
        return length;
    }

    private (string? Start, string End) FrameOfSettings() =>
        (_rule.Start is null ? null : _settings.Role("bos_token")?.Content ?? _rule.Start, _settings.Role("eos_token")?.Content ?? _rule.End);

    private static IEnumerable<string> Texts((string? Start, string End) frame) => new[] { frame.Start, frame.End }.OfType<string>();

    // As in the tokenizer.json that OpenAI's models are published with.
    private static AddedToken ReleasedFlags(string content, bool normalized) => new(content, Id: -1, false, false, false, normalized);
}
