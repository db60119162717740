using Microsoft.Win32.SafeHandles;

namespace Microsoft.ML.Clip;

/// <summary>An image file that is open, so that its header can be looked at before the whole of it is read.</summary>
internal sealed class ImageFile : IDisposable
{
    // Most photographs for the web are smaller, and no header that is not odd is larger.
    private const int StartLength = 1 << 18;

    // What a stream that does not tell its length is given at first.
    private const int UnknownLength = 1 << 17;

    private readonly SafeFileHandle _handle;
    private readonly PixelMemory _start;

    private ImageFile(SafeFileHandle handle)
    {
        _handle = handle;
        Length = RandomAccess.GetLength(handle);
        _start = new PixelMemory(Math.Min(Length, StartLength));
        ReadFrom(0, _start);
    }

    /// <summary>How many bytes it has.</summary>
    public long Length { get; }

    /// <summary>What there is for the readers of headers.</summary>
    public HeaderBytes Header => new(_start.Span, Length, _handle);

    /// <summary>Opens a file.</summary>
    /// <exception cref="ClipImageException">There is no such file, or it cannot be read. The message does not repeat the path.</exception>
    public static ImageFile Open(string path)
    {
        SafeFileHandle? handle = null;
        try
        {
            // Opening a pipe waits for somebody who writes into it, and a device has no end. (An empty path is File.OpenHandle's to explain.)
            if (path.Length > 0 && RegularFile.WhyNot(path) is { } reason)
            {
                throw new ClipImageException($"The image file cannot be read: {reason}.");
            }
            handle = File.OpenHandle(path, options: FileOptions.SequentialScan);
            return new ImageFile(handle);
        }
        catch (Exception e)
        {
            handle?.Dispose();
            if (IsFailure(e))
            {
                throw Explain(path, e);
            }
            throw;
        }
    }

    /// <summary>Whether an exception means that a file cannot be read.</summary>
    private static bool IsFailure(Exception e) => e is IOException or UnauthorizedAccessException or NotSupportedException or ArgumentException;

    /// <summary>What such an exception means to a user. The message does not repeat the path.</summary>
    public static ClipImageException Explain(string path, Exception e) => e switch
    {
        FileNotFoundException or DirectoryNotFoundException => new("There is no such image file.", e),
        // Opening a directory reports that access is denied; say what is really the matter.
        _ when Directory.Exists(path) => new("Expected an image file, but found a directory.", e),
        _ => new($"The image file cannot be read: {e.Message}", e),
    };

    /// <summary>Reads a stream from where it stands to its end.</summary>
    /// <param name="stream">The stream; it is not closed.</param>
    /// <param name="maximumLength">The most bytes that are read.</param>
    /// <param name="length">How many of the bytes are the stream's.</param>
    /// <exception cref="ClipImageException">It cannot be read, or has more bytes.</exception>
    public static PixelMemory Read(Stream stream, long maximumLength, out int length)
    {
        var memory = new PixelMemory(UnknownLength);
        length = 0;
        try
        {
            long stated = stream.CanSeek ? stream.Length - stream.Position : 0;
            if (stated > maximumLength)
            {
                throw TooLong($"has {stated}", maximumLength);
            }
            // One byte more than it claims: its end shows without another buffer.
            memory = Grow(memory, used: 0, Math.Clamp(stated + 1, UnknownLength, Array.MaxLength));
            for (int read; (read = stream.Read(memory.Span[length..])) > 0;)
            {
                length += read;
                if (length > maximumLength)
                {
                    throw TooLong("has more", maximumLength);
                }
                if (length == memory.Length)
                {
                    memory = Grow(memory, length, Math.Min(2L * length, maximumLength + 1));
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

    /// <summary>Reads the file whole.</summary>
    /// <exception cref="ClipImageException">It has changed.</exception>
    public PixelMemory ReadAll()
    {
        var memory = new PixelMemory(Length);
        try
        {
            _start.Span.CopyTo(memory.Span);
            ReadFrom((int)_start.Length, memory);
            return memory;
        }
        catch
        {
            memory.Dispose();
            throw;
        }
    }

    public void Dispose()
    {
        _start.Dispose();
        _handle.Dispose();
    }

    private void ReadFrom(int done, PixelMemory memory)
    {
        while (done < memory.Length)
        {
            int read = RandomAccess.Read(_handle, memory.Span[done..], done);
            if (read == 0)
            {
                throw new ClipImageException($"The image file shrank while it was read: expected {Length} bytes, found {done}.");
            }
            done += read;
        }
    }

    private static PixelMemory Grow(PixelMemory memory, int used, long length)
    {
        if (length <= memory.Length)
        {
            return memory;
        }
        var larger = new PixelMemory(length);
        memory.Span[..used].CopyTo(larger.Span);
        memory.Dispose();
        return larger;
    }

    private static ClipImageException TooLong(string has, long maximumLength) => new($"The stream {has} bytes; with the limit "
        + $"{nameof(ClipImagePreprocessorOptions)}.{nameof(ClipImagePreprocessorOptions.MaximumDecodingMemory)} no image file of more than {maximumLength} is read.");
}
