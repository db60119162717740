using System.Runtime.InteropServices;

namespace Microsoft.ML.Clip.Fuzz;

/// <summary>A merge's matrix (.npy) with the metadata beside it, as somebody may have handed it on.</summary>
internal static class MergedReader
{
    private const string Matrix = "img_emb/img_emb_0000.npy", Metadata = "metadata/metadata_0000.parquet";

    private static readonly ByteFormat Bytes = new("\u0093NUMPY\u0001\u0000", "{'descr': '<f2', 'fortran_order': False, 'shape': (3, 5), }", "'<f2'", "'<f4'", "'>f4'", "True", "(3, 5)", "(0, 1)",
        "(99999999999, 1)", "(3, 1048577)", "(3,)", "image_path", "caption", "error", "PAR1", "\u0015\u0000");

    public static Reader All { get; } = new("merged", new BundleFormat(_ => Bytes), Seeds, Read)
    {
        Sources = ["Microsoft.ML.Clip.Shards/Outputs/NpyReader.cs", "Microsoft.ML.Clip.Shards/Merging/ClipMergedEmbeddings.cs"],
        IsDocumented = e => e is InvalidDataException,
        // As of the Parquet files of shard-inputs.
        MaximumAllocation = 256 << 20,
        Share = 6_000,
    };

    private static IEnumerable<byte[]> Seeds()
    {
        foreach (bool isHalf in (bool[])[false, true])
        {
            using MemoryStream matrix = new(), metadata = new();
            var rows = new NpyWriter(matrix, dimension: 5, isHalf);
            var texts = new ShardMetadataWriter(metadata);
            for (int i = 0; i < 3; i++)
            {
                rows.Append(new float[5]);
                texts.Append($"{i}.jpg", i == 1 ? null : "a caption", i == 2 ? "no image" : null);
            }
            rows.Complete();
            texts.Complete();
            yield return BundleFormat.Write(new Dictionary<string, byte[]> { [Matrix] = matrix.ToArray(), [Metadata] = metadata.ToArray() });
        }
        yield return BundleFormat.Write(new Dictionary<string, byte[]> { [Matrix] = NpyWriter.Header(0, 512, half: true), [Metadata] = [] });
    }

    private static void Read(byte[] input)
    {
        var files = BundleFormat.Read(input);
        byte[] matrix = files.GetValueOrDefault(Matrix, []), metadata = files.GetValueOrDefault(Metadata, []);
        string folder = Path.Combine(Inputs.Folder, "merged");
        // A file without bytes is the system's matter.
        if (matrix.Length == 0)
        {
            return;
        }
        Write(folder, Matrix, matrix);
        int dimension;
        long count;
        using (var reader = NpyReader.Open(Path.Combine(folder, Matrix)))
        {
            (dimension, count) = (reader.Dimension, reader.Rows);
            Check(reader, matrix);
        }
        if (metadata.Length == 0)
        {
            return;
        }
        Write(folder, Metadata, metadata);
        long found = 0;
        foreach (var row in ClipMergedEmbeddings.Read(folder))
        {
            found++;
            Inputs.Require(row.Embedding.Length == dimension, "A row has another length than the matrix.");
        }
        Inputs.Require(found == count, "There are not as many rows as the matrix has.");
    }

    // The numbers are the last bytes of the file.
    private static void Check(NpyReader reader, byte[] matrix)
    {
        long values = reader.Rows * reader.Dimension;
        Inputs.Require(values <= matrix.Length / 2, "A matrix has more numbers than its file has room for.");
        if (reader.Rows == 0)
        {
            return;
        }
        float[] first = reader.Next(), last = first;
        for (long i = 1; i < reader.Rows; i++)
        {
            last = reader.Next();
        }
        bool isHalf = matrix.Length - 10 - BitConverter.ToUInt16(matrix, 8) == 2 * values;
        float[] expected = isHalf ? [.. MemoryMarshal.Cast<byte, Half>(matrix.AsSpan(matrix.Length - (2 * reader.Dimension))).ToArray().Select(h => (float)h)]
            : MemoryMarshal.Cast<byte, float>(matrix.AsSpan(matrix.Length - (4 * reader.Dimension))).ToArray();
        Inputs.Require(last.AsSpan().SequenceEqual(expected), "The last row is not the end of the file.");
        Inputs.Require(first.Length == reader.Dimension, "A row has another length than the matrix.");
    }

    private static void Write(string folder, string name, byte[] content)
    {
        string path = Path.Combine(folder, name);
        Directory.CreateDirectory(Path.GetDirectoryName(path)!);
        File.WriteAllBytes(path, content);
    }
}
