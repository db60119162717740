using System.Globalization;
using Microsoft.ML.Tokenizers;

namespace Microsoft.ML.Clip;

/// <summary>
/// CLIP's tokenizer: byte-level byte-pair encoding of lower-cased words (Radford et al. 2021, section 2.4), with the ids of the reference
/// implementations; or that of one of CLIP's relatives, as its tokenizer.json has it: Unigram (SigLIP, XLM-R), byte-pair encoding of characters (Gemma,
/// NLLB) or WordPiece (BERT). It is a <see cref="Tokenizer"/> and needs nothing else of this library.
/// </summary>
/// <remarks>
/// <para>
/// It is made from tokenizer.json alone, from vocab.json with merges.txt, from OpenAI's bpe_simple_vocab_16e6.txt.gz, or from BERT's vocab.txt, and takes
/// special tokens, padding and context length from them and from tokenizer_config.json, special_tokens_map.json, added_tokens.json, config.json and
/// open_clip_config.json beside them.
/// </para>
/// <para>Immutable and thread-safe. It does not depend on ICU: ids are the same under InvariantGlobalization.</para>
/// </remarks>
/// <example>
/// <code>
/// var tokenizer = ClipTokenizer.Load("models/clip-vit-base-patch32");
/// IReadOnlyList&lt;int&gt; ids = tokenizer.EncodeToIds("a photo of a cat");   // 49406, 320, 1125, 539, 320, 2368, 49407
/// string text = tokenizer.Decode(ids, considerSpecialTokens: false);        // "a photo of a cat"
/// </code>
/// </example>
public sealed partial class ClipTokenizer : Tokenizer
{
    // Far above any vocabulary, so that a wrong id in a file cannot ask for a table of gigabytes.
    internal const int MaximumVocabularySize = 1 << 24;

    // An ordinary prompt fits; a longer text moves to pooled memory.
    private const int StackTextLength = 512;
    private const int StackPieces = 64;
    private const int StackIds = 256;

    private readonly ClipNormalizer? _cleaner;
    private readonly ClipNormalizer _normalizer;
    private readonly PieceSplitter _splitter;
    private readonly AddedTokenMatcher _rawTokens;
    private readonly AddedTokenMatcher _normalizedTokens;
    private readonly ITokenModel _model;
    private readonly TokenTable _tokens;
    private readonly TextFrame _frame;

    internal ClipTokenizer(TokenizerDefinition definition)
    {
        (_cleaner, _normalizer, _splitter, _tokens) = (definition.Cleaner, definition.Normalizer, definition.Splitter, definition.Tokens);
        _rawTokens = new AddedTokenMatcher(definition.AddedTokens.Where(t => !t.Normalized));
        // A token that is looked for in normalised text is itself normalised first.
        _normalizedTokens = new AddedTokenMatcher(
            definition.AddedTokens.Where(t => t.Normalized).Select(t => t with { Content = _normalizer.Normalize(t.Content) }));
        (_model, _frame, ContextLength) = (definition.Model, definition.Frame, definition.ContextLength);
    }

    /// <summary>The number of ids of an encoded text, with start, end and padding: 77 for all released CLIP models.</summary>
    public int ContextLength { get; }

    /// <summary>
    /// The id that every encoded text starts with; <see langword="null"/> for a tokenizer that puts nothing before a text. All released CLIP models have
    /// one.
    /// </summary>
    public int? StartOfTextId => _frame.Start;

    /// <summary>The id that ends every encoded text. The text encoder takes its features at the first place where it stands.</summary>
    public int EndOfTextId => _frame.End;

    /// <summary>The id that fills the context after the end, as the files declare it: that of the end token for Hugging Face's CLIP, 0 for OpenAI.</summary>
    public int PadId => _frame.Pad;

    /// <summary>
    /// The id of every token, as the files write them: CLIP's with bytes in the printable form of byte-level vocabularies and the last symbol of a word
    /// marked by <c>&lt;/w&gt;</c>, others with U+2581 for a space, or <c>##</c> before what goes on with a word.
    /// </summary>
    public IReadOnlyDictionary<string, int> Vocabulary => _tokens.Ids;

    /// <summary>Whether it splits texts as CLIP's own vocabularies do, whose words have a mark at the end.</summary>
    internal bool IsClips => _model is BytePairModel { MarksEndOfWord: true };

