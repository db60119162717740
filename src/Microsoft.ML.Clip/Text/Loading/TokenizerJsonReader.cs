namespace Microsoft.ML.Clip;

/// <summary>Reads the model and the added tokens of a tokenizer.json (the serialisation of Hugging Face's tokenizers).</summary>
internal static class TokenizerJsonReader
{
    /// <exception cref="InvalidDataException">The model is malformed.</exception>
    /// <exception cref="NotSupportedException">It is no byte-pair encoding, or uses an option that CLIP tokenizers do not.</exception>
    public static BytePairModel ReadModel(JsonField file)
    {
        var model = file["model"].Object();
        // The oldest files leave the type out; only a byte-pair encoding has merges.
        string type = model["type"].FindText() ?? (model["merges"].Exists ? "BPE" : "unknown");
        if (type != "BPE")
        {
            throw new NotSupportedException($"{file.File} holds a tokenizer model of type '{type}'; a CLIP tokenizer is of type 'BPE'.");
        }
        RejectOptions(model);
        var vocabulary = new Dictionary<string, int>(StringComparer.Ordinal);
        foreach (var (token, id) in model["vocab"].Properties())
        {
            vocabulary[token] = id.TokenId();
        }
        return new BytePairModel
        {
            Source = file.File,
            Vocabulary = vocabulary,
            Merges = [.. model["merges"].Items().Select(ReadMerge)],
            EndOfWordSuffix = model["end_of_word_suffix"].FindText() ?? "",
            UnknownToken = model["unk_token"].FindText(),
            FuseUnknown = model["fuse_unk"].Flag(false),
        };
    }

    /// <exception cref="InvalidDataException">A token is malformed.</exception>
    public static IEnumerable<AddedToken> ReadAddedTokens(JsonField file)
    {
        foreach (var token in file["added_tokens"].FindItems())
        {
            yield return TokenizerSettings.ReadToken(token) with { Id = token["id"].TokenId() };
        }
    }

    /// <exception cref="NotSupportedException">The file cuts or pads on the left.</exception>
    public static (int? MaximumLength, int? PadId, string? PadToken) ReadLengths(JsonField file)
    {
        JsonField truncation = file["truncation"], padding = file["padding"];
        TokenizerSettings.RejectLeft(truncation["direction"]);
        TokenizerSettings.RejectLeft(padding["direction"]);
        return (truncation["max_length"].FindInteger(), padding["pad_id"].FindInteger(), padding["pad_token"].FindText());
    }

    // A merge is "a b", or ["a", "b"] since tokenizers 0.20.
    private static (string, string) ReadMerge(JsonField merge)
    {
        string[] parts = merge.IsArray ? [.. merge.Items().Select(part => part.Text())] : merge.FindText()?.Split(' ') ?? [];
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
