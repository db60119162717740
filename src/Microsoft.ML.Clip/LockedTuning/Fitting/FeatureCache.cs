using System.Buffers.Binary;
using System.Numerics.Tensors;
using System.Runtime.InteropServices;
using System.Security.Cryptography;
using System.Text;

namespace Microsoft.ML.Clip;

/// <summary>Computes rows block by block, and keeps each block in a file whose name is the hash of all that it was made of.</summary>
internal static class FeatureCache
{
    /// <summary>Rows of a file: what a stop loses at most.</summary>
    internal const int BlockRows = 256;

    // How far from 1 the length of a unit vector is in float32, at most.
    private const float LengthTolerance = 1e-3f;

    private const string Extension = ".safetensors", Tensor = "features";

    /// <param name="model">The model.</param>
    /// <param name="items">What is encoded.</param>
    /// <param name="kind">What it is, for the name.</param>
    /// <param name="folder">Where blocks are kept; null for nowhere.</param>
    /// <param name="progress">Told how many are there.</param>
    /// <param name="cancellation">Ends it.</param>
    /// <param name="append">Adds the content of an item to a hash.</param>
    /// <param name="encode">Encodes a block.</param>
    public static float[][] Compute(ClipModel model, IReadOnlyList<string> items, string kind, string? folder, IProgress<int>? progress,
        CancellationToken cancellation,
        Action<IncrementalHash, string, int> append, Func<IReadOnlyList<string>, float[][]> encode)
    {
        float[][] rows = new float[items.Count][];
        string? identity = folder is null || items.Count == 0 ? null : model.ComputeContentHash(cancellation);
        if (identity is not null)
        {
            Directory.CreateDirectory(folder!);
        }
        for (int first = 0; first < rows.Length; first += BlockRows)
        {
            cancellation.ThrowIfCancellationRequested();
            string[] block = [.. items.Skip(first).Take(BlockRows)];
            string? path = identity is null ? null : Path.Combine(folder!, Name(identity, kind, block, first, append) + Extension);
            float[][]? known = path is null ? null : TryRead(path, block.Length, model.EmbeddingDimension);
            if (known is null)
            {
                known = encode(block);
                if (path is not null)
                {
                    Write(path, known);
                }
            }
            known.CopyTo(rows, first);
            progress?.Report(first + block.Length);
        }
        return rows;
    }

    private static string Name(string identity, string kind, string[] block, int first, Action<IncrementalHash, string, int> append)
    {
        using var hash = IncrementalHash.CreateHash(HashAlgorithmName.SHA256);
        hash.AppendData(Encoding.UTF8.GetBytes($"{identity} {kind}\n"));
        for (int i = 0; i < block.Length; i++)
        {
            append(hash, block[i], first + i);
        }
        return Convert.ToHexStringLower(hash.GetHashAndReset());
    }

    // Whatever is no such file is computed again, and replaced.
    private static float[][]? TryRead(string path, int count, int width)
    {
        try
        {
            using var stream = RegularFile.Open(path);
            if (SafetensorsHeader.Read(stream, path).Entries is not [{ Name: Tensor, Type: SafetensorsHeader.Float32, Shape: [var rows, var columns] } entry]
                || rows != count || columns != width)
            {
                return null;
            }
            byte[] bytes = new byte[entry.End - entry.Begin];
            stream.Position = entry.Begin;
            stream.ReadExactly(bytes);
            float[] values = new float[count * width];
            for (int i = 0; i < values.Length; i++)
            {
                values[i] = BinaryPrimitives.ReadSingleLittleEndian(bytes.AsSpan(i * sizeof(float)));
            }
            float[][] found = [.. values.Chunk(width)];
            // What a disk lost is zeros as a rule, or what is no number: either has another length than features have.
            return Array.TrueForAll(found, row => MathF.Abs(TensorPrimitives.Norm<float>(row) - 1) <= LengthTolerance) ? found : null;
        }
        catch (Exception e) when (e is IOException or InvalidDataException or UnauthorizedAccessException)
        {
            return null;
        }
    }

    private static void Write(string path, float[][] rows) => WholeFile.Write(path, stream => SafetensorsWriter.Write(
        stream, [new(Tensor, [rows.Length, rows[0].Length], output => Array.ForEach(rows, row => output.Write(DraftData.Of(row.AsSpan()))))],
        new Dictionary<string, string>()), isShared: true);
}
