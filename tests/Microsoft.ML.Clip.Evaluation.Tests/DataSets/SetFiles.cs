using System.Buffers.Binary;
using System.Formats.Tar;
using System.Globalization;
using System.IO.Compression;
using System.Text;

namespace Microsoft.ML.Clip.Tests;

/// <summary>Small files in the formats of published sets, and what tests ask of sets.</summary>
internal static class SetFiles
{
    public const int CifarPixels = 3 * 32 * 32;

    /// <summary>Bytes that are no image; readers do not look into images.</summary>
    public static readonly byte[] NoImage = [1, 2, 3];

    /// <summary>A head of big-endian numbers, and bytes.</summary>
    public static byte[] Idx(int magic, int[] sizes, byte[] values)
    {
        byte[] file = new byte[4 * (1 + sizes.Length)];
        BinaryPrimitives.WriteInt32BigEndian(file, magic);
        for (int i = 0; i < sizes.Length; i++)
        {
            BinaryPrimitives.WriteInt32BigEndian(file.AsSpan(4 * (i + 1)), sizes[i]);
        }
        return [.. file, .. values];
    }

    public static byte[] IdxImages(byte[][] images, int height, int width) => Idx(0x803, [images.Length, height, width], [.. images.SelectMany(i => i)]);

    public static byte[] IdxLabels(byte[] labels) => Idx(0x801, [labels.Length], labels);

    public static byte[] Gzip(byte[] content)
    {
        using var packed = new MemoryStream();
        using (var stream = new GZipStream(packed, CompressionLevel.Fastest))
        {
            stream.Write(content);
        }
        return packed.ToArray();
    }

    public static byte[] Gunzip(string base64)
    {
        using var stream = new GZipStream(new MemoryStream(Convert.FromBase64String(base64)), CompressionMode.Decompress);
        using var content = new MemoryStream();
        stream.CopyTo(content);
        return content.ToArray();
    }

    /// <summary>A tar file of entries, as Python's tarfile ends it.</summary>
    public static byte[] Tar(params (string Name, byte[] Content)[] entries)
    {
        using var stream = new MemoryStream();
        using (var writer = new TarWriter(stream, TarEntryFormat.Ustar, leaveOpen: true))
        {
            foreach (var (name, content) in entries)
            {
                writer.WriteEntry(new UstarTarEntry(TarEntryType.RegularFile, name) { DataStream = new MemoryStream(content) });
            }
        }
        return stream.ToArray();
    }

    /// <summary>The planes of red, green and blue of a BMP of 24 bits, as another reader than the library's sees them.</summary>
    public static byte[] Planes(ReadOnlySpan<byte> bmp)
    {
        int from = BinaryPrimitives.ReadInt32LittleEndian(bmp[10..]), width = BinaryPrimitives.ReadInt32LittleEndian(bmp[18..]),
            height = BinaryPrimitives.ReadInt32LittleEndian(bmp[22..]), stride = ((3 * width) + 3) / 4 * 4;
        byte[] planes = new byte[3 * width * height];
        for (int c = 0; c < 3; c++)
        {
            for (int y = 0; y < height; y++)
            {
                for (int x = 0; x < width; x++)
                {
                    planes[(((c * height) + y) * width) + x] = bmp[from + ((height - 1 - y) * stride) + (3 * x) + 2 - c];
                }
            }
        }
        return planes;
    }

    /// <summary>Pixels of row i of the sets here: they differ from row to row and from plane to plane.</summary>
    public static byte[] Pixels(int row) => [.. Enumerable.Range(0, CifarPixels).Select(j => (byte)((7 * j) + row))];

