namespace Microsoft.ML.Clip;

/// <summary>Reads a byte-pair encoding from a tokenizer.json.</summary>
internal static class BytePairReader
{
    /// <summary>The kind of model in the file.</summary>
    public const string Type = "BPE";

    /// <exception cref="InvalidDataException">The model is malformed.</exception>
    /// <exception cref="NotSupportedException">It uses an option that no CLIP tokenizer does.</exception>
    public static ITokenModel Read(JsonField file)
    {
        var model = file["model"];
        bool isByteLevel = SplitterReader.IsByteLevel(file);
        RejectOptions(model, isByteLevel);
        string suffix = model["end_of_word_suffix"].FindText() ?? "";
        if (!isByteLevel && suffix.Length > 0)
        {
            throw new NotSupportedException($"{file.File} has no pre-tokenizer 'ByteLevel'; a byte-pair encoding that marks the end of words, here with '{suffix}', works on bytes.");
        }
        var vocabulary = new Dictionary<string, int>(StringComparer.Ordinal);
        foreach (var (token, id) in model["vocab"].Properties())
        {
            vocabulary[token] = id.TokenId();
        }
        var definition = new BytePairDefinition
        {
            Source = file.File,
            Vocabulary = vocabulary,
            Merges = [.. model["merges"].Items().Select(ReadMerge)],
            EndOfWordSuffix = suffix,
            UnknownToken = model["unk_token"].FindText(),
            FuseUnknown = model["fuse_unk"].Flag(false),
        };
        return isByteLevel ? new BytePairModel(definition)
            : new CharacterPairModel(definition, model["byte_fallback"].Flag(false), model["ignore_merges"].Flag(false), DecoderReader.Read(file));
    }

    // A merge is "a b", or ["a", "b"] since tokenizers 0.20.
    private static (string, string) ReadMerge(JsonField merge)
    {
        string[] parts = merge.Texts() ?? (merge.IsText ? merge.Text().Split(' ') : []);
        return parts is [{ Length: > 0 } left, { Length: > 0 } right] ? (left, right) : throw merge.Error("a pair of tokens");
    }

    private static void RejectOptions(JsonField model, bool isByteLevel)
    {
        string? option = isByteLevel && model["byte_fallback"].Flag(false) ? "byte_fallback"
            : isByteLevel && model["ignore_merges"].Flag(false) ? "ignore_merges"
            : model["dropout"].Number(0) > 0 ? "dropout"
            : !string.IsNullOrEmpty(model["continuing_subword_prefix"].FindText()) ? "continuing_subword_prefix"
            : null;
        if (option is not null)
        {
            throw new NotSupportedException($"{model.File} sets '{option}' of its byte-pair model, which no CLIP tokenizer does.");
        }
    }
}
