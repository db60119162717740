namespace Microsoft.ML.Clip;

/// <summary>Reads the model and the added tokens of a tokenizer.json (the serialisation of Hugging Face's tokenizers).</summary>
internal static class TokenizerJsonReader
{
    // Each kind of token model that is known, by its name in the file, and what reads it.
    private static readonly Dictionary<string, Func<JsonField, ITokenModel>> Models = new()
    {
        [BytePairReader.Type] = BytePairReader.Read,
        [UnigramReader.Type] = UnigramReader.Read,
        [WordPieceReader.Type] = WordPieceReader.Read,
    };

    /// <exception cref="InvalidDataException">The model is malformed.</exception>
    /// <exception cref="NotSupportedException">It is of a kind that is not known, or uses an option that no CLIP tokenizer does.</exception>
    public static ITokenModel ReadModel(JsonField file)
    {
        var model = file["model"].Object();
        // The oldest files leave the type out. Each kind has a property that the others lack.
        string? type = model["type"].FindText() ?? (model["merges"].Exists ? BytePairReader.Type
            : model["unk_id"].Exists ? UnigramReader.Type
            : model["max_input_chars_per_word"].Exists ? WordPieceReader.Type
            : null);
        return type is not null && Models.TryGetValue(type, out var read) ? read(file) : throw new NotSupportedException(Unknown(file, type));
    }

    /// <summary>Why the model cannot be read, by its type alone; null if nothing speaks against it.</summary>
    public static string? WhyUnknown(JsonField file) => file["model"]["type"].FindText() is { } type && !Models.ContainsKey(type) ? Unknown(file, type) : null;

    private static string Unknown(JsonField file, string? type) =>
        $"{file.File} holds a tokenizer model {(type is null ? "without a type" : $"of type '{type}'")}; known are {string.Join(", ", Models.Keys.Select(k => $"'{k}'"))}.";

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
}
