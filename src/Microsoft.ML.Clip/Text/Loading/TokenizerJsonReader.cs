using System.Text.Json;

namespace Microsoft.ML.Clip;

/// <summary>Reads the model and the added tokens of a tokenizer.json (the serialisation of Hugging Face's tokenizers).</summary>
internal static class TokenizerJsonReader
{
    /// <exception cref="InvalidDataException">The model is malformed.</exception>
    /// <exception cref="NotSupportedException">It is no byte-pair encoding, or uses an option that CLIP tokenizers do not.</exception>
    public static BytePairModel ReadModel(JsonFile file)
    {
        var model = file.Get(file.Root, "model", JsonValueKind.Object);
        // The oldest files leave the type out; only a byte-pair encoding has merges.
        string type = file.FindString(model, "type") ?? (model.TryGetProperty("merges", out _) ? "BPE" : "unknown");
        if (type != "BPE")
        {
            throw new NotSupportedException($"{file.Description} holds a tokenizer model of type '{type}'; a CLIP tokenizer is of type 'BPE'.");
        }
        RejectOptions(file, model);
        var vocabulary = new Dictionary<string, int>(StringComparer.Ordinal);
        foreach (var token in file.Get(model, "vocab", JsonValueKind.Object).EnumerateObject())
        {
            vocabulary[token.Name] = file.ReadId(token.Value, token.Name);
        }
        return new BytePairModel
        {
            Source = file.Description,
            Vocabulary = vocabulary,
            Merges = [.. file.Get(model, "merges", JsonValueKind.Array).EnumerateArray().Select(m => ReadMerge(file, m))],
            EndOfWordSuffix = file.FindString(model, "end_of_word_suffix") ?? "",
            UnknownToken = file.FindString(model, "unk_token"),
            FuseUnknown = file.FindFlag(model, "fuse_unk"),
        };
    }

    /// <exception cref="InvalidDataException">A token is malformed.</exception>
    public static IEnumerable<AddedToken> ReadAddedTokens(JsonFile file)
    {
        foreach (var token in file.Find(file.Root, "added_tokens", JsonValueKind.Array)?.EnumerateArray() ?? default)
        {
            var added = TokenizerSettings.ReadToken(file, token, "added_tokens");
            yield return added with { Id = file.ReadId(file.Get(token, "id", JsonValueKind.Number), added.Content) };
        }
    }

    /// <exception cref="NotSupportedException">The file cuts or pads on the left.</exception>
    public static (int? MaximumLength, int? PadId, string? PadToken) ReadLengths(JsonFile file)
    {
        int? maximum = null, padId = null;
        string? padToken = null;
        if (file.Find(file.Root, "truncation", JsonValueKind.Object) is { } truncation)
        {
            TokenizerSettings.RejectLeft(file, truncation, "direction");
            maximum = file.FindInt(truncation, "max_length");
        }
        if (file.Find(file.Root, "padding", JsonValueKind.Object) is { } padding)
        {
            TokenizerSettings.RejectLeft(file, padding, "direction");
            (padId, padToken) = (file.FindInt(padding, "pad_id"), file.FindString(padding, "pad_token"));
        }
        return (maximum, padId, padToken);
    }

    // A merge is "a b", or ["a", "b"] since tokenizers 0.20.
    private static (string, string) ReadMerge(JsonFile file, JsonElement merge)
    {
        if (merge.ValueKind == JsonValueKind.Array && merge.GetArrayLength() == 2
            && merge[0].ValueKind == JsonValueKind.String && merge[1].ValueKind == JsonValueKind.String)
        {
            return (merge[0].GetString()!, merge[1].GetString()!);
        }
        string[] parts = merge.ValueKind == JsonValueKind.String ? merge.GetString()!.Split(' ') : [];
        return parts is [{ Length: > 0 } left, { Length: > 0 } right] ? (left, right) : throw file.Error($"the merge {merge.GetRawText()} is no pair of tokens");
    }

    private static void RejectOptions(JsonFile file, JsonElement model)
    {
        string? option = file.FindFlag(model, "byte_fallback") ? "byte_fallback"
            : file.FindFlag(model, "ignore_merges") ? "ignore_merges"
            : file.Find(model, "dropout", JsonValueKind.Number)?.GetDouble() > 0 ? "dropout"
            : !string.IsNullOrEmpty(file.FindString(model, "continuing_subword_prefix")) ? "continuing_subword_prefix"
            : null;
        if (option is not null)
        {
            throw new NotSupportedException($"{file.Description} sets '{option}' of its byte-pair model, which no CLIP tokenizer does.");
        }
    }
}
