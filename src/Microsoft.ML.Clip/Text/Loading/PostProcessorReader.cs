namespace Microsoft.ML.Clip;

/// <summary>Reads from the <c>post_processor</c> of a tokenizer.json which tokens frame a text.</summary>
internal static class PostProcessorReader
{
    /// <summary>The tokens before and after a text, or null if the post-processor adds none.</summary>
    /// <exception cref="InvalidDataException">It is malformed.</exception>
    /// <exception cref="NotSupportedException">It does anything but put one token after a text, and one or none before.</exception>
    public static (string? Start, string End)? Read(JsonField file, TokenTable tokens) =>
        file["post_processor"] is { Exists: true } processor ? ReadProcessor(processor, tokens) : null;

    private static (string? Start, string End)? ReadProcessor(JsonField processor, TokenTable tokens)
    {
        string type = processor["type"].Text();
        return type switch
        {
            "RobertaProcessing" or "BertProcessing" => (ReadPair(processor["cls"], tokens), ReadPair(processor["sep"], tokens)),
            "TemplateProcessing" => ReadTemplate(processor),
            "Sequence" => processor["processors"].Items().Select(p => ReadProcessor(p, tokens)).FirstOrDefault(p => p is not null),
            "ByteLevel" => null,
            _ => throw new NotSupportedException($"{processor.File} uses the post-processor '{type}', which this CLIP tokenizer does not know."),
        };
    }

    // "cls": ["<|startoftext|>", 49406]
    private static string ReadPair(JsonField pair, TokenTable tokens)
    {
        if (pair.Items().ToArray() is not [{ IsText: true } token, var id])
        {
            throw pair.Error("a token and its id");
        }
        int known = tokens.Id(token.Text(), pair.Path);
        return id.TokenId() == known ? token.Text() : throw id.Error($"{known}, the id of '{token.Text()}' in the vocabulary");
    }

    private static (string? Start, string End)? ReadTemplate(JsonField processor)
    {
        string?[] texts = [.. processor["single"].Items().Select(p => p["SpecialToken"] is { Exists: true } token ? token["id"].Text() : null)];
        return texts switch
        {
            [{ } start, null, { } end] => (start, end),
            [null, { } end] => (null, end),
            _ => throw new NotSupportedException($"{processor.File} frames a text otherwise than by one token after it, and one or none before."),
        };
    }
}
