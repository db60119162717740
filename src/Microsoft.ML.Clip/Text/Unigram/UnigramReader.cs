namespace Microsoft.ML.Clip;

/// <summary>Reads a unigram language model from a tokenizer.json.</summary>
internal static class UnigramReader
{
    /// <summary>The kind of model in the file.</summary>
    public const string Type = "Unigram";

    /// <exception cref="InvalidDataException">The model is malformed.</exception>
    /// <exception cref="NotSupportedException">It works on bytes.</exception>
    public static UnigramModel Read(JsonField file)
    {
        var model = file["model"];
        SplitterReader.RejectByteLevel(file, Type);
        var tokens = new List<(string, double)>();
        foreach (var entry in model["vocab"].Items())
        {
            tokens.Add(entry.TextAndNumber() ?? throw entry.Error("a token and its score, a finite number"));
            if (tokens.Count > ClipTokenizer.MaximumVocabularySize)
            {
                throw model["vocab"].Error($"an array of at most {ClipTokenizer.MaximumVocabularySize} tokens");
            }
        }
        // Without one the reference fails at the first character that it does not know.
        int unknownId = model["unk_id"].Integer(0, tokens.Count - 1);
        try
        {
            return new UnigramModel(file.File, tokens, unknownId, model["byte_fallback"].Flag(false), DecoderReader.Read(file));
        }
        catch (InvalidDataException e)
        {
            throw new InvalidDataException($"{file.File}: property 'model.vocab' {e.Message}.", e);
        }
    }
}
