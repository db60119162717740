using Microsoft.Win32.SafeHandles;

namespace Microsoft.ML.Clip;

/// <summary>Reads image files into pooled memory.</summary>
internal static class ImageFile
{
    // What a stream that does not tell its length is given at first.
    private const int UnknownLength = 1 << 17;

    /// <summary>Reads a file whole.</summary>
    /// <exception cref="ClipImageException">There is no such file, or it cannot be read. The message does not repeat the path.</exception>
    public static PixelMemory Read(string path)
    {
        try
        {
            using var handle = File.OpenHandle(path, options: FileOptions.SequentialScan);
            return Read(handle);
        }
        catch (Exception e) when (e is FileNotFoundException or DirectoryNotFoundException)
        {
            throw new ClipImageException("There is no such image file.", e);
        }
        catch (Exception e) when (e is IOException or UnauthorizedAccessException or NotSupportedException or ArgumentException)
        {
            // Opening a directory reports that access is denied; say what is really the matter.
            throw new ClipImageException(Directory.Exists(path)
                ? "Expected an image file, but found a directory."
                : $"The image file cannot be read: {e.Message}", e);
        }
    }

    /// <summary>Reads a stream from where it stands to its end.</summary>
    /// <param name="stream">The stream; it is not closed.</param>
    /// <param name="length">How many of the bytes are the stream's.</param>
    /// <exception cref="ClipImageException">It cannot be read, or has more bytes than an array holds.</exception>
    public static PixelMemory Read(Stream stream, out int length)
    {
        var memory = new PixelMemory(UnknownLength);
        length = 0;
        try
        {
            // One byte more than it claims: its end shows without another buffer.
            long claimed = stream.CanSeek ? Math.Clamp(stream.Length - stream.Position + 1, UnknownLength, Array.MaxLength) : UnknownLength;
            memory = Grow(memory, used: 0, claimed);
            for (int read; (read = stream.Read(memory.Span[length..])) > 0;)
            {
                length += read;
                if (length == memory.Length)
                {
                    memory = Grow(memory, length, 2L * length);
                }
            }
            return memory;
        }
        catch (Exception e)
        {
            memory.Dispose();
            if (e is IOException or NotSupportedException or ObjectDisposedException or UnauthorizedAccessException)
            {
                throw new ClipImageException($"The stream of the image cannot be read: {e.Message}", e);
            }
            throw;
        }
    }

    private static PixelMemory Grow(PixelMemory memory, int used, long length)
    {
        if (length <= memory.Length)
        {
            return memory;
        }
        if (used == Array.MaxLength)
        {
            throw new ClipImageException($"The stream has more than {Array.MaxLength} bytes; no image of that size is read.");
        }
        var larger = new PixelMemory(Math.Min(length, Array.MaxLength));
        memory.Span[..used].CopyTo(larger.Span);
        memory.Dispose();
        return larger;
    }

    private static PixelMemory Read(SafeFileHandle handle)
    {
        long length = RandomAccess.GetLength(handle);
        if (length > Array.MaxLength)
        {
            throw new ClipImageException($"The image file has {length} bytes; no image of more than {Array.MaxLength} is read.");
        }
        var memory = new PixelMemory(length);
        try
        {
            int done = 0;
            while (done < length)
            {
                int read = RandomAccess.Read(handle, memory.Span[done..], done);
                if (read == 0)
                {
                    throw new ClipImageException($"The image file shrank while it was read: expected {length} bytes, found {done}.");
                }
                done += read;
            }
            return memory;
        }
        catch
        {
            memory.Dispose();
            throw;
        }
    }
}
