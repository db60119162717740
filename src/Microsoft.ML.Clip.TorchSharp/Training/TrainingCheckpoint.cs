using System.Security.Cryptography;
using TorchSharp;
using static TorchSharp.torch;

namespace Microsoft.ML.Clip;

/// <summary>
/// A checkpoint: named float tensors, and what run they belong to as metadata, in a safetensors file. It is written beside its place and then moved there, so
/// that the old one survives whatever happens on the way.
/// </summary>
/// <remarks>
/// The metadata hold a SHA-256 of all values, so that a bit that has flipped on the disk does not become the weights of hours to come. Files of the versions
/// before that have none; they are read as well, with all other checks.
/// </remarks>
internal static class TrainingCheckpoint
{
    /// <summary>The name under which the metadata hold the hash.</summary>
    public const string HashName = "sha256";

    /// <summary>What the names of weights begin with, as opposed to moments.</summary>
    private static readonly string[] WeightPrefixes = ["weights.", "average."];

    /// <param name="path">The file; an existing one is replaced at the end.</param>
    /// <param name="tensors">Float tensors by name.</param>
    /// <param name="metadata">Texts by name.</param>
    /// <exception cref="ClipTrainingException">The file cannot be written. What was there before still is.</exception>
    public static void Save(string path, IReadOnlyList<(string Name, Tensor Value)> tensors, IReadOnlyDictionary<string, string> metadata)
    {
        try
        {
            if (Path.GetDirectoryName(Path.GetFullPath(path)) is { } directory)
            {
                Directory.CreateDirectory(directory);
            }
            var sources = tensors.Select(t => new SafetensorsSource(t.Name, t.Value.shape, stream => WriteValues(stream, t.Value)));
            var hashed = new Dictionary<string, string>(metadata) { [HashName] = Hash(tensors, metadata) };
            WholeFile.Write(path, stream =>
            {
                SafetensorsWriter.Write(stream, [.. sources], hashed);
                // A run goes on for hours from here: the values have to be on the disk before the old ones go.
                (stream as FileStream)?.Flush(flushToDisk: true);
            });
        }
        catch (Exception e) when (e is IOException or UnauthorizedAccessException)
        {
            throw new ClipTrainingException($"The checkpoint '{path}' cannot be written: {e.Message} {(File.Exists(path) ? "The one before it is still there." : "There is none before it.")}") { Path = path, Cause = e };
        }
    }

    /// <summary>Reads tensors in place into those of equal name, and gives the metadata.</summary>
    /// <param name="path">The file.</param>
    /// <param name="tensors">What takes the values, all or, if anything does not fit, none of them. The file may hold more.</param>
    /// <param name="check">Throws <see cref="InvalidDataException"/> where the metadata are not as they should be.</param>
    /// <exception cref="ClipTrainingException">The file cannot be read, or is no checkpoint of this network; the message says what differs.</exception>
    public static IReadOnlyDictionary<string, string> Load(string path, IReadOnlyList<(string Name, Tensor Value)> tensors,
        Action<IReadOnlyDictionary<string, string>>? check = null)
    {
        var (metadata, entries) = Check(path, [.. tensors.Select(t => (t.Name, t.Value.shape))], check);
        try
        {
            using var _ = no_grad();
            foreach (var (entry, (_, value)) in entries.Zip(tensors))
            {
                using var read = tensor(SafetensorsFiles.ReadAsStored(entry), value.shape);
                value.copy_(read);
            }
            return metadata;
        }
        catch (Exception e) when (IsUnreadable(e))
        {
            throw Unreadable(path, e);
        }
    }

    /// <summary>All that <see cref="Load"/> does before the first value is taken: libtorch is not asked.</summary>
    /// <exception cref="ClipTrainingException">The file cannot be read, or is no checkpoint of this network; the message says what differs.</exception>
    public static (IReadOnlyDictionary<string, string> Metadata, IReadOnlyList<SafetensorsEntry> Entries) Check(string path,
        IReadOnlyList<(string Name, long[] Shape)> tensors, Action<IReadOnlyDictionary<string, string>>? check)
    {
        try
        {
            var file = SafetensorsFiles.OpenFile(path);
            check?.Invoke(file.Metadata);
            SafetensorsEntry[] entries = [.. tensors.Select(t => Find(file, t.Name, t.Shape))];
            CheckHash(file);
            CheckWeights(entries);
            return (file.Metadata.Where(m => m.Key != HashName).ToDictionary(), entries);
        }
        catch (InvalidDataException e)
        {
            throw new ClipTrainingException($"'{path}' is no checkpoint of this training: {e.Message.TrimEnd('.')}.") { Path = path, Cause = e };
        }
        catch (Exception e) when (IsUnreadable(e))
        {
            throw Unreadable(path, e);
        }
    }

