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

    /// <summary>How many bytes a file may have. The tokenizer.json of Gemma, with 256,000 tokens and 580,000 merges, has 34 MB.</summary>
    public const int MaximumLength = 128 << 20;

    /// <summary>
    /// How many values and names a file of tokens may have; that of Gemma has 2.5 million. Each takes a dozen bytes of memory and more, whatever it takes of
    /// the file, and several stages read the same files.
    /// </summary>
    public const int MaximumTokenValues = 4_000_000;

    /// <summary>How many values and names any other file may have: a list of 20,000 classes has 40,000.</summary>
    public const int MaximumValues = 1_000_000;

    private static readonly JsonDocumentOptions Rules = new()
    {
        AllowTrailingCommas = true,
        CommentHandling = JsonCommentHandling.Skip,
        MaxDepth = MaximumDepth,
    };

    private static ReadOnlySpan<byte> ByteOrderMark => [0xEF, 0xBB, 0xBF];

    /// <summary>Opens a file of a model.</summary>
    /// <exception cref="FileNotFoundException">There is no such file.</exception>
    /// <exception cref="InvalidDataException">The file cannot be read, is too large, not JSON, or no JSON object; the message names it.</exception>
    public static JsonField Open(ModelFiles files, string name)
    {
        string description = files.Describe(name);
        using var stream = files.OpenRead(name);
        byte[] json = Read(stream, description);
        bool hasTokens = name[(name.LastIndexOf('/') + 1)..] is KnownFiles.Tokenizer or KnownFiles.Vocabulary;
        RequireFew(json, hasTokens ? MaximumTokenValues : MaximumValues, description);
        return Parse(json, description);
    }

    /// <summary>Opens a file that belongs to no model's listing.</summary>
    /// <param name="path">Where it is.</param>
    /// <param name="description">How messages should name it.</param>
    /// <exception cref="IOException">The file cannot be read.</exception>
    /// <exception cref="UnauthorizedAccessException">It may not be read.</exception>
    /// <exception cref="InvalidDataException">It is empty, no regular file, too large, not JSON, or no JSON object; the message names it.</exception>
    public static JsonField OpenPath(string path, string description)
    {
        if (RegularFile.WhyNot(path) is { } reason)
        {
            throw new InvalidDataException($"{description} cannot be read: {reason}.");
        }
        using var stream = RegularFile.Open(path);
        return Parse(Read(stream, description), description);
    }

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
        RequireFew(json, MaximumTokenValues, description);
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

    private static byte[] Read(Stream stream, string description)
    {
        if (stream.Length > MaximumLength)
        {
            throw new InvalidDataException($"{description} cannot be read: it has {stream.Length:N0} bytes; {MaximumLength:N0} are the most of any JSON file of a model.");
        }
        byte[] json = new byte[stream.Length];
        stream.ReadExactly(json);
        return json;
    }

    // Before every value or name stands one of these. Those within texts are counted, too, which is far below the limits.
    private static void RequireFew(ReadOnlySpan<byte> json, int most, string description)
    {
        long values = (long)json.Count((byte)',') + json.Count((byte)':') + json.Count((byte)'[') + json.Count((byte)'{');
        if (values > most)
        {
            throw new InvalidDataException($"{description} cannot be read: it holds some {values:N0} values and names; {most:N0} are the most of such a file of a model.");
        }
    }
}
