using System.Buffers;
using System.Security.Cryptography;

namespace Microsoft.ML.Clip;

/// <summary>A shard's file that is read from its beginning to its end, and then has to have the hash that the marker says.</summary>
internal sealed class HashedShardFile : Stream
{
    private readonly FileStream _stream;
    private readonly IncrementalHash _hash = IncrementalHash.CreateHash(HashAlgorithmName.SHA256);
    private readonly Action<string> _check;

    private HashedShardFile(FileStream stream, Action<string> check) => (_stream, _check) = (stream, check);

    public override bool CanRead => true;

    public override bool CanSeek => false;

    public override bool CanWrite => false;

    public override long Length => _stream.Length;

    public override long Position
    {
        get => _stream.Position;
        set => throw new NotSupportedException();
    }

    /// <exception cref="ClipShardException">There is none: <see cref="ClipShardProblem.Marker"/>.</exception>
    public static HashedShardFile Open(ClipShardPlan plan, ShardMarker marker, string kind)
    {
        var file = marker.File(kind);
        string path = plan.Layout.Marker(marker.Shard);
        try
        {
            return new(RegularFile.Open(Path.Combine(plan.OutputDirectory, file.Name), FileOptions.SequentialScan), hash =>
            {
                if (hash != file.Sha256)
                {
                    throw MarkerFile.Error(path, marker.Shard, $"its file '{file.Name}' has the SHA-256 {hash}; expected {file.Sha256}");
                }
            });
        }
        catch (FileNotFoundException)
        {
            throw MarkerFile.Error(path, marker.Shard, $"its file '{file.Name}' is not there");
        }
    }

    public override int Read(Span<byte> buffer)
    {
        int read = _stream.Read(buffer);
        _hash.AppendData(buffer[..read]);
        if (read == 0 && buffer.Length > 0)
        {
            _check(Convert.ToHexStringLower(_hash.GetCurrentHash()));
        }
        return read;
    }

    public override int Read(byte[] buffer, int offset, int count) => Read(buffer.AsSpan(offset, count));

    /// <summary>Copies what is left of it.</summary>
    public void CopyAll(Stream output, CancellationToken cancellation)
    {
        byte[] buffer = ArrayPool<byte>.Shared.Rent(1 << 20);
        try
        {
            int read;
            while ((read = Read(buffer)) > 0)
            {
                cancellation.ThrowIfCancellationRequested();
                output.Write(buffer, 0, read);
            }
        }
        finally
        {
            ArrayPool<byte>.Shared.Return(buffer);
        }
    }

    /// <summary>What is left of it, line by line.</summary>
    /// <exception cref="InvalidDataException">A line is longer than that, or the last one does not end.</exception>
    public IEnumerable<byte[]> Lines(int mostBytes, CancellationToken cancellation)
    {
        byte[] buffer = new byte[1 << 16];
        int filled = 0, read;
        while ((read = Read(buffer.AsSpan(filled))) > 0)
        {
            cancellation.ThrowIfCancellationRequested();
            filled += read;
            int start = 0;
            for (int length; (length = buffer.AsSpan(start, filled - start).IndexOf((byte)'\n')) >= 0; start += length + 1)
            {
                yield return buffer[start..(start + length)];
            }
            buffer.AsSpan(start, filled - start).CopyTo(buffer);
            filled -= start;
            if (filled == buffer.Length)
            {
                Array.Resize(ref buffer, filled < mostBytes ? 2 * filled : throw new InvalidDataException($"A line has more than {mostBytes:N0} bytes."));
            }
        }
        if (filled > 0)
        {
            throw new InvalidDataException("The last line does not end.");
        }
    }

    public override void Flush()
    {
    }

    public override long Seek(long offset, SeekOrigin origin) => throw new NotSupportedException();

    public override void SetLength(long value) => throw new NotSupportedException();

    public override void Write(byte[] buffer, int offset, int count) => throw new NotSupportedException();

    protected override void Dispose(bool disposing)
    {
        if (disposing)
        {
            _stream.Dispose();
            _hash.Dispose();
        }
        base.Dispose(disposing);
    }
}