    /// <summary>What stands around the ids of a text.</summary>
    internal TextFrame Frame => _frame;

    /// <summary>What kind it is and how large, in a line for people.</summary>
    internal string Summary => string.Create(CultureInfo.InvariantCulture, $"{_model switch
    {
        BytePairModel => "byte pairs",
        CharacterPairModel => "character pairs",
        UnigramModel => "Unigram",
        WordPieceModel => "WordPiece",
        _ => _model.GetType().Name,
    }}, {Vocabulary.Count:N0} tokens, at most {ContextLength} a text, padded with {PadId}");

    /// <summary>The token before a text; null if there is none.</summary>
    internal string? StartToken => _frame.Start is { } start ? _tokens[start] : null;

    /// <inheritdoc/>
    public override Normalizer Normalizer => _normalizer;

    /// <inheritdoc/>
    public override PreTokenizer PreTokenizer => _splitter;

    /// <summary>Opens the tokenizer of a model directory; its files may lie at the root or in <c>textual/</c>.</summary>
    /// <remarks>
    /// The model's config.json or open_clip_config.json at the root says what kind of model it is, and with that what its tokenizer's own files do not:
    /// cleaning, frame, padding and length (docs/models.md). Without either, tokenizer.json counts alone, and what it leaves open is as for CLIP: right for
    /// CLIP, not for SigLIP.
    /// </remarks>
    /// <exception cref="DirectoryNotFoundException">There is no such directory.</exception>
    /// <exception cref="UnauthorizedAccessException">The directory may not be listed, or a file not be read.</exception>
    /// <exception cref="FileNotFoundException">It holds no tokenizer; the message says what was looked for.</exception>
    /// <exception cref="InvalidDataException">A file is malformed, or files contradict each other; the message names the file.</exception>
    /// <exception cref="NotSupportedException">The files describe a tokenizer of a kind that is not known, or an option does not fit it.</exception>
    /// <exception cref="ArgumentException">The language is none of the tokenizer's.</exception>
    /// <exception cref="ArgumentOutOfRangeException">An option is out of range.</exception>
    public static ClipTokenizer Load(string directory, ClipTokenizerOptions? options = null)
    {
        ArgumentException.ThrowIfNullOrEmpty(directory);
        return Load(new DirectoryModelFiles(directory), options ?? ClipTokenizerOptions.Default);
    }

    /// <summary>
    /// Makes a tokenizer from the content of a tokenizer.json. The stream is read to its end and left open. Nothing says what kind of model it belongs to, so
    /// that what the file leaves open is as for CLIP; for others <see cref="Load(string, ClipTokenizerOptions?)"/> knows more.
    /// </summary>
    /// <inheritdoc cref="Load(string, ClipTokenizerOptions?)" path="/exception"/>
    public static ClipTokenizer Create(Stream tokenizerJson, ClipTokenizerOptions? options = null) =>
        Create(options, (KnownFiles.Tokenizer, tokenizerJson));

    /// <summary>Makes a tokenizer from the contents of a vocab.json and a merges.txt. The streams are read to their ends and left open.</summary>
    /// <inheritdoc cref="Load(string, ClipTokenizerOptions?)" path="/exception"/>
    public static ClipTokenizer Create(Stream vocabularyJson, Stream mergesText, ClipTokenizerOptions? options = null) =>
        Create(options, (KnownFiles.Vocabulary, vocabularyJson), (KnownFiles.Merges, mergesText));

    /// <summary>
    /// Makes a tokenizer from the content of OpenAI's bpe_simple_vocab_16e6.txt.gz, packed or unpacked. The stream is read to its end and left open.
    /// </summary>
    /// <inheritdoc cref="Load(string, ClipTokenizerOptions?)" path="/exception"/>
    public static ClipTokenizer CreateFromOpenAIVocabulary(Stream vocabulary, ClipTokenizerOptions? options = null) =>
        Create(options, (KnownFiles.OpenAIVocabulary, vocabulary));

    /// <summary>
    /// The text as SigLIP and its kin were trained on it, which is what <see cref="ClipTextCleaning.Canonical"/> makes of it before anything else: underscores
    /// become spaces, the other marks of ASCII punctuation go, lower case, one space between words (<c>canonicalize_text</c> of big_vision and open_clip).
    /// </summary>
    /// <param name="text">The text.</param>
    /// <returns>The canonical text.</returns>
    public static string Canonicalize(string text) => ClipNormalizer.Canonical.Normalize(text);

