using System.Buffers;
using System.Globalization;
using System.Security.Cryptography;
using System.Text;

namespace Microsoft.ML.Clip;

/// <summary>The hash of a file while its bytes come: SHA-256 of the content for large files, Git's SHA-1 of a header and the content for others.</summary>
internal sealed class HubHash : IDisposable
{
    private const int BufferSize = 1 << 20;

    private readonly IncrementalHash _hash;

    /// <param name="etag">What is expected; its length says which hash it is.</param>
    /// <param name="size">The bytes of the whole file, which Git's hash begins with.</param>
    public HubHash(string etag, long size)
    {
        bool isGit = etag.Length == 2 * SHA1.HashSizeInBytes;
        _hash = IncrementalHash.CreateHash(isGit ? HashAlgorithmName.SHA1 : HashAlgorithmName.SHA256);
        if (isGit)
        {
            _hash.AppendData(Encoding.ASCII.GetBytes(string.Create(CultureInfo.InvariantCulture, $"blob {size}\0")));
        }
    }

    /// <summary>The hash of a whole file.</summary>
    public static string OfFile(string path, string etag, CancellationToken cancellationToken)
    {
        using var stream = new FileStream(path, FileMode.Open, FileAccess.Read, FileShare.ReadWrite | FileShare.Delete, bufferSize: 0);
        using var hash = new HubHash(etag, stream.Length);
        hash.Append(stream, cancellationToken);
        return hash.Finish();
    }

    public void Append(ReadOnlySpan<byte> bytes) => _hash.AppendData(bytes);

    /// <summary>Reads a stream from its place to its end.</summary>
    public void Append(Stream stream, CancellationToken cancellationToken)
    {
        byte[] buffer = ArrayPool<byte>.Shared.Rent(BufferSize);
        try
        {
            for (int count; (count = stream.Read(buffer)) > 0; cancellationToken.ThrowIfCancellationRequested())
            {
                _hash.AppendData(buffer, 0, count);
            }
        }
        finally
        {
            ArrayPool<byte>.Shared.Return(buffer);
        }
    }

    /// <summary>The hash, in small hexadecimal digits.</summary>
    public string Finish() => Convert.ToHexStringLower(_hash.GetHashAndReset());

    public void Dispose() => _hash.Dispose();
}
