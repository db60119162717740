using System.Text.Json;

namespace Microsoft.ML.Clip;

/// <summary>Reads from the <c>post_processor</c> of a tokenizer.json which tokens frame a text.</summary>
internal static class PostProcessorReader
{
    /// <summary>The tokens before and after a text, or null if the post-processor adds none.</summary>
    /// <exception cref="InvalidDataException">It is malformed.</exception>
    /// <exception cref="NotSupportedException">It does anything but put one token before and one after.</exception>
    public static (string Start, string End)? Read(JsonFile file, TokenTable tokens) =>
        file.Find(file.Root, "post_processor", JsonValueKind.Object) is { } processor ? Read(file, processor, tokens) : null;

    private static (string, string)? Read(JsonFile file, JsonElement processor, TokenTable tokens)
    {
        string type = file.GetString(processor, "type");
        return type switch
        {
            "RobertaProcessing" or "BertProcessing" => (ReadPair(file, processor, tokens, "cls"), ReadPair(file, processor, tokens, "sep")),
            "TemplateProcessing" => ReadTemplate(file, processor),
            "Sequence" => file.Get(processor, "processors", JsonValueKind.Array).EnumerateArray().Select(p => Read(file, p, tokens)).FirstOrDefault(p => p is not null),
            "ByteLevel" => null,
            _ => throw new NotSupportedException($"{file.Description} uses the post-processor '{type}', which this CLIP tokenizer does not know."),
        };
    }

    // "cls": ["<|startoftext|>", 49406]
    private static string ReadPair(JsonFile file, JsonElement processor, TokenTable tokens, string property)
    {
        var pair = file.Get(processor, property, JsonValueKind.Array);
        if (pair.GetArrayLength() != 2 || pair[0].ValueKind != JsonValueKind.String)
        {
            throw file.Error($"'{property}' of the post-processor should be a token and its id, but is {pair.GetRawText()}");
        }
        string token = pair[0].GetString()!;
        int id = file.ReadId(pair[1], token), known = tokens.Id(token, property);
        return id == known ? token : throw file.Error($"the post-processor gives '{token}' the id {id}, but the vocabulary {known}");
    }

    private static (string, string)? ReadTemplate(JsonFile file, JsonElement processor)
    {
        var single = file.Get(processor, "single", JsonValueKind.Array);
        string?[] texts = single.EnumerateArray().Select(p => file.Find(p, "SpecialToken", JsonValueKind.Object) is { } t ? file.GetString(t, "id") : null).ToArray();
        return texts is [{ } start, null, { } end]
            ? (start, end)
            : throw new NotSupportedException($"{file.Description} frames a text otherwise than by one token before and one token after it.");
    }
}
