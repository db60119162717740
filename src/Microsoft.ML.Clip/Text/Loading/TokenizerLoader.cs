using System.Text.RegularExpressions;

namespace Microsoft.ML.Clip;

/// <summary>Gathers a tokenizer's definition from its files.</summary>
internal sealed partial class TokenizerLoader
{
    private const int MaximumContextLength = 1 << 20;

    // What fills the context where no file names it, in vocabularies that have a token for it.
    private static readonly string[] PadTokens = ["<pad>", "[PAD]"];

    // Capitals, marks and white space, but no underscore, of which the references make different things.
    private const string Unclean = "A  photo, of (one) CAT's toy!";

    private readonly TokenizerFiles _files;
    private readonly TokenizerSettings _settings;
    private readonly ClipTokenizerOptions _options;
    private TextRule _rule;

    private TokenizerLoader(TokenizerFiles files, ClipTokenizerOptions options, TextRule rule)
    {
        (_files, _options, _rule) = (files, options, rule);
        _settings = TokenizerSettings.Read(files.Files, files.Settings);
    }

    /// <param name="files">The files of the tokenizer.</param>
    /// <param name="options">What the caller says, which comes first.</param>
    /// <param name="rule">What the model's family says of the frame.</param>
    /// <exception cref="InvalidDataException">A file is malformed or contradicts another; the message names it.</exception>
    /// <exception cref="NotSupportedException">The files describe another kind of tokenizer.</exception>
    public static TokenizerDefinition Load(TokenizerFiles files, ClipTokenizerOptions options, TextRule rule)
    {
        options.Validate();
        var loader = new TokenizerLoader(files, options, rule);
        return files.TokenizerJson is { } json ? loader.LoadJson(JsonFile.Open(files.Files, json))
            : files.WordPieces is { } words ? loader.LoadJson(WordPieceVocabulary.Read(files.Files, words, files.TokenizerConfiguration))
            : loader.LoadVocabulary();
    }

    private TokenizerDefinition LoadJson(JsonField file)
    {
        var model = TokenizerJsonReader.ReadModel(file);
        _rule = model is BytePairModel or CharacterPairModel && _rule.ForBytePairs is { } other ? other : _rule;
        var tokens = new TokenTable(model, TokenizerJsonReader.ReadAddedTokens(file));
        var frame = WithLanguage(PostProcessorReader.Read(file, tokens) ?? FrameOfSettings(), tokens);
        var (maximum, padId, padToken) = TokenizerJsonReader.ReadLengths(file);
        // Whatever rules are asked for, those of the file tell whether it is known.
        var normalizer = NormalizerReader.Read(file, takesCharacters: model is not BytePairModel);
        var splitter = SplitterReader.Read(file);
        if (SplitterReader.FindMetaspace(file) is { Prefix: MetaspacePrefix.First } && !normalizer.KeepsStart)
        {
            throw new NotSupportedException($"{file.File} has 'prepend_scheme' = first behind a normalizer that may remove the start of a text, which no known tokenizer has.");
        }
        if (_options.Cleaning == ClipTextCleaning.OpenAI && model is not BytePairModel { MarksEndOfWord: true })
        {
            throw new NotSupportedException($"{file.File} holds no vocabulary such as OpenAI's, whose words end in '{ClipTokens.EndOfWord}': {nameof(ClipTextCleaning)}.{nameof(ClipTextCleaning.OpenAI)} would give other ids than the model knows.");
        }
        padToken ??= model is BytePairModel ? null : PadTokens.FirstOrDefault(tokens.Ids.ContainsKey);
        var definition = Define(model, tokens, frame, maximum, padId, padToken);
        return _options.Cleaning == ClipTextCleaning.OpenAI
            ? definition
            : definition with { Cleaner = Cleaner(normalizer), Normalizer = normalizer, Splitter = splitter, AddedTokens = tokens.Added };
    }

