using System.Text.Encodings.Web;
using System.Text.Json;
using System.Text.RegularExpressions;

namespace Microsoft.ML.Clip;

/// <summary>A file of a repository, as a hub lists it.</summary>
/// <param name="Name">Its name, with forward slashes.</param>
/// <param name="Size">Its bytes.</param>
/// <param name="BlobId">Git's hash of it, or of the pointer that stands in its place.</param>
/// <param name="Sha256">The hash of the content, where a pointer stands in its place; else null.</param>
/// <param name="XetHash">Another hash, that is only kept.</param>
internal sealed partial record HubFile(string Name, long Size, string BlobId, string? Sha256 = null, string? XetHash = null)
{
    /// <summary>The hash of its content: 64 hexadecimal digits are SHA-256, 40 are Git's.</summary>
    public string Etag => Sha256 ?? BlobId;

    // A thousand terabytes: sums of sizes stay numbers.
    private const long LargestSize = 1L << 50;

    /// <summary>Whether it names a hash; what is none never becomes the name of a file.</summary>
    public static bool IsEtag(string text) => Hash().IsMatch(text);

    /// <summary>The same, checked.</summary>
    /// <exception cref="InvalidDataException">The name leads elsewhere, or a hash is none.</exception>
    public HubFile Checked(string source)
    {
        if (HubNames.WhyUnsafe(Name) is { } reason)
        {
            throw new InvalidDataException($"{source} lists a file called '{ClipException.Shown(Printable(Name))}': {reason}. Nothing of it is downloaded.");
        }
        return Size is >= 0 and <= LargestSize && BlobId.Length == 40 && IsEtag(BlobId) && (Sha256 is null || (Sha256.Length == 64 && IsEtag(Sha256))) ? this
            : throw new InvalidDataException($"{source} lists '{ClipException.Shown(Name)}' with a size or a hash that is none: {Size}, '{ClipException.Shown(Printable(Etag))}'.");
    }

    private static string Printable(string text) => string.Concat(text.Select(c => char.IsControl(c) ? '?' : c));

    [GeneratedRegex(@"^([0-9a-f]{40}|[0-9a-f]{64})\z")]
    private static partial Regex Hash();
}

/// <summary>
/// The files of one commit. It cannot change, and is kept in the cache as <c>trees/COMMIT.json</c>, as Python's library does (_tree_cache.py).
/// </summary>
internal sealed class HubListing
{
    private const int FormatVersion = 1;

    private static readonly JsonWriterOptions Format = new()
    {
        Indented = true,
        IndentSize = 1,
        NewLine = "\n",
        Encoder = JavaScriptEncoder.UnsafeRelaxedJsonEscaping,
    };

    private readonly Dictionary<string, HubFile> _files = new(StringComparer.Ordinal);

    /// <exception cref="InvalidDataException">A name stands there twice, with different contents.</exception>
    public HubListing(IEnumerable<HubFile> files)
    {
        foreach (var file in files)
        {
            if (!_files.TryAdd(file.Name, file) && _files[file.Name] != file)
            {
                throw new InvalidDataException($"The list has '{ClipException.Shown(file.Name)}' twice, with different contents.");
            }
        }
    }

    /// <summary>The names of all files, in ordinal order.</summary>
    public IEnumerable<string> Names => _files.Keys.Order(StringComparer.Ordinal);

    public HubFile? Find(string name) => _files.GetValueOrDefault(name);

    /// <summary>Reads one page of a hub's answer; folders are passed over.</summary>
    /// <exception cref="InvalidDataException">It is no such page, or a name in it leads elsewhere.</exception>
    public static IEnumerable<HubFile> ReadPage(byte[] json, string source)
    {
        return [.. JsonFile.ParseAny(json, source).Items().Where(e => e["type"].FindText() == "file")
            .Select(e => new HubFile(e["path"].Text(), Size(e["size"]), e["oid"].Text(), e["lfs"]["oid"].FindText(), e["xetHash"].FindText()) is var file && e["lfs"].Exists
                ? (file with { Size = e["lfs"]["size"].WholeNumber ?? file.Size }).Checked(source) : file.Checked(source))];
    }

    /// <summary>Reads what <see cref="Write"/> or Python's library has written; null if it is of another version, or broken: it can be asked for again.</summary>
    public static HubListing? Read(byte[] json, string source)
    {
        try
        {
            var root = JsonFile.Parse(json, source);
            return root["format_version"].WholeNumber != FormatVersion ? null : new HubListing(root["files"].Properties().Select(p => new HubFile(
                p.Name, Size(p.Value["size"]), p.Value["blob_id"].Text(), p.Value["lfs_sha256"].FindText(), p.Value["xet_hash"].FindText()).Checked(source)));
        }
        catch (InvalidDataException)
        {
            return null;
        }
    }

    public void Write(Stream stream)
    {
        using var writer = new Utf8JsonWriter(stream, Format);
        writer.WriteStartObject();
        writer.WriteNumber("format_version", FormatVersion);
        writer.WriteStartObject("files");
        foreach (var file in _files.Values.OrderBy(f => f.Name, StringComparer.Ordinal))
        {
            writer.WriteStartObject(file.Name);
            writer.WriteNumber("size", file.Size);
            writer.WriteString("blob_id", file.BlobId);
            if (file.Sha256 is not null)
            {
                writer.WriteString("lfs_sha256", file.Sha256);
                writer.WriteNumber("lfs_size", file.Size);
            }
            if (file.XetHash is not null)
            {
                writer.WriteString("xet_hash", file.XetHash);
            }
            writer.WriteEndObject();
        }
        writer.WriteEndObject();
        writer.WriteEndObject();
    }

    private static long Size(JsonField field) => field.WholeNumber ?? throw field.Error("a whole number");
}
