using System.Text.Json;

namespace Microsoft.ML.Clip;

/// <summary>
/// The files that a shard becomes: temporary ones that grow row by row, then, all of them, data. What is not moved is deleted when it is disposed.
/// </summary>
internal sealed class ShardResults : IDisposable
{
    private const int BufferSize = 1 << 16;

    private readonly ClipShardPlan _plan;
    private readonly int _shard;
    private readonly List<Part> _parts = [];
    private readonly NpyWriter _images;
    private readonly NpyWriter? _texts;
    private readonly Stream _metadata;

    public ShardResults(ClipShardPlan plan, int shard)
    {
        (_plan, _shard) = (plan, shard);
        var run = Guid.NewGuid();
        try
        {
            _images = new NpyWriter(Create(run, ShardLayout.Images), plan.EmbeddingDimension, plan.Options.Half);
            _texts = plan.Options.Texts ? new NpyWriter(Create(run, ShardLayout.Texts), plan.EmbeddingDimension, plan.Options.Half) : null;
            _metadata = Create(run, ShardLayout.Metadata);
        }
        catch
        {
            Dispose();
            throw;
        }
    }

    /// <summary>Adds a row.</summary>
    public void Append(ReadOnlySpan<float> embedding, ShardMetadataRow row)
    {
        _images.Append(embedding);
        _metadata.Write(JsonSerializer.SerializeToUtf8Bytes(row, ShardJson.Default.ShardMetadataRow));
        _metadata.WriteByte((byte)'\n');
    }

    /// <summary>Adds the text of the next row that has not been given one.</summary>
    public void AppendText(ReadOnlySpan<float> embedding) => _texts!.Append(embedding);

    /// <summary>Has everything reach the disk.</summary>
    /// <returns>What the marker is to say of it.</returns>
    public IReadOnlyList<ShardMarkerFile> Finish(CancellationToken cancellation)
    {
        _images.Complete();
        _texts?.Complete();
        foreach (var part in _parts)
        {
            part.Stream.Flush(flushToDisk: true);
            part.Stream.Dispose();
            // Read again: what counts is what lies there.
            string hash = ShardFiles.Sha256(part.Temporary, cancellation);
            part.Result = new(ShardLayout.DataName(_shard, hash, part.Kind), new FileInfo(part.Temporary).Length, hash);
        }
        return [.. _parts.Select(p => p.Result!)];
    }

    /// <summary>Gives the files their names. Others of the same name have the same content.</summary>
    public void Move()
    {
        foreach (var part in _parts)
        {
            File.Move(part.Temporary, Path.Combine(_plan.OutputDirectory, part.Result!.Name), overwrite: true);
        }
        DirectorySync.Flush(_plan.Layout.Data);
    }

    public void Dispose()
    {
        foreach (var part in _parts)
        {
            try
            {
                part.Stream.Dispose();
            }
            catch (Exception e) when (ShardFiles.IsOfFiles(e))
            {
                // What is left in a buffer finds no place on a full disk, or in a file that may not grow; it is not wanted any more.
            }
            Leftovers.Remove(part.Temporary);
        }
    }

    private FileStream Create(Guid run, string kind)
    {
        string path = _plan.Layout.NewTemporary(_shard, run, kind);
        var stream = new FileStream(path, FileMode.CreateNew, FileAccess.ReadWrite, FileShare.Read, BufferSize);
        _parts.Add(new(kind, path, stream));
        return stream;
    }

    private sealed record Part(string Kind, string Temporary, FileStream Stream)
    {
        public ShardMarkerFile? Result { get; set; }
    }
}
