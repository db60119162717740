using Microsoft.Win32.SafeHandles;

namespace Microsoft.ML.Clip;

/// <summary>
/// An encoded image whose header is to be read before anybody decides to hold the rest in memory: bytes that lie there, or the start of a file and the way
/// to what follows.
/// </summary>
/// <param name="start">The whole image, or the start of it.</param>
/// <param name="length">How many bytes the whole has.</param>
/// <param name="file">Where what follows the start is read from; null if nothing follows.</param>
internal readonly ref struct HeaderBytes(ReadOnlySpan<byte> start, long length, SafeFileHandle? file = null)
{
    private readonly SafeFileHandle? _file = file;

    /// <summary>Bytes in memory.</summary>
    public HeaderBytes(ReadOnlySpan<byte> all)
        : this(all, all.Length)
    {
    }

    /// <summary>The bytes that lie in memory, from the first on.</summary>
    public ReadOnlySpan<byte> Start { get; } = start;

    /// <summary>How many bytes the whole has.</summary>
    public long Length { get; } = length;

    /// <summary>Copies bytes; false if the image ends before the last of them.</summary>
    public bool TryRead(long offset, Span<byte> bytes)
    {
        if (offset < 0 || offset + bytes.Length > Length)
        {
            return false;
        }
        if (offset + bytes.Length <= Start.Length)
        {
            Start.Slice((int)offset, bytes.Length).CopyTo(bytes);
            return true;
        }
        return _file is not null && RandomAccess.Read(_file, bytes, offset) == bytes.Length;
    }
}