    /// <summary>Opens the tokenizer among a model's files.</summary>
    /// <param name="files">The files.</param>
    /// <param name="options">The caller's choices.</param>
    /// <param name="rule">What the model's family says of its texts; what the files tell of the family if <see langword="null"/>.</param>
    internal static ClipTokenizer Load(ModelFiles files, ClipTokenizerOptions options, TextRule? rule = null) =>
        new(TokenizerLoader.Load(TokenizerFiles.Find(files), options, rule ?? TextRule.Of(files)));

    /// <summary>
    /// Encodes a text as a text encoder takes it: start token (which SigLIP has not), the text, end token, padding. A text that is too long loses its end;
    /// the end token stays.
    /// </summary>
    /// <param name="text">The text. Lone surrogates read as U+FFFD.</param>
    /// <param name="ids">Takes the ids; it is as long as <see cref="ContextLength"/>.</param>
    /// <param name="truncated">Whether the text was too long.</param>
    /// <returns>The number of ids before the padding, start and end included.</returns>
    /// <exception cref="ArgumentException"><paramref name="ids"/> has another length.</exception>
    public int EncodeToContext(ReadOnlySpan<char> text, Span<int> ids, out bool truncated)
    {
        if (ids.Length != ContextLength)
        {
            throw new ArgumentException($"The ids take exactly the context length, {ContextLength}, but there is room for {ids.Length}.", nameof(ids));
        }
        var encoded = new ValueList<int>(stackalloc int[StackIds]);
        int room = ids.Length - _frame.Length;
        EncodeText(text, room + 1, normalize: true, preTokenize: true, ref encoded);
        truncated = encoded.Count > room;
        int count = Math.Min(encoded.Count, room);
        int length = 0;
        if (_frame.Start is { } start)
        {
            ids[length++] = start;
        }
        encoded.AsSpan()[..count].CopyTo(ids[length..]);
        length += count;
        ids[length++] = _frame.End;
        ids[length..].Fill(_frame.Pad);
        encoded.Dispose();
        return length;
    }

    /// <summary>Appends the ids of a text, without start and end; stops after the word that brings their number to <paramref name="enough"/>.</summary>
    private void EncodeText(scoped ReadOnlySpan<char> text, int enough, bool normalize, bool preTokenize, ref ValueList<int> ids)
    {
        var normalized = new ValueList<char>(stackalloc char[StackTextLength]);
        var pieces = new ValueList<Piece>(stackalloc Piece[StackPieces]);
        Analyze(text, normalize, preTokenize, ref normalized, ref pieces);
        foreach (var piece in pieces.AsSpan())
        {
            if (ids.Count >= enough)
            {
                break;
            }
            EncodePiece(normalized.AsSpan().Slice(piece.Start, piece.Length), piece.TokenId, ref ids);
        }
        normalized.Dispose();
        pieces.Dispose();
    }

    private void EncodePiece(scoped ReadOnlySpan<char> text, int tokenId, ref ValueList<int> ids)
    {
        if (tokenId == Piece.Word)
        {
            _model.Encode(text, ref ids);
        }
        else
        {
            ids.Add(tokenId == _frame.Replaced ? _frame.End : tokenId);
        }
    }

    /// <summary>
    /// Takes the text apart in the order of Hugging Face's <c>AddedVocabulary::extract_and_normalize</c>: tokens that stand in the text as given, the
    /// normalisation of what lies between them, tokens that stand in the normalised text, then the words.
    /// </summary>
    private void Analyze(scoped ReadOnlySpan<char> text, bool normalize, bool preTokenize, ref ValueList<char> normalized, ref ValueList<Piece> pieces)
    {
        if (!normalize || _cleaner is null)
        {
            AnalyzeClean(text, normalize, preTokenize, ref normalized, ref pieces);
            return;
        }
        var clean = new ValueList<char>(stackalloc char[StackTextLength]);
        _cleaner.Append(text, ref clean);
        AnalyzeClean(clean.AsSpan(), normalize, preTokenize, ref normalized, ref pieces);
        clean.Dispose();
    }

