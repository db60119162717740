using System.Globalization;
using System.Runtime.InteropServices;
using System.Text;
using System.Text.Json;

namespace Microsoft.ML.Clip;

/// <summary>
/// A place in a JSON file, whether anything stands there or not. A property that is <c>null</c> reads as one that is missing. Every error names the file and
/// the way to the place, what was expected and what was found.
/// </summary>
/// <remarks>
/// A class, as are other small values that are read of a model's files: the framework's collections and queries are compiled beforehand for classes alone, and
/// a model is loaded before most of what they would be compiled for again.
/// </remarks>
internal sealed class JsonField
{
    private readonly JsonElement _element;

    // The way to the place: that to what it is in, and its name or else its number there. The root has neither.
    private readonly string _parent;
    private readonly string? _name;
    private readonly int _index;

    /// <summary>The root of a file.</summary>
    public JsonField(JsonElement element, string file) : this(element, file, "", null, -1)
    {
    }

    private JsonField(JsonElement element, string file, string parent, string? name, int index) =>
        (_element, File, _parent, _name, _index) = (element, file, parent, name, index);

    /// <summary>The root of a file that is not there.</summary>
    public static JsonField Missing { get; } = new(default, "");

    /// <summary>How messages name the file.</summary>
    public string File { get; }

    /// <summary>The way to the place: <c>text_config.max_position_embeddings</c>, <c>added_tokens[3].id</c>; empty for the root.</summary>
    public string Path => _name is null ? (_index < 0 ? "" : string.Create(CultureInfo.InvariantCulture, $"{_parent}[{_index}]"))
        : !IsPlain(_name) ? $"{_parent}['{Shorten(_name)}']"
        : _parent.Length == 0 ? _name
        : $"{_parent}.{_name}";

    /// <summary>Whether something stands there, and not null.</summary>
    public bool Exists => _element.ValueKind is not (JsonValueKind.Undefined or JsonValueKind.Null);

    public bool IsObject => _element.ValueKind == JsonValueKind.Object;

    public bool IsArray => _element.ValueKind == JsonValueKind.Array;

    public bool IsText => _element.ValueKind == JsonValueKind.String;

    /// <summary>A finite number; null for anything else.</summary>
    public double? FiniteNumber => _element.ValueKind == JsonValueKind.Number && _element.TryGetDouble(out double value) && double.IsFinite(value)
        ? value : null;

    /// <summary>A whole number; null for anything else. 224.0 is as good as 224: some exporters write whole numbers so.</summary>
    public long? WholeNumber => _element.ValueKind != JsonValueKind.Number ? null
        : _element.TryGetInt64(out long number) ? number
        : FiniteNumber is { } value && value == Math.Floor(value) && Math.Abs(value) < long.MaxValue ? (long)value
        : null;

    /// <summary>A property of this object; a missing one if this is missing.</summary>
    /// <exception cref="InvalidDataException">This is neither an object nor missing.</exception>
    public JsonField this[string name] => new(!Exists ? default : IsObject ? Property(name) : throw Error("an object"), File, Path, name, -1);

    /// <summary>This, if it is an object.</summary>
    /// <exception cref="InvalidDataException">It is something else, or missing.</exception>
    public JsonField Object() => IsObject ? this : throw Error("an object");

    /// <summary>The properties of this object, in order.</summary>
    /// <exception cref="InvalidDataException">It is no object.</exception>
    public IEnumerable<(string Name, JsonField Value)> Properties() => Named(Object());

    /// <summary>The properties of this object, in order; none if it is missing.</summary>
    /// <exception cref="InvalidDataException">It is something else.</exception>
    public IEnumerable<(string Name, JsonField Value)> FindProperties() => IsObject ? Named(this) : Exists ? throw Error("an object") : [];

    /// <summary>The items of this array, in order.</summary>
    /// <exception cref="InvalidDataException">It is no array.</exception>
    public IEnumerable<JsonField> Items() => IsArray ? FindItems() : throw Error("an array");

    /// <summary>The items of this array, in order; none if it is missing.</summary>
    /// <exception cref="InvalidDataException">It is something else.</exception>
    public IEnumerable<JsonField> FindItems() => IsArray ? Numbered(this) : Exists ? throw Error("an array") : [];

    /// <summary>
    /// The texts of an array that holds nothing else; null for anything else. For long lists of short arrays, as a place for each item is dear.
    /// </summary>
    public string[]? Texts()
    {
        if (!IsArray)
        {
            return null;
        }
        string[] texts = new string[_element.GetArrayLength()];
        int count = 0;
        foreach (var item in _element.EnumerateArray())
        {
            if (item.ValueKind != JsonValueKind.String)
            {
                return null;
            }
            texts[count++] = item.GetString()!;
        }
        return texts;
    }

    /// <summary>An array of a text and a finite number; null for anything else. For long lists of them, as <see cref="Texts"/> is.</summary>
    public (string Text, double Number)? TextAndNumber() =>
        IsArray && _element.GetArrayLength() == 2 && _element[0] is { ValueKind: JsonValueKind.String } text
            && _element[1] is { ValueKind: JsonValueKind.Number } number && number.TryGetDouble(out double value) && double.IsFinite(value)
            ? (text.GetString()!, value) : null;

