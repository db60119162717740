using System.Text.Json;
using System.Text.Unicode;

namespace Microsoft.ML.Clip;

/// <summary>
/// Opens the JSON files of a model, all by the same rules, since several stages read the same files. Comments and trailing commas are passed over, for
/// people edit these files, and so is a byte order mark. As in the references, the last of several properties of one name counts. What is not Unicode, is
/// nested deeper than <see cref="MaximumDepth"/>, or is no object is an error.
/// </summary>
internal static class JsonFile
{
    /// <summary>How deep objects and arrays may be nested; those of models have about ten levels.</summary>
    public const int MaximumDepth = 64;

    private static readonly JsonDocumentOptions Rules = new()
    {
        AllowTrailingCommas = true,
        CommentHandling = JsonCommentHandling.Skip,
        MaxDepth = MaximumDepth,
    };

    private static ReadOnlySpan<byte> ByteOrderMark => [0xEF, 0xBB, 0xBF];

    /// <summary>Opens a file of a model.</summary>
    /// <exception cref="FileNotFoundException">There is no such file.</exception>
    /// <exception cref="InvalidDataException">The file cannot be read, is not JSON, or no JSON object; the message names it.</exception>
    public static JsonField Open(ModelFiles files, string name) => Parse(files.ReadAllBytes(name), files.Describe(name));

    /// <summary>Opens a file that belongs to no model's listing.</summary>
    /// <param name="path">Where it is.</param>
    /// <param name="description">How messages should name it.</param>
    /// <exception cref="IOException">The file cannot be read.</exception>
    /// <exception cref="UnauthorizedAccessException">It may not be read.</exception>
    /// <exception cref="InvalidDataException">It is empty, no regular file, not JSON, or no JSON object; the message names it.</exception>
    public static JsonField OpenPath(string path, string description) => RegularFile.WhyNot(path) is { } reason
        ? throw new InvalidDataException($"{description} cannot be read: {reason}.") : Parse(RegularFile.ReadAllBytes(path), description);

    /// <summary>Parses the content of a file.</summary>
    /// <param name="json">The file's text, UTF-8.</param>
    /// <param name="description">How messages should name the file.</param>
    /// <exception cref="InvalidDataException">The text is not JSON, or no JSON object; the message names the file.</exception>
    public static JsonField Parse(ReadOnlySpan<byte> json, string description)
    {
        var root = ParseAny(json, description);
        return root.IsObject ? root : throw root.Error("an object");
    }

    /// <summary>Parses a text that may be something else than an object.</summary>
    /// <param name="json">The text, UTF-8.</param>
    /// <param name="description">How messages should name it.</param>
    /// <exception cref="InvalidDataException">It is not JSON; the message names it.</exception>
    public static JsonField ParseAny(ReadOnlySpan<byte> json, string description)
    {
        json = json.StartsWith(ByteOrderMark) ? json[ByteOrderMark.Length..] : json;
        if (GitLfs.IsPointer(json))
        {
            throw new InvalidDataException($"{description} is not valid JSON: {GitLfs.Explanation}.");
        }
        if (!Utf8.IsValid(json))
        {
            throw new InvalidDataException($"{description} is not valid JSON: it is not UTF-8 text.");
        }
        JsonField root;
        try
        {
            root = new JsonField(JsonElement.Parse(json, Rules), description);
        }
        catch (JsonException e)
        {
            throw new InvalidDataException($"{description} is not valid JSON: {e.Message}", e);
        }
        // Half a surrogate pair can only come from an escape; without one there is nothing to look for.
        if (json.IndexOf(@"\ud"u8) >= 0 || json.IndexOf(@"\uD"u8) >= 0)
        {
            root.RequireUnicode();
        }
        return root;
    }
}