    private void AnalyzeClean(scoped ReadOnlySpan<char> text, bool normalize, bool preTokenize, ref ValueList<char> normalized, ref ValueList<Piece> pieces)
    {
        int end = 0, searchFrom = 0;
        while (_rawTokens.TryFind(text, ref searchFrom, end, out var token))
        {
            AnalyzeSegment(text[end..token.Start], end == 0, normalize, preTokenize, ref normalized, ref pieces);
            pieces.Add(token with { Start = normalized.Count });
            normalized.AddRange(text.Slice(token.Start, token.Length));
            end = token.Start + token.Length;
        }
        AnalyzeSegment(text[end..], end == 0, normalize, preTokenize, ref normalized, ref pieces);
    }

    private void AnalyzeSegment(scoped ReadOnlySpan<char> segment, bool isAtStart, bool normalize, bool preTokenize, ref ValueList<char> normalized,
        ref ValueList<Piece> pieces)
    {
        if (segment.IsEmpty)
        {
            return;
        }
        if (preTokenize && _splitter.Rewrites)
        {
            var text = new ValueList<char>(stackalloc char[StackTextLength]);
            Normalize(segment, normalize, ref text);
            Rewrite(text.AsSpan(), isAtStart, ref normalized, ref pieces);
            text.Dispose();
        }
        else
        {
            int offset = normalized.Count;
            Normalize(segment, normalize, ref normalized);
            Split(normalized.AsSpan()[offset..], offset, preTokenize, ref pieces);
        }
    }

    private void Normalize(scoped ReadOnlySpan<char> segment, bool normalize, ref ValueList<char> normalized)
    {
        if (normalize)
        {
            _normalizer.Append(segment, ref normalized);
        }
        else
        {
            normalized.AddRange(segment);
        }
    }

    /// <summary>Splits a normalised segment by a pre-tokenizer that changes it.</summary>
    private void Rewrite(scoped ReadOnlySpan<char> text, bool isAtStart, ref ValueList<char> normalized, ref ValueList<Piece> pieces)
    {
        int end = 0, searchFrom = 0;
        while (_normalizedTokens.TryFind(text, ref searchFrom, end, out var token))
        {
            RewriteWords(text[end..token.Start], isAtStart && end == 0, ref normalized, ref pieces);
            pieces.Add(token with { Start = normalized.Count });
            normalized.AddRange(text.Slice(token.Start, token.Length));
            end = token.Start + token.Length;
        }
        RewriteWords(text[end..], isAtStart && end == 0, ref normalized, ref pieces);
    }

    private void RewriteWords(scoped ReadOnlySpan<char> text, bool isAtStart, ref ValueList<char> normalized, ref ValueList<Piece> pieces)
    {
        if (!text.IsEmpty)
        {
            _splitter.Rewrite(text, isAtStart, ref normalized, ref pieces);
        }
    }

    /// <summary>Splits a normalised segment by a pre-tokenizer that leaves it as it is.</summary>
    private void Split(scoped ReadOnlySpan<char> text, int offset, bool preTokenize, ref ValueList<Piece> pieces)
    {
        int end = 0, searchFrom = 0;
        while (_normalizedTokens.TryFind(text, ref searchFrom, end, out var token))
        {
            SplitWords(text[end..token.Start], offset + end, preTokenize, ref pieces);
            pieces.Add(token with { Start = offset + token.Start });
            end = token.Start + token.Length;
        }
        SplitWords(text[end..], offset + end, preTokenize, ref pieces);
    }

    private void SplitWords(scoped ReadOnlySpan<char> text, int offset, bool preTokenize, ref ValueList<Piece> pieces)
    {
        if (preTokenize)
        {
            _splitter.Split(text, offset, ref pieces);
        }
        else if (!text.IsEmpty)
        {
            pieces.Add(new Piece(offset, text.Length));
        }
    }

    private static ClipTokenizer Create(ClipTokenizerOptions? options, params ReadOnlySpan<(string Name, Stream Content)> streams)
    {
        var files = new Dictionary<string, byte[]>();
        foreach (var (name, content) in streams)
        {
            ArgumentNullException.ThrowIfNull(content);
            using var copy = new MemoryStream();
            content.CopyTo(copy);
            files.Add(name, copy.ToArray());
        }
        return Load(new MemoryModelFiles(files, "the given stream"), options ?? ClipTokenizerOptions.Default);
    }
}
