using System.Text.Json;

namespace Microsoft.ML.Clip;

/// <summary>A JSON file of a model, with access that says which file and which property is not as it should be.</summary>
internal sealed class JsonFile : IDisposable
{
    private readonly JsonDocument _document;

    private JsonFile(JsonDocument document, string description) => (_document, Description) = (document, description);

    /// <summary>The file's name and place, for messages.</summary>
    public string Description { get; }

    public JsonElement Root => _document.RootElement;

    /// <exception cref="InvalidDataException">The file is not JSON, or no JSON object.</exception>
    public static JsonFile Open(ModelFiles files, string name)
    {
        string description = files.Describe(name);
        try
        {
            using var stream = files.OpenRead(name);
            var document = JsonDocument.Parse(stream, new JsonDocumentOptions { AllowTrailingCommas = true, CommentHandling = JsonCommentHandling.Skip });
            return document.RootElement.ValueKind == JsonValueKind.Object
                ? new JsonFile(document, description)
                : throw new InvalidDataException($"{description} holds a JSON {document.RootElement.ValueKind} instead of an object.");
        }
        catch (JsonException e)
        {
            throw new InvalidDataException($"{description} is not valid JSON: {e.Message}", e);
        }
    }

    /// <summary>A property that may be missing or null; any other kind than the one wanted is an error.</summary>
    /// <exception cref="InvalidDataException">The property is of another kind.</exception>
    public JsonElement? Find(JsonElement parent, string property, JsonValueKind kind)
    {
        if (parent.ValueKind != JsonValueKind.Object || !parent.TryGetProperty(property, out var value) || value.ValueKind == JsonValueKind.Null)
        {
            return null;
        }
        return value.ValueKind == kind ? value : throw Error($"'{property}' should be a JSON {kind}, but is {Shorten(value)}");
    }

    /// <exception cref="InvalidDataException">The property is missing or of another kind.</exception>
    public JsonElement Get(JsonElement parent, string property, JsonValueKind kind) =>
        Find(parent, property, kind) ?? throw Error($"'{property}' is missing");

    /// <exception cref="InvalidDataException">The property is missing or no string.</exception>
    public string GetString(JsonElement parent, string property) => Get(parent, property, JsonValueKind.String).GetString()!;

    /// <exception cref="InvalidDataException">The property is no string.</exception>
    public string? FindString(JsonElement parent, string property) => Find(parent, property, JsonValueKind.String)?.GetString();

    /// <summary>A flag, false where it is missing.</summary>
    /// <exception cref="InvalidDataException">The property is no boolean.</exception>
    public bool FindFlag(JsonElement parent, string property, bool missing = false)
    {
        if (parent.ValueKind != JsonValueKind.Object || !parent.TryGetProperty(property, out var value) || value.ValueKind == JsonValueKind.Null)
        {
            return missing;
        }
        return value.ValueKind is JsonValueKind.True or JsonValueKind.False
            ? value.GetBoolean()
            : throw Error($"'{property}' should be true or false, but is {Shorten(value)}");
    }

    /// <summary>A whole number that may be missing; Hugging Face writes 1e30 for "no limit", which reads as missing too.</summary>
    /// <exception cref="InvalidDataException">The property is no number.</exception>
    public int? FindInt(JsonElement parent, string property) => Find(parent, property, JsonValueKind.Number) is { } n && n.TryGetInt32(out int value)
        ? value : null;

    /// <summary>A token id: a whole number that is not negative.</summary>
    /// <exception cref="InvalidDataException">It is something else.</exception>
    public int ReadId(JsonElement value, string token) =>
        value.ValueKind == JsonValueKind.Number && value.TryGetInt32(out int id) && id is >= 0 and < ClipTokenizer.MaximumVocabularySize
            ? id
            : throw Error($"the id of token '{token}' should be a number from 0 to {ClipTokenizer.MaximumVocabularySize - 1}, but is {Shorten(value)}");

    public InvalidDataException Error(string problem) => new($"{Description} cannot be used: {problem}.");

    public void Dispose() => _document.Dispose();

    private static string Shorten(JsonElement value)
    {
        const int MaximumLength = 60;
        string text = value.GetRawText();
        return text.Length <= MaximumLength ? text : text[..MaximumLength] + "...";
    }
}
