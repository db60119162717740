namespace Microsoft.ML.Clip;

/// <summary>Gathers a tokenizer's definition from its files.</summary>
internal static class TokenizerLoader
{
    private const int DefaultContextLength = 77;
    private const int MinimumContextLength = 2;
    private const int MaximumContextLength = 1 << 20;

    /// <exception cref="InvalidDataException">A file is malformed or contradicts another; the message names it.</exception>
    /// <exception cref="NotSupportedException">The files describe another kind of tokenizer.</exception>
    public static TokenizerDefinition Load(TokenizerFiles files, ClipTokenizerOptions options)
    {
        var settings = TokenizerSettings.Read(files.Files, files.Settings);
        return files.TokenizerJson is { } json ? LoadJson(files.Files, json, settings, options) : LoadVocabulary(files, settings, options);
    }

    private static TokenizerDefinition LoadJson(ModelFiles files, string name, TokenizerSettings settings, ClipTokenizerOptions options)
    {
        var file = JsonFile.Open(files, name);
        var model = TokenizerJsonReader.ReadModel(file);
        var tokens = new TokenTable(model, TokenizerJsonReader.ReadAddedTokens(file));
        var frame = PostProcessorReader.Read(file, tokens) ?? Frame(settings);
        var (maximum, padId, padToken) = TokenizerJsonReader.ReadLengths(file);
        var definition = Define(model, tokens, frame, maximum, options, settings, padId, padToken);
        return options.Cleaning == ClipTextCleaning.OpenAI
            ? definition
            : definition with { Normalizer = NormalizerReader.Read(file), Splitter = SplitterReader.Read(file), AddedTokens = tokens.Added };
    }

    private static TokenizerDefinition LoadVocabulary(TokenizerFiles files, TokenizerSettings settings, ClipTokenizerOptions options)
    {
        bool isOpenAI = files.OpenAIVocabulary is not null;
        var model = isOpenAI
            ? VocabularyReader.ReadOpenAI(files.Files, files.OpenAIVocabulary!)
            : VocabularyReader.ReadPair(files.Files, files.Vocabulary!, files.Merges!, settings.Role("unk_token")?.Content);
        var frame = Frame(settings);
        var tokens = new TokenTable(model, settings.AddedTokens.Where(t => t.Id >= 0));
        tokens.AddSpecial(settings.Role("bos_token") ?? ReleasedFlags(frame.Start, normalized: true));
        tokens.AddSpecial(settings.Role("eos_token") ?? ReleasedFlags(frame.End, normalized: false));
        var definition = Define(model, tokens, frame, null, options, settings, isOpenAI ? 0 : null, null);
        return options.Cleaning == ClipTextCleaning.OpenAI
            ? definition
            : definition with
            {
                Normalizer = ClipNormalizer.HuggingFace,
                Splitter = SplitterReader.ForSpecialTexts([frame.Start, frame.End]),
                AddedTokens = tokens.Added,
            };
    }

    /// <summary>The definition under OpenAI's rules, which know no added tokens: the pattern finds the special ones.</summary>
    private static TokenizerDefinition Define(
        BytePairModel model, TokenTable tokens, (string Start, string End) frame, int? maximum, ClipTokenizerOptions options,
        TokenizerSettings settings, int? padId, string? padToken)
    {
        int start = tokens.Id(frame.Start, "start-of-text"), end = tokens.Id(frame.End, "end-of-text");
        var specialTexts = new[] { SpecialText.Token(frame.Start, start), SpecialText.Token(frame.End, end) };
        return new TokenizerDefinition
        {
            Model = model,
            Normalizer = ClipNormalizer.OpenAI,
            Splitter = new ClipPieceSplitter(specialTexts, ignoreCase: true),
            AddedTokens = [],
            Tokens = tokens,
            StartOfTextId = start,
            EndOfTextId = end,
            PadId = PadId(tokens, options, settings, padId, padToken ?? frame.End),
            ContextLength = ContextLength(options, settings, maximum, model),
        };
    }

    private static int PadId(TokenTable tokens, ClipTokenizerOptions options, TokenizerSettings settings, int? padId, string padToken)
    {
        if ((options.PadId ?? (options.Cleaning == ClipTextCleaning.OpenAI ? 0 : padId)) is not { } id)
        {
            return tokens.Id(settings.Role("pad_token")?.Content ?? padToken, "padding");
        }
        if ((uint)id >= (uint)tokens.Size)
        {
            string message = $"The pad id {id} is no id of the vocabulary of {tokens.Source}, which has {tokens.Size}.";
            throw options.PadId is null ? new InvalidDataException(message) : new ArgumentOutOfRangeException(nameof(options), message);
        }
        return id;
    }

    private static int ContextLength(ClipTokenizerOptions options, TokenizerSettings settings, int? maximum, BytePairModel model)
    {
        // Anything beyond the limit stands for "no limit" in tokenizer_config.json.
        int? fromFiles = settings.ContextLength(maximum) is { } n and <= MaximumContextLength ? n : null;
        int length = options.ContextLength ?? fromFiles ?? DefaultContextLength;
        if (length is < MinimumContextLength or > MaximumContextLength)
        {
            string message = $"The context length must hold the start and the end token, and be at most {MaximumContextLength}; {{0}} is {length}.";
            throw options.ContextLength is null
                ? new InvalidDataException(message.Replace("{0}", $"that of {model.Source}, or of the files beside it,", StringComparison.Ordinal))
                : new ArgumentOutOfRangeException(nameof(options), message.Replace("{0}", "the option", StringComparison.Ordinal));
        }
        return length;
    }

    private static (string Start, string End) Frame(TokenizerSettings settings) =>
        (settings.Role("bos_token")?.Content ?? VocabularyReader.StartOfText, settings.Role("eos_token")?.Content ?? VocabularyReader.EndOfText);

    // As in the tokenizer.json that OpenAI's models are published with.
    private static AddedToken ReleasedFlags(string content, bool normalized) => new(content, Id: -1, false, false, false, normalized);
}
