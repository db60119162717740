namespace Microsoft.ML.Clip;

/// <summary>
/// Reads the <c>decoder</c> of a tokenizer.json, which the oldest files leave out. One that is not known is an error when ids are decoded, no sooner.
/// </summary>
internal static class DecoderReader
{
    /// <summary>The decoder of a vocabulary with marked spaces.</summary>
    /// <exception cref="InvalidDataException">It is malformed.</exception>
    public static PieceText Read(JsonField file)
    {
        var decoder = file["decoder"];
        if (!decoder.Exists)
        {
            return SplitterReader.FindMetaspace(file) is { } metaspace ? metaspace.Text : new PieceText();
        }
        var text = new PieceText();
        foreach (var step in Flatten(decoder))
        {
            string type = step["type"].Text();
            switch (type)
            {
                case "Metaspace":
                    text = SplitterReader.ReadMetaspace(step).Text with { HasBytes = text.HasBytes };
                    break;
                case "Replace" when PatternReader.Read(step["pattern"]) is ({ Length: 1 } mark, false) && step["content"].Text() == " ":
                    text = text with { Space = mark[0] };
                    break;
                case "ByteFallback":
                    text = text with { HasBytes = true };
                    break;
                case "Fuse":
                    break;
                case "Strip" when step["content"].Text() == " " && step["start"].Integer(0, 1) is var start && step["stop"].Integer(0, 0) == 0:
                    text = text with { IsPrefixed = start == 1 };
                    break;
                default:
                    return text with { Refusal = Unknown(step, type) };
            }
        }
        return text;
    }

    /// <summary>The decoder of WordPiece: why it cannot be used, if so, and whether it moves marks to the word before them.</summary>
    /// <exception cref="InvalidDataException">It is malformed.</exception>
    public static (string? Refusal, bool CleansUp) ReadWordPiece(JsonField file, string prefix)
    {
        var decoder = file["decoder"];
        string type = decoder.Exists ? decoder["type"].Text() : WordPieceReader.Type;
        return type != WordPieceReader.Type || (decoder["prefix"].FindText() ?? prefix) != prefix
            ? (Unknown(decoder, type), false)
            : (null, decoder["cleanup"].Flag(true));
    }

    private static string Unknown(JsonField decoder, string type) =>
        $"{decoder.File} uses the decoder '{type}' in a way that this tokenizer does not know; ids cannot be turned back into text with it.";

    private static IEnumerable<JsonField> Flatten(JsonField decoder) =>
        decoder["type"].Text() == "Sequence" ? decoder["decoders"].Items().SelectMany(Flatten) : [decoder];
}