    private TokenizerDefinition LoadVocabulary()
    {
        bool isOpenAI = _files.OpenAIVocabulary is not null;
        var vocabulary = isOpenAI
            ? VocabularyReader.ReadOpenAI(_files.Files, _files.OpenAIVocabulary!)
            : VocabularyReader.ReadPair(_files.Files, _files.Vocabulary!, _files.Merges!, _settings.Role("unk_token")?.Content);
        // A pair does not tell whose it is. Any other than CLIP's would give the unknown token for the last symbol of every word.
        if (!vocabulary.Vocabulary.Keys.Any(t => t.Length > ClipTokens.EndOfWord.Length && t.EndsWith(ClipTokens.EndOfWord, StringComparison.Ordinal)))
        {
            throw new NotSupportedException($"{_files.Files.Describe(_files.Vocabulary!)} has no token that ends in '{ClipTokens.EndOfWord}', so it is no vocabulary of CLIP's: GPT-2 and RoBERTa, for example, " +
                $"mark where words begin. Such tokenizers are read from a {KnownFiles.Tokenizer}, which says how it is used.");
        }
        var model = new BytePairModel(vocabulary);
        var tokens = new TokenTable(model, _settings.AddedTokens.Where(t => t.Id >= 0));
        var frame = WithLanguage(FrameOfSettings(), tokens);
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
                Cleaner = Cleaner(ClipNormalizer.HuggingFace),
                Normalizer = ClipNormalizer.HuggingFace,
                Splitter = SplitterReader.ForSpecialTexts(Texts(frame)),
                AddedTokens = tokens.Added,
            };
    }

    /// <summary>The definition under OpenAI's rules, which know no added tokens: the pattern finds the special ones.</summary>
    private TokenizerDefinition Define(ITokenModel model, TokenTable tokens, (string? Start, string End) texts, int? maximum, int? padId, string? padToken)
    {
        int? start = texts.Start is null ? null : tokens.Id(texts.Start, "start-of-text");
        int end = tokens.Id(texts.End, "end-of-text"), pad = PadId(tokens, padId, padToken ?? texts.End);
        var frame = _rule.PadsInsteadOfEnd ? new TextFrame(start, pad, pad) { Replaced = end } : new TextFrame(start, end, pad);
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
        if (_options.PadId is null && _rule.PadToken is { } known)
        {
            return tokens.Id(known, "padding");
        }
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
        int? fromFiles = _rule.ContextLength ?? (_settings.ContextLength(maximum) is { } n and <= MaximumContextLength ? n : null);
        int length = _options.ContextLength ?? fromFiles ?? _rule.DefaultContextLength;
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

    /// <summary>Whether a file's own rules clean what a cleaner would.</summary>
    private static bool IsDoneBy(ClipNormalizer ofFile, ClipNormalizer cleaner) => ofFile.Normalize(Unclean) == ofFile.Normalize(cleaner.Normalize(Unclean));

    /// <summary>What comes before the file's own rules.</summary>
    private ClipNormalizer? Cleaner(ClipNormalizer ofFile) => _options.Cleaning switch
    {
        ClipTextCleaning.Canonical => ClipNormalizer.Canonical,
        ClipTextCleaning.OpenClip => ClipNormalizer.OpenClip,
        ClipTextCleaning.HuggingFace when !(_rule.MayBeCleanAlready && _rule.Cleaner is { } cleaner && IsDoneBy(ofFile, cleaner)) => _rule.Cleaner,
        _ => null,
    };

    /// <summary>The frame with the language that the caller asks for.</summary>
    private (string? Start, string End) WithLanguage((string? Start, string End) frame, TokenTable tokens)
    {
        if (_options.Language is not { } language)
        {
            return frame;
        }
        string[] known = [.. tokens.Added.Select(t => t.Content).Where(t => LanguageCode().IsMatch(t))];
        return frame.Start is null || !LanguageCode().IsMatch(frame.Start)
            ? throw new NotSupportedException($"{nameof(ClipTokenizerOptions)}.{nameof(ClipTokenizerOptions.Language)} is '{language}', but {tokens.Source} puts no code of a language before a text.")
            : known.Contains(language) ? (language, frame.End)
            : throw new ArgumentException($"{nameof(ClipTokenizerOptions)}.{nameof(ClipTokenizerOptions.Language)} is '{language}', which is none of the {known.Length} languages of {tokens.Source}: {string.Join(", ", known.Order(StringComparer.Ordinal).Take(20))}{(known.Length > 20 ? ", ..." : "")}.");
    }

    // NLLB: eng_Latn; mBART: en_XX.
    [GeneratedRegex("^[a-z]{2,3}_[A-Z][A-Za-z]{1,3}$", RegexOptions.CultureInvariant)]
    private static partial Regex LanguageCode();

    private static IEnumerable<string> Texts((string? Start, string End) frame) => new[] { frame.Start, frame.End }.OfType<string>();

    // As in the tokenizer.json that OpenAI's models are published with.
    private static AddedToken ReleasedFlags(string content, bool normalized) => new(content, Id: -1, false, false, false, normalized);
}
