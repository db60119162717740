using System.Globalization;
using System.Text.Json;

namespace Microsoft.ML.Clip;

/// <summary>An object of a JSON file, read property by property. Every error names the file and the property, what was expected and what was found.</summary>
internal readonly struct JsonSection
{
    private readonly JsonElement _element;
    private readonly string _location;
    private readonly string _path;

    private JsonSection(JsonElement element, string location, string path) => (_element, _location, _path) = (element, location, path);

    /// <summary>Parses a file.</summary>
    /// <param name="json">The file's text, UTF-8.</param>
    /// <param name="location">How messages should name the file.</param>
    /// <exception cref="InvalidDataException">The text is not JSON, or not an object.</exception>
    public static JsonSection Parse(ReadOnlyMemory<byte> json, string location)
    {
        try
        {
            using var document = JsonDocument.Parse(json);
            var root = document.RootElement.Clone();
            return root.ValueKind == JsonValueKind.Object
                ? new JsonSection(root, location, "")
                : throw new InvalidDataException($"{location}: expected a JSON object, but found {root.ValueKind}.");
        }
        catch (JsonException e)
        {
            throw new InvalidDataException($"{location} is not valid JSON: {e.Message}", e);
        }
    }

    /// <summary>Whether the property is there and not null.</summary>
    public bool Has(string name) => _element.TryGetProperty(name, out var value) && value.ValueKind != JsonValueKind.Null;

    public bool IsObject(string name) => Has(name) && _element.GetProperty(name).ValueKind == JsonValueKind.Object;

    public bool IsArray(string name) => Has(name) && _element.GetProperty(name).ValueKind == JsonValueKind.Array;

    /// <summary>A property that is an object.</summary>
    public JsonSection Section(string name) => IsObject(name)
        ? new JsonSection(_element.GetProperty(name), _location, Path(name) + ".")
        : throw Unexpected(name, "an object");

    public bool Boolean(string name, bool fallback) => !Has(name) ? fallback : _element.GetProperty(name).ValueKind switch
    {
        JsonValueKind.True => true,
        JsonValueKind.False => false,
        _ => throw Unexpected(name, "true or false"),
    };

    public string Text(string name, string fallback) => !Has(name) ? fallback : _element.GetProperty(name).ValueKind == JsonValueKind.String
        ? _element.GetProperty(name).GetString()!
        : throw Unexpected(name, "a text");

    /// <summary>A whole number from <paramref name="least"/> to <paramref name="most"/>.</summary>
    public int Integer(string name, int least, int most) =>
        Has(name) && AsInteger(_element.GetProperty(name), least, most) is int value ? value : throw Unexpected(name, Range(least, most));

    /// <summary>Two whole numbers; one alone counts twice.</summary>
    public (int First, int Second) IntegerPair(string name, int least, int most)
    {
        if (!IsArray(name))
        {
            int both = Integer(name, least, most);
            return (both, both);
        }
        var array = _element.GetProperty(name);
        return array.GetArrayLength() == 2 && AsInteger(array[0], least, most) is int first && AsInteger(array[1], least, most) is int second
            ? (first, second)
            : throw Unexpected(name, $"two numbers, each {Range(least, most)}");
    }

    /// <summary>A finite number above zero.</summary>
    public double PositiveNumber(string name, double fallback) => !Has(name) ? fallback
        : AsNumber(_element.GetProperty(name)) is double value && value > 0 ? value
        : throw Unexpected(name, "a finite number above 0");

    /// <summary>Three finite numbers, for red, green and blue; a single one counts for all.</summary>
    public float[] Channels(string name, float[] fallback, bool mustBePositive)
    {
        if (!Has(name))
        {
            return fallback;
        }
        var value = _element.GetProperty(name);
        float?[] channels = value.ValueKind switch
        {
            JsonValueKind.Array when value.GetArrayLength() == 3 => [.. value.EnumerateArray().Select(AsSingle)],
            JsonValueKind.Number => [AsSingle(value), AsSingle(value), AsSingle(value)],
            _ => [null],
        };
        return channels.All(c => c is float number && (!mustBePositive || number > 0))
            ? [.. channels.Select(c => c!.Value)]
            : throw Unexpected(name, mustBePositive ? "three finite numbers above 0" : "three finite numbers");
    }

    /// <summary>The error for a property with an unusable value.</summary>
    public InvalidDataException Unexpected(string name, string expected)
    {
        string found = _element.TryGetProperty(name, out var value) ? value.GetRawText() : "nothing";
        found = found.Length > 100 ? found[..100] + "..." : found;
        return new InvalidDataException($"{_location}: property '{Path(name)}' must be {expected}, but is {found}.");
    }

    private string Path(string name) => _path + name;

    private static string Range(int least, int most) => $"a whole number from {least} to {most}";

    // 224.0 is as good as 224: some exporters write whole numbers so.
    private static int? AsInteger(JsonElement element, int least, int most) =>
        AsNumber(element) is double value && value == Math.Floor(value) && value >= least && value <= most ? (int)value : null;

    private static double? AsNumber(JsonElement element) => element.ValueKind switch
    {
        JsonValueKind.Number when element.TryGetDouble(out double value) && double.IsFinite(value) => value,
        _ => null,
    };

    private static float? AsSingle(JsonElement element) => AsNumber(element) is double value && float.IsFinite((float)value) ? (float)value : null;
}
