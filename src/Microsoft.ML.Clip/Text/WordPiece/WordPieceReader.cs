namespace Microsoft.ML.Clip;

/// <summary>Reads WordPiece from a tokenizer.json.</summary>
internal static class WordPieceReader
{
    /// <summary>The kind of model in the file.</summary>
    public const string Type = "WordPiece";

    // BERT's words have 100. Beyond, the time for a word would grow with its square.
    private const int DefaultWordLength = 100, MaximumWordLength = 1 << 12;

    /// <exception cref="InvalidDataException">The model is malformed.</exception>
    /// <exception cref="NotSupportedException">It works on bytes.</exception>
    public static WordPieceModel Read(JsonField file)
    {
        var model = file["model"];
        SplitterReader.RejectByteLevel(file, Type);
        var vocabulary = new Dictionary<string, int>(StringComparer.Ordinal);
        foreach (var (token, id) in model["vocab"].Properties())
        {
            vocabulary[token] = id.TokenId();
        }
        string unknown = model["unk_token"].FindText() ?? "[UNK]", prefix = model["continuing_subword_prefix"].FindText() ?? "##";
        int length = model["max_input_chars_per_word"].Integer(1, MaximumWordLength, DefaultWordLength);
        if (!vocabulary.TryGetValue(unknown, out int unknownId))
        {
            throw model["vocab"].Error($"an object with the unknown token '{unknown}'");
        }
        var (refusal, cleansUp) = DecoderReader.ReadWordPiece(file, prefix);
        try
        {
            return new WordPieceModel(file.File, vocabulary, unknownId, prefix, length) { Refusal = refusal, CleansUp = cleansUp };
        }
        catch (InvalidDataException e)
        {
            throw new InvalidDataException($"{file.File}: property 'model.vocab' {e.Message}.", e);
        }
    }
}
