using Microsoft.Win32.SafeHandles;

namespace Microsoft.ML.Clip;

/// <summary>Reads image files into pooled memory.</summary>
internal static class ImageFile
{
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