    /// <summary>A batch of CIFAR as Python 2 wrote it: protocol 2, its texts and the bytes of numpy's array as str.</summary>
    public static byte[] Python2Batch(string labelsKey, int[] labels, byte[][] rows)
    {
        using var stream = new MemoryStream();
        Write(0x80, 2, '}', 'q', 1, '(');
        Text("batch_label");
        Text("testing batch 1 of 1");
        Text(labelsKey);
        Write(']', 'q', 2, '(');
        foreach (int label in labels)
        {
            Write('K', label);
        }
        Write('e');
        Text("data");
        Lines("cnumpy.core.multiarray\n_reconstruct\n");
        Lines("cnumpy\nndarray\n");
        Write('K', 0, 0x85);
        Text("b");
        Write(0x87, 'R', 'q', 9, '(', 'K', 1, 'M', rows.Length % 256, rows.Length / 256, 'M', CifarPixels % 256, CifarPixels / 256, 0x86);
        Lines("cnumpy\ndtype\n");
        Text("u1");
        Write('K', 0, 'K', 1, 0x87, 'R', '(', 'K', 3);
        Text("|");
        Write('N', 'N', 'N', 'J', 255, 255, 255, 255, 'J', 255, 255, 255, 255, 'K', 0, 't', 'b', 0x89, 'T');
        byte[] data = [.. rows.SelectMany(r => r)], length = new byte[4];
        BinaryPrimitives.WriteInt32LittleEndian(length, data.Length);
        stream.Write(length);
        stream.Write(data);
        Write('t', 'b', 'u', '.');
        return stream.ToArray();

        void Text(string text)
        {
            Write('U', text.Length);
            Lines(text);
        }

        void Lines(string text) => stream.Write(Encoding.ASCII.GetBytes(text));

        void Write(params int[] bytes) => stream.Write([.. bytes.Select(b => (byte)b)]);
    }

    /// <summary>Reads all and checks that a second reading gives the same.</summary>
    public static ClipDataSetRow[] ReadTwice(ClipDataSet set)
    {
        ClipDataSetRow[] rows = [.. set.Read()], again = [.. set.Read()];
        Assert.Equal(rows.Select(r => (r.Name, r.Path, r.Label, Convert.ToHexString(r.Encoded.Span))),
            again.Select(r => (r.Name, r.Path, r.Label, Convert.ToHexString(r.Encoded.Span))));
        return rows;
    }

    /// <summary>Reads all.</summary>
    public static void Drain(ClipDataSet set)
    {
        foreach (var row in set.Read())
        {
            Assert.NotNull(row);
        }
    }

    /// <summary>That reading is refused with all of these words.</summary>
    public static void Refused(Action read, params string[] words)
    {
        var error = Assert.ThrowsAny<IOException>(() => Run(read));
        Assert.All(words, w => Assert.Contains(w, error.Message, StringComparison.Ordinal));

        // Tests speak of what is wrong with files; both kinds of error do.
        static void Run(Action read)
        {
            try
            {
                read();
            }
            catch (InvalidDataException e)
            {
                throw new IOException(e.Message, e);
            }
        }
    }

    public static string Number(int i) => i.ToString(CultureInfo.InvariantCulture);

    /// <summary>Unpacks a set of ../shared, or skips the test.</summary>
    /// <param name="name">The archive.</param>
    /// <param name="isWanted">Which files; null for all.</param>
    /// <param name="isEmpty">Whether files are left empty, where only names matter.</param>
    public static TemporaryDirectory Unpack(string name, Func<string, bool>? isWanted = null, bool isEmpty = false)
    {
        string archive = SharedFolder.Require($"data/eval/{name}.tar.gz");
        var folder = new TemporaryDirectory();
        using var stream = new GZipStream(File.OpenRead(archive), CompressionMode.Decompress);
        using var tar = new TarReader(stream);
        while (tar.GetNextEntry() is { } entry)
        {
            if (entry.DataStream is { } data && isWanted?.Invoke(entry.Name) != false)
            {
                Directory.CreateDirectory(Path.GetDirectoryName(folder.Combine(entry.Name))!);
                using var file = File.Create(folder.Combine(entry.Name));
                if (!isEmpty)
                {
                    data.CopyTo(file);
                }
            }
        }
        return folder;
    }
}
