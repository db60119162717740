using System.Buffers.Binary;
using System.Security.Cryptography;
using System.Text;

namespace Microsoft.ML.Clip;

public sealed partial class ClipDataSet
{
    private const int HashedAtOnce = 256;

    /// <summary>
    /// What identifies the rows, for caches and reports: a SHA-256 over the label, the name and the bytes of each image, in order. Class names and
    /// templates are not part of it. Reads all images, on all cores.
    /// </summary>
    /// <param name="cancellationToken">Ends the work between some rows.</param>
    /// <returns>64 lower-case hexadecimal digits.</returns>
    /// <exception cref="InvalidDataException">Something does not fit; the message names the file and the row.</exception>
    /// <exception cref="IOException">A file that lists rows cannot be read. An image that cannot be read is not an error here: it counts as empty.</exception>
    /// <exception cref="OperationCanceledException">It was cancelled.</exception>
    public string ComputeContentHash(CancellationToken cancellationToken = default)
    {
        using var all = IncrementalHash.CreateHash(HashAlgorithmName.SHA256);
        byte[][] hashes = new byte[HashedAtOnce][];
        foreach (var rows in Read().Chunk(HashedAtOnce))
        {
            var options = new ParallelOptions { CancellationToken = cancellationToken, MaxDegreeOfParallelism = Environment.ProcessorCount };
            Parallel.For(0, rows.Length, options, i => hashes[i] = HashOf(rows[i]));
            for (int i = 0; i < rows.Length; i++)
            {
                Append(all, rows[i]);
                all.AppendData(hashes[i]);
            }
        }
        return Convert.ToHexStringLower(all.GetHashAndReset());
    }

    /// <summary>
    /// The same without reading the images, where all are files of their own: label, name, path, length and time of the last change of each. Other stamps
    /// may mean the same content, the same stamp means it for all but those who set times back.
    /// </summary>
    /// <returns>64 lower-case hexadecimal digits; <see langword="null"/> where images lie within other files.</returns>
    internal string? ComputeStamp(CancellationToken cancellationToken)
    {
        if (!ImagesAreFiles)
        {
            return null;
        }
        using var all = IncrementalHash.CreateHash(HashAlgorithmName.SHA256);
        Span<byte> numbers = stackalloc byte[2 * sizeof(long)];
        foreach (var row in Read())
        {
            cancellationToken.ThrowIfCancellationRequested();
            Append(all, row);
            FileSystemInfo link = new FileInfo(row.Path!);
            var file = (FileInfo)(link.LinkTarget is null ? link : link.ResolveLinkTarget(returnFinalTarget: true) ?? link);
            BinaryPrimitives.WriteInt64LittleEndian(numbers, file.Exists ? file.Length : -1);
            BinaryPrimitives.WriteInt64LittleEndian(numbers[sizeof(long)..], file.Exists ? file.LastWriteTimeUtc.Ticks : -1);
            all.AppendData(Encoding.UTF8.GetBytes(file.FullName + '\0'));
            all.AppendData(numbers);
        }
        return Convert.ToHexStringLower(all.GetHashAndReset());
    }

    private static void Append(IncrementalHash hash, ClipDataSetRow row)
    {
        Span<byte> label = stackalloc byte[sizeof(int)];
        BinaryPrimitives.WriteInt32LittleEndian(label, row.Label);
        hash.AppendData(label);
        hash.AppendData(Encoding.UTF8.GetBytes(row.Name + '\0'));
    }

    private static byte[] HashOf(ClipDataSetRow row)
    {
        if (row.Path is null)
        {
            return SHA256.HashData(row.Encoded.Span);
        }
        try
        {
            using var file = RegularFile.Open(row.Path, FileOptions.SequentialScan);
            return SHA256.HashData(file);
        }
        catch (Exception e) when (e is IOException or UnauthorizedAccessException or InvalidDataException)
        {
            // What cannot be read is a failed image, and says so when it is embedded.
            return SHA256.HashData([]);
        }
    }
}