    /// <exception cref="InvalidDataException">It is no text.</exception>
    public string Text() => FindText() ?? throw Error("a text");

    /// <summary>A text, or null if it is missing.</summary>
    /// <exception cref="InvalidDataException">It is something else.</exception>
    public string? FindText() => IsText ? _element.GetString() : Exists ? throw Error("a text") : null;

    /// <exception cref="InvalidDataException">It is neither true nor false.</exception>
    public bool Flag(bool fallback) => _element.ValueKind switch
    {
        JsonValueKind.True => true,
        JsonValueKind.False => false,
        _ => Exists ? throw Error("true or false") : fallback,
    };

    /// <summary>A whole number within bounds.</summary>
    /// <param name="least">The least that makes sense.</param>
    /// <param name="most">The most that makes sense.</param>
    /// <param name="fallback">What holds if it is missing; null if it must not be.</param>
    /// <exception cref="InvalidDataException">It is something else.</exception>
    public int Integer(int least, int most, int? fallback = null) =>
        !Exists && fallback is { } value ? value
        : WholeNumber is { } number && number >= least && number <= most ? (int)number
        : throw Error($"a whole number from {least} to {most}");

    /// <summary>A whole number; null if it is missing, or beyond what counts anything: Hugging Face writes 1e30 for "no limit".</summary>
    /// <exception cref="InvalidDataException">It is no whole number.</exception>
    public int? FindInteger() => WholeNumber switch
    {
        >= int.MinValue and <= int.MaxValue and var number => (int)number,
        null when Exists && !(FiniteNumber is { } number && number == Math.Floor(number)) => throw Error("a whole number"),
        _ => null,
    };

    /// <summary>A finite number.</summary>
    /// <exception cref="InvalidDataException">It is something else.</exception>
    public double Number(double fallback) => !Exists ? fallback : FiniteNumber ?? throw Error("a finite number");

    /// <summary>A finite number above zero.</summary>
    /// <exception cref="InvalidDataException">It is something else.</exception>
    public double PositiveNumber(double fallback) => !Exists ? fallback : FiniteNumber is { } value and > 0 ? value : throw Error("a finite number above 0");

    /// <summary>The error for an unusable value: what was expected at this place, and what stands there.</summary>
    public InvalidDataException Error(string expected)
    {
        string found = _element.ValueKind == JsonValueKind.Undefined ? "missing" : Shorten(_element.GetRawText());
        return new InvalidDataException(Path is { Length: > 0 } path
            ? $"{File}: property '{path}' must be {expected}, but is {found}."
            : $"{File} must hold {expected}, but holds {found}.");
    }

    /// <summary>Throws if a text or a name, here or below, is not Unicode: an escape gives half of a surrogate pair.</summary>
    /// <exception cref="InvalidDataException">One is not; the message says where.</exception>
    public void RequireUnicode()
    {
        const string Expected = "Unicode text, without half a surrogate pair";
        if (IsText && !IsUnicode(_element.GetString))
        {
            throw Error(Expected);
        }
        foreach (var item in IsArray ? FindItems() : [])
        {
            item.RequireUnicode();
        }
        foreach (var property in IsObject ? _element.EnumerateObject() : default)
        {
            if (!IsUnicode(() => property.Name))
            {
                string name = Encoding.UTF8.GetString(JsonMarshal.GetRawUtf8PropertyName(property));
                throw new InvalidDataException($"{File}: names in {(Path.Length == 0 ? "it" : $"'{Path}'")} must be {Expected}, but one is \"{Shorten(name)}\".");
            }
            new JsonField(property.Value, File, Path, property.Name, -1).RequireUnicode();
        }
    }

    private JsonElement Property(string name) => _element.TryGetProperty(name, out var value) ? value : default;

    private static IEnumerable<(string Name, JsonField Value)> Named(JsonField parent)
    {
        string path = parent.Path;
        foreach (var property in parent._element.EnumerateObject())
        {
            // Read once: it is a new text every time, and a vocabulary has many.
            string name = property.Name;
            yield return (name, new JsonField(property.Value, parent.File, path, name, -1));
        }
    }

    private static IEnumerable<JsonField> Numbered(JsonField parent)
    {
        string path = parent.Path;
        int index = 0;
        foreach (var item in parent._element.EnumerateArray())
        {
            yield return new JsonField(item, parent.File, path, null, index++);
        }
    }

    private static bool IsUnicode(Func<string?> read)
    {
        try
        {
            return read() is not null;
        }
        catch (InvalidOperationException)
        {
            return false;
        }
    }

    private static bool IsPlain(string name) => name.Length > 0 && name.All(c => char.IsAsciiLetterOrDigit(c) || c is '_' or '-');

    private static string Shorten(string text)
    {
        const int MaximumLength = 100;
        return text.Length <= MaximumLength ? text : text[..MaximumLength] + "...";
    }
}
