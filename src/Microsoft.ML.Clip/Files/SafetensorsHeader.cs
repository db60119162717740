using System.Buffers.Binary;

namespace Microsoft.ML.Clip;

/// <summary>
/// What a safetensors file holds: eight bytes with the length of a header, the header in JSON, the values (huggingface/safetensors, README, "Format"). Whatever
/// the header claims is held against the file before anything is read at its word.
/// </summary>
/// <param name="Entries">The tensors.</param>
/// <param name="Metadata">Texts by name.</param>
internal sealed record SafetensorsHeader(IReadOnlyList<SafetensorsEntry> Entries, IReadOnlyDictionary<string, string> Metadata)
{
    /// <summary>The property that is no tensor.</summary>
    public const string MetadataName = "__metadata__";

    /// <summary>Element types.</summary>
    public const string Float32 = "F32", Float16 = "F16", Int8 = "I8";

    /// <summary>The format's own limit.</summary>
    private const long MaximumLength = 100_000_000;

    private const int LengthBytes = sizeof(ulong);

    /// <exception cref="InvalidDataException">The file is no safetensors file, or is truncated or contradicts itself; the message names it and the tensor.</exception>
    public static SafetensorsHeader Read(string path)
    {
        try
        {
            using var stream = RegularFile.WhyNot(path) is { } reason ? throw new InvalidDataException(reason) : RegularFile.Open(path);
            return Read(stream, path);
        }
        catch (InvalidDataException e)
        {
            throw new InvalidDataException($"The file {path} is not a readable safetensors file: {e.Message.TrimEnd('.')}.", e);
        }
    }

    /// <summary>Reads the header of a stream.</summary>
    /// <param name="stream">It, from its beginning.</param>
    /// <param name="path">How messages name it.</param>
    /// <exception cref="InvalidDataException">It is no safetensors file, or is truncated or contradicts itself.</exception>
    public static SafetensorsHeader Read(Stream stream, string path)
    {
        if (GitLfs.IsPointer(stream))
        {
            throw new InvalidDataException(GitLfs.Explanation);
        }
        Span<byte> prefix = stackalloc byte[LengthBytes];
        if (stream.ReadAtLeast(prefix, LengthBytes, throwOnEndOfStream: false) < LengthBytes)
        {
            throw new InvalidDataException($"it has {stream.Length} bytes, and the length of its header alone takes {LengthBytes}");
        }
        ulong length = BinaryPrimitives.ReadUInt64LittleEndian(prefix);
        if (length > MaximumLength || (long)length > stream.Length - LengthBytes)
        {
            throw new InvalidDataException(length > MaximumLength
                ? $"its header claims {length:N0} bytes, more than the format's limit of {MaximumLength:N0}; it is another kind of file"
                : $"its header claims {length:N0} bytes where {stream.Length - LengthBytes:N0} are left; it is truncated");
        }
        byte[] json = new byte[length];
        stream.ReadExactly(json);
        var header = JsonFile.Parse(json, "its header");
        long start = LengthBytes + (long)length;
        var entries = header.Properties().Where(p => p.Name != MetadataName).Select(p => Entry(p.Name, p.Value, path, start)).ToList();
        CheckPlaces(entries, start, stream.Length);
        var metadata = new Dictionary<string, string>(StringComparer.Ordinal);
        foreach (var (name, text) in header[MetadataName].FindProperties())
        {
            metadata[name] = text.Text();
        }
        return new SafetensorsHeader(entries, metadata);
    }

    private static SafetensorsEntry Entry(string name, JsonField value, string path, long start)
    {
        string type = value["dtype"].Text();
        long[] shape = Integers(value["shape"]) ?? throw value["shape"].Error("whole numbers of at least 0");
        if (Integers(value["data_offsets"]) is not [var begin, var end] || begin > end)
        {
            throw value["data_offsets"].Error("two ascending whole numbers of at least 0");
        }
        int size = ElementSize(type) ?? throw new InvalidDataException($"the tensor '{name}' has the unknown element type '{type}'");
        // In 128 bits, so that no shape overflows into a plausible size.
        var bytes = shape.Aggregate((Int128)size, (product, axis) => product > long.MaxValue ? product : product * axis);
        return bytes == end - begin ? new SafetensorsEntry(path, name, type, shape, Shifted(begin), Shifted(end))
            : throw new InvalidDataException($"the tensor '{name}', {type} [{string.Join(", ", shape)}], takes {bytes:N0} bytes, but its offsets {begin:N0} to {end:N0} span {end - begin:N0}");

        long Shifted(long offset) => offset <= long.MaxValue - start ? start + offset : throw new InvalidDataException($"the tensor '{name}' lies at byte {offset:N0}, beyond any file");
    }

    /// <summary>The format allows neither overlaps nor gaps: every byte behind the header belongs to one tensor.</summary>
    private static void CheckPlaces(List<SafetensorsEntry> entries, long start, long length)
    {
        var names = new HashSet<string>(StringComparer.Ordinal);
        if (entries.Find(e => !names.Add(e.Name)) is { } twice)
        {
            throw new InvalidDataException($"the tensor '{twice.Name}' is listed twice");
        }
        long end = start;
        foreach (var entry in entries.OrderBy(e => e.Begin).ThenBy(e => e.End))
        {
            if (entry.Begin != end)
            {
                throw new InvalidDataException(entry.Begin < end
                    ? $"the tensor '{entry.Name}' begins at byte {entry.Begin:N0}, inside the one before it, which ends at {end:N0}"
                    : $"the tensor '{entry.Name}' begins at byte {entry.Begin:N0}, after a gap from {end:N0} on that belongs to no tensor");
            }
            end = entry.End;
        }
        if (end != length)
        {
            throw new InvalidDataException(end > length
                ? $"its tensors end at byte {end:N0}, but the file at {length:N0}; it is truncated"
                : $"its tensors end at byte {end:N0}, but {length - end:N0} more bytes follow");
        }
    }

    /// <summary>The bytes of an element; null of a type that the format does not have.</summary>
    public static int? ElementSize(string type) => type switch
    {
        "BOOL" or "U8" or "I8" or "F8_E4M3" or "F8_E5M2" => 1,
        "U16" or "I16" or "F16" or "BF16" => 2,
        "U32" or "I32" or "F32" => 4,
        "U64" or "I64" or "F64" => 8,
        _ => null,
    };

    private static long[]? Integers(JsonField array)
    {
        long?[] values = [.. array.Items().Select(v => v.WholeNumber)];
        return values.All(v => v >= 0) ? [.. values.Select(v => v!.Value)] : null;
    }
}

/// <summary>A tensor of a safetensors file.</summary>
/// <param name="File">The path of the file.</param>
/// <param name="Name">The tensor's name.</param>
/// <param name="Type">Its element type as the file names it, for example <c>F32</c>.</param>
/// <param name="Shape">The sizes of its axes.</param>
/// <param name="Begin">Where its values begin in the file.</param>
/// <param name="End">Where they end.</param>
internal sealed record SafetensorsEntry(string File, string Name, string Type, IReadOnlyList<long> Shape, long Begin, long End)
{
    public override string ToString() => $"'{Name}' ({Type} [{string.Join(", ", Shape)}]) of {File}";
}
