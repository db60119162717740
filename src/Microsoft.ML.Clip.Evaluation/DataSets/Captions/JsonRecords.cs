using System.Text.Json;

namespace Microsoft.ML.Clip;

/// <summary>
/// Lists of objects in a large JSON file: one object after the other is looked at, and the whole is never a tree. COCO's largest has 470 MB.
/// </summary>
internal static class JsonRecords
{
    private const int MaximumFile = 1 << 30, MaximumDepth = 64;

    private static ReadOnlySpan<byte> ByteOrderMark => [0xEF, 0xBB, 0xBF];

    /// <summary>Reads the file and hands out the objects of its lists.</summary>
    /// <param name="path">The file.</param>
    /// <param name="lists">For each property of the file that is wanted, what takes an object of its list.</param>
    /// <returns>How many objects each list had; a list that is not there is missing here, too.</returns>
    /// <exception cref="InvalidDataException">It is not JSON, nested too deep, too large, or a list is none of objects.</exception>
    public static Dictionary<string, int> Read(string path, params (string List, Action<JsonRecord> Take)[] lists)
    {
        ReadOnlySpan<byte> json = DataFiles.Bytes(path, MaximumFile);
        json = json.StartsWith(ByteOrderMark) ? json[ByteOrderMark.Length..] : json;
        var counts = new Dictionary<string, int>(StringComparer.Ordinal);
        var reader = new Utf8JsonReader(json, new JsonReaderOptions { MaxDepth = MaximumDepth });
        try
        {
            reader.Read();
            if (reader.TokenType != JsonTokenType.StartObject)
            {
                throw new InvalidDataException($"'{path}' has to be a JSON object; it is {reader.TokenType}.");
            }
            while (reader.Read() && reader.TokenType == JsonTokenType.PropertyName)
            {
                string name = reader.GetString()!;
                reader.Read();
                if (Array.Find(lists, l => l.List == name).Take is { } take)
                {
                    if (!counts.TryAdd(name, 0))
                    {
                        throw new InvalidDataException($"'{path}' has the list '{name}' twice.");
                    }
                    counts[name] = ReadList(ref reader, path, name, take);
                }
                else
                {
                    reader.Skip();
                }
            }
            reader.Read();
        }
        catch (Exception e) when (e is JsonException or InvalidOperationException)
        {
            throw new InvalidDataException($"'{path}' is not valid JSON, or cut short: {e.Message}", e);
        }
        return counts;
    }

    private static int ReadList(ref Utf8JsonReader reader, string path, string list, Action<JsonRecord> take)
    {
        if (reader.TokenType != JsonTokenType.StartArray)
        {
            throw new InvalidDataException($"'{list}' of '{path}' has to be a list; it is {reader.TokenType}.");
        }
        int count = 0;
        while (reader.Read() && reader.TokenType != JsonTokenType.EndArray)
        {
            string place = FormattableString.Invariant($"{list}[{count}] of '{path}'");
            if (reader.TokenType != JsonTokenType.StartObject)
            {
                throw new InvalidDataException($"{place} has to be an object; it is {reader.TokenType}.");
            }
            take(new JsonRecord(JsonElement.ParseValue(ref reader), place));
            count++;
        }
        return count;
    }
}

/// <summary>An object of a list.</summary>
/// <param name="Value">The object.</param>
/// <param name="Place">Where it stands, for messages.</param>
internal readonly record struct JsonRecord(JsonElement Value, string Place)
{
    public string Text(string name) => TextOrNull(name) ?? throw Missing(name, "a text");

    public string? TextOrNull(string name) => !Value.TryGetProperty(name, out var value) || value.ValueKind == JsonValueKind.Null ? null
        : value.ValueKind == JsonValueKind.String ? value.GetString() : throw Missing(name, "a text");

    public long Number(string name) =>
        Value.TryGetProperty(name, out var value) && value.ValueKind == JsonValueKind.Number && value.TryGetInt64(out long number)
            ? number : throw Missing(name, "a whole number");

    public JsonRecord[] List(string name)
    {
        string place = Place;
        return Value.TryGetProperty(name, out var value) && value.ValueKind == JsonValueKind.Array
            ? [.. value.EnumerateArray().Select((v, i) => new JsonRecord(v, $"{name}[{i}] of {place}"))] : throw Missing(name, "a list");
    }

    private InvalidDataException Missing(string name, string expected) => new($"{Place} has no '{name}' that is {expected}.");
}
