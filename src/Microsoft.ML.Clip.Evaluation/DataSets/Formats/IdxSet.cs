using System.Buffers.Binary;
using System.IO.Compression;

namespace Microsoft.ML.Clip;

/// <summary>MNIST's pair of files: images and labels, each with a head of big-endian numbers (LeCun, yann.lecun.com/exdb/mnist).</summary>
internal static class IdxSet
{
    private const int LabelMagic = 0x801, ImageMagic = 0x803, MaximumSide = 4096;

    public static ClipDataSet Open(string imagesFile, string labelsFile, IReadOnlyList<string> classNames)
    {
        ArgumentNullException.ThrowIfNull(classNames);
        using var images = Idx.Open(imagesFile, ImageMagic, "images (idx3, unsigned bytes)", 3);
        using var labels = Idx.Open(labelsFile, LabelMagic, "labels (idx1, unsigned bytes)", 1);
        if (images.Sizes[0] != labels.Sizes[0])
        {
            throw new InvalidDataException(FormattableString.Invariant($"'{imagesFile}' has {images.Sizes[0]} images, but '{labelsFile}' has {labels.Sizes[0]} labels."));
        }
        if (images.Sizes[1] is < 1 or > MaximumSide || images.Sizes[2] is < 1 or > MaximumSide)
        {
            throw new InvalidDataException(FormattableString.Invariant($"'{imagesFile}' has images of {images.Sizes[2]} x {images.Sizes[1]} pixels; expected sides of 1 to {MaximumSide}."));
        }
        return new ClipDataSet(Path.GetFileName(imagesFile), classNames, imagesAreFiles: false, () => Read(imagesFile, labelsFile)) { Count = images.Sizes[0] };
    }

    private static IEnumerable<ClipDataSetRow> Read(string imagesFile, string labelsFile)
    {
        using var images = Idx.Open(imagesFile, ImageMagic, "images (idx3, unsigned bytes)", 3);
        using var labels = Idx.Open(labelsFile, LabelMagic, "labels (idx1, unsigned bytes)", 1);
        string name = Path.GetFileName(imagesFile);
        int height = images.Sizes[1], width = images.Sizes[2];
        byte[] pixels = new byte[height * width], label = new byte[1];
        for (int row = 0; row < images.Sizes[0]; row++)
        {
            images.Read(pixels, row);
            labels.Read(label, row);
            yield return new ClipDataSetRow(FormattableString.Invariant($"{name}[{row}]"), BmpImage.FromGray(pixels, width, height), label[0]);
        }
        images.End();
        labels.End();
    }

    private sealed class Idx : IDisposable
    {
        private readonly string _path;
        private readonly Stream _stream;

        private Idx(string path, Stream stream, int[] sizes) => (_path, _stream, Sizes) = (path, stream, sizes);

        /// <summary>Rows, and the height and width of an image.</summary>
        public int[] Sizes { get; }

        public static Idx Open(string path, int magic, string what, int axes)
        {
            ArgumentNullException.ThrowIfNull(path);
            Stream stream = RegularFile.Open(path);
            try
            {
                // Gzip by its first bytes: names are not always kept.
                bool isPacked = stream.ReadByte() == 0x1F && stream.ReadByte() == 0x8B;
                stream.Position = 0;
                stream = new BufferedStream(isPacked ? new GZipStream(stream, CompressionMode.Decompress) : stream, 1 << 16);
                byte[] head = new byte[4 + (4 * axes)];
                Fill(stream, head.AsSpan(0, 4), path, "its first number");
                int found = BinaryPrimitives.ReadInt32BigEndian(head);
                if (found != magic)
                {
                    throw new InvalidDataException($"'{path}' begins with the number 0x{found:X8}; expected 0x{magic:X8}, a file of {what}.");
                }
                Fill(stream, head.AsSpan(4), path, "its sizes");
                int[] sizes = [.. Enumerable.Range(1, axes).Select(i => BinaryPrimitives.ReadInt32BigEndian(head.AsSpan(4 * i)))];
                return sizes[0] > 0 ? new Idx(path, stream, sizes)
                    : throw new InvalidDataException(FormattableString.Invariant($"'{path}' says that it has {sizes[0]} rows; expected at least 1."));
            }
            catch
            {
                stream.Dispose();
                throw;
            }
        }

        public void Read(Span<byte> bytes, int row) => Fill(_stream, bytes, _path, FormattableString.Invariant($"row {row} of {Sizes[0]} (counted from 0)"));

        public void End()
        {
            if (_stream.ReadByte() >= 0)
            {
                throw new InvalidDataException(FormattableString.Invariant($"'{_path}' goes on after its {Sizes[0]} rows."));
            }
        }

        public void Dispose() => _stream.Dispose();

        private static void Fill(Stream stream, Span<byte> bytes, string path, string what)
        {
            int read;
            try
            {
                read = stream.ReadAtLeast(bytes, bytes.Length, throwOnEndOfStream: false);
            }
            catch (InvalidDataException e)
            {
                throw new InvalidDataException($"'{path}' cannot be unpacked at {what}: {e.Message}", e);
            }
            if (read < bytes.Length)
            {
                throw new InvalidDataException(FormattableString.Invariant($"'{path}' is cut short: it ends within {what}, of which it has {read} of {bytes.Length} bytes."));
            }
        }
    }
}