    private static bool IsUnreadable(Exception e) => e is IOException or UnauthorizedAccessException;

    private static ClipTrainingException Unreadable(string path, Exception e) => new($"The checkpoint '{path}' cannot be read: {e.Message}")
    {
        Path = path,
        Cause = e,
    };

    private static SafetensorsEntry Find(SafetensorsFiles file, string name, long[] shape)
    {
        if (!file.Entries.TryGetValue(name, out var entry))
        {
            throw new InvalidDataException($"it has no tensor '{name}'");
        }
        if (entry.Type != SafetensorsHeader.Float32)
        {
            throw new InvalidDataException($"'{name}' is stored as {entry.Type}, but {SafetensorsHeader.Float32} is expected");
        }
        return entry.Shape.SequenceEqual(shape) ? entry
            : throw new InvalidDataException($"'{name}' is [{string.Join(", ", entry.Shape)}], but [{string.Join(", ", shape)}] is expected");
    }

    /// <summary>The hash of the metadata and of all values, each tensor's after its name, in the order of the file.</summary>
    private static string Hash(IReadOnlyList<(string Name, Tensor Value)> tensors, IReadOnlyDictionary<string, string> metadata)
    {
        using var hash = new HashingStream();
        hash.Write(metadata);
        foreach (var (name, value) in tensors)
        {
            hash.Write(name);
            WriteValues(hash, value);
        }
        return hash.Result();
    }

    /// <summary>Holds the values of the file against the hash in it, if it has one.</summary>
    private static void CheckHash(SafetensorsFiles file)
    {
        if (!file.Metadata.TryGetValue(HashName, out string? expected))
        {
            return;
        }
        using var hash = new HashingStream();
        hash.Write(file.Metadata.Where(m => m.Key != HashName));
        using var stream = RegularFile.Open(file.Path);
        byte[] buffer = new byte[1 << 16];
        foreach (var entry in file.Entries.Values.OrderBy(e => e.Begin).ThenBy(e => e.End))
        {
            hash.Write(entry.Name);
            stream.Position = entry.Begin;
            for (long left = entry.End - entry.Begin; left > 0;)
            {
                int count = (int)Math.Min(left, buffer.Length);
                stream.ReadExactly(buffer, 0, count);
                hash.Write(buffer.AsSpan(0, count));
                left -= count;
            }
        }
        if (hash.Result() is { } found && found != expected)
        {
            throw new InvalidDataException($"it is damaged: the SHA-256 of its contents should be {expected}, but is {found}");
        }
    }

    /// <summary>Weights that are no numbers give no others ever after. Moments may be infinite: a step divides by them.</summary>
    private static void CheckWeights(IEnumerable<SafetensorsEntry> entries)
    {
        foreach (var entry in entries.Where(e => WeightPrefixes.Any(p => e.Name.StartsWith(p, StringComparison.Ordinal))))
        {
            _ = SafetensorsFiles.Read(entry);
        }
    }

    private static void WriteValues(Stream stream, Tensor value)
    {
        using var scope = NewDisposeScope();
        stream.Write(value.detach().to(ScalarType.Float32).cpu().contiguous().bytes);
    }
}

/// <summary>A stream that keeps the hash of what is written to it, and nothing else.</summary>
internal sealed class HashingStream : Stream
{
    private readonly IncrementalHash _hash = IncrementalHash.CreateHash(HashAlgorithmName.SHA256);

    public override bool CanRead => false;

    public override bool CanSeek => false;

    public override bool CanWrite => true;

    public override long Length => throw new NotSupportedException();

    public override long Position
    {
        get => throw new NotSupportedException();
        set => throw new NotSupportedException();
    }

    /// <summary>The hash so far, as lower-case digits; what follows begins anew.</summary>
    public string Result() => Convert.ToHexStringLower(_hash.GetHashAndReset());

    public void Write(string text) => Write(System.Text.Encoding.UTF8.GetBytes(text));

    public void Write(IEnumerable<KeyValuePair<string, string>> texts)
    {
        foreach (var (name, text) in texts.OrderBy(t => t.Key, StringComparer.Ordinal))
        {
            Write($"{name.Length}:{name}{text.Length}:{text}");
        }
    }

    public override void Flush()
    {
    }

    public override void Write(byte[] buffer, int offset, int count) => _hash.AppendData(buffer, offset, count);

    public override void Write(ReadOnlySpan<byte> buffer) => _hash.AppendData(buffer);

    public override int Read(byte[] buffer, int offset, int count) => throw new NotSupportedException();

    public override long Seek(long offset, SeekOrigin origin) => throw new NotSupportedException();

    public override void SetLength(long value) => throw new NotSupportedException();

    protected override void Dispose(bool disposing)
    {
        _hash.Dispose();
        base.Dispose(disposing);
    }
}
