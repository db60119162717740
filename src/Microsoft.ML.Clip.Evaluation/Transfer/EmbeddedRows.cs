using System.Runtime.InteropServices;
using System.Security.Cryptography;
using System.Text;

namespace Microsoft.ML.Clip;

/// <summary>The rows of an embedded set, and the file that a cache keeps of them.</summary>
/// <param name="Dimension">The length of a row's features.</param>
/// <param name="Features">[labels, dimension], row-major.</param>
/// <param name="Labels">The class of each row.</param>
/// <param name="Failed">The images that could not be read.</param>
internal sealed record EmbeddedRows(int Dimension, float[] Features, int[] Labels, ClipFailedImage[] Failed)
{
    private const string Magic = "CLIPSET1";

    // Texts of a cache of one's own are short; a file that says otherwise is no such file.
    private const int LongestText = 1 << 16;

    // Little-endian: magic; key, dimension, count, labels, features; failed images; SHA-256 of all before it.
    public void Write(Stream stream, string key)
    {
        using var sha = SHA256.Create();
        using (var hashed = new CryptoStream(stream, sha, CryptoStreamMode.Write, leaveOpen: true))
        using (var writer = new BinaryWriter(hashed, Encoding.UTF8))
        {
            writer.Write(Encoding.ASCII.GetBytes(Magic + key));
            writer.Write(Dimension);
            writer.Write(Labels.Length);
            writer.Write(Failed.Length);
            writer.Write(MemoryMarshal.AsBytes(Labels.AsSpan()));
            writer.Write(MemoryMarshal.AsBytes(Features.AsSpan()));
            foreach (var failed in Failed)
            {
                writer.Write(Short(failed.Name));
                writer.Write(failed.Label);
                writer.Write(Short(failed.Message));
            }
        }
        stream.Write(sha.Hash);
    }

    /// <exception cref="InvalidDataException">It is not what was written; the message says what is wrong.</exception>
    public static EmbeddedRows Read(string path, string key)
    {
        using var file = RegularFile.OpenHandle(path, FileOptions.SequentialScan);
        long length = RandomAccess.GetLength(file), body = length - SHA256.HashSizeInBytes;
        byte[] head = new byte[Magic.Length + key.Length + (3 * sizeof(int))];
        Expect(body >= head.Length && RandomAccess.Read(file, head, 0) == head.Length, "it is too short");
        Expect(head.AsSpan(0, Magic.Length + key.Length).SequenceEqual(Encoding.ASCII.GetBytes(Magic + key)), "it is of another model, set or version");
        var numbers = MemoryMarshal.Cast<byte, int>(head.AsSpan(Magic.Length + key.Length));
        (int dimension, int count, int failed) = (numbers[0], numbers[1], numbers[2]);
        // Numbers that were made up must not come round to small ones when they are multiplied.
        long labelBytes = (long)count * sizeof(int), left = body - head.Length - labelBytes;
        Expect(dimension > 0 && count >= 0 && failed >= 0 && left >= 0 && (count == 0 || dimension <= left / labelBytes),
            "its numbers do not fit its length");
        long featureBytes = labelBytes * dimension;
        Expect(featureBytes / sizeof(float) <= Array.MaxLength, "its numbers do not fit its length");
        int[] labels = new int[count];
        float[] features = new float[(long)count * dimension];
        byte[] rest = new byte[checked((int)(length - head.Length - labelBytes - featureBytes))];
        ReadExactly(file, MemoryMarshal.AsBytes(labels.AsSpan()), head.Length);
        ReadExactly(file, MemoryMarshal.AsBytes(features.AsSpan()), head.Length + labelBytes);
        ReadExactly(file, rest, head.Length + labelBytes + featureBytes);
        using var sha = IncrementalHash.CreateHash(HashAlgorithmName.SHA256);
        sha.AppendData(head);
        sha.AppendData(MemoryMarshal.AsBytes(labels.AsSpan()));
        sha.AppendData(MemoryMarshal.AsBytes(features.AsSpan()));
        sha.AppendData(rest.AsSpan(0, rest.Length - SHA256.HashSizeInBytes));
        Expect(sha.GetHashAndReset().AsSpan().SequenceEqual(rest.AsSpan(rest.Length - SHA256.HashSizeInBytes)), "its checksum is another");
        return new(dimension, features, labels, Images(rest, failed));
    }

    private static ClipFailedImage[] Images(byte[] rest, int count)
    {
        // A label and two texts have six bytes at least.
        Expect(count <= rest.Length / 6, "its numbers do not fit its length");
        using var reader = new BinaryReader(new MemoryStream(rest), Encoding.UTF8);
        var images = new ClipFailedImage[count];
        for (int i = 0; i < count; i++)
        {
            string name = reader.ReadString();
            int label = reader.ReadInt32();
            images[i] = new(name, label, reader.ReadString());
        }
        return images;
    }

    private static void ReadExactly(Microsoft.Win32.SafeHandles.SafeFileHandle file, Span<byte> bytes, long offset)
    {
        for (int done = 0, read; done < bytes.Length; done += read)
        {
            read = RandomAccess.Read(file, bytes[done..], offset + done);
            Expect(read > 0, "it is too short");
        }
    }

    private static void Expect(bool condition, string otherwise)
    {
        if (!condition)
        {
            throw new InvalidDataException(otherwise + ".");
        }
    }

    private static string Short(string text) => text.Length <= LongestText ? text : text[..LongestText];
}
