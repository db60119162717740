namespace Microsoft.ML.Clip;

/// <summary>Reads a byte-pair encoding from a tokenizer.json.</summary>
internal static class BytePairReader
{
    /// <summary>The kind of model in the file.</summary>
    public const string Type = "BPE";

    /// <exception cref="InvalidDataException">The model is malformed.</exception>
    /// <exception cref="NotSupportedException">It does not work on bytes, or uses an option that no CLIP tokenizer does.</exception>
    public static BytePairModel Read(JsonField file)
    {
        var model = file["model"];
        RejectOptions(model);
        if (!SplitterReader.IsByteLevel(file))
        {
            throw new NotSupportedException($"{file.File} has no pre-tokenizer 'ByteLevel'; CLIP's byte-pair encoding works on bytes.");
        }
        var vocabulary = new Dictionary<string, int>(StringComparer.Ordinal);
        foreach (var (token, id) in model["vocab"].Properties())
        {
            vocabulary[token] = id.TokenId();
        }
        return new BytePairModel(new BytePairDefinition
        {
            Source = file.File,
            Vocabulary = vocabulary,
            Merges = [.. model["merges"].Items().Select(ReadMerge)],
            EndOfWordSuffix = model["end_of_word_suffix"].FindText() ?? "",
            UnknownToken = model["unk_token"].FindText(),
            FuseUnknown = model["fuse_unk"].Flag(false),
        });
    }

    // A merge is "a b", or ["a", "b"] since tokenizers 0.20.
    private static (string, string) ReadMerge(JsonField merge)
    {
        string[] parts = merge.Texts() ?? (merge.IsText ? merge.Text().Split(' ') : []);
        return parts is [{ Length: > 0 } left, { Length: > 0 } right] ? (left, right) : throw merge.Error("a pair of tokens");
    }

    private static void RejectOptions(JsonField model)
    {
        string? option = model["byte_fallback"].Flag(false) ? "byte_fallback"
            : model["ignore_merges"].Flag(false) ? "ignore_merges"
            : model["dropout"].Number(0) > 0 ? "dropout"
            : !string.IsNullOrEmpty(model["continuing_subword_prefix"].FindText()) ? "continuing_subword_prefix"
            : null;
        if (option is not null)
        {
            throw new NotSupportedException($"{model.File} sets '{option}' of its byte-pair model, which no CLIP tokenizer does.");
        }
    }
}
