using Microsoft.Win32.SafeHandles;

namespace Microsoft.ML.Clip;

/// <summary>
/// Opens files that hold something: no pipe, on which opening waits for a writer, no device and no file of /proc, which have no end. All of these have a
/// length of 0, and so are told from others without being opened.
/// </summary>
internal static class RegularFile
{
    private const string NoBytes = "it has no bytes: it is empty, or no regular file but a pipe, a device or the like";

    // What a download that was interrupted leaves in Hugging Face's cache. An open pipe is reached by a link, /proc/self/fd/0, that leads to no path.
    private const string NoTarget = "it is a link that leads to no file";

    /// <summary>Says why a file is not opened, to follow a colon; null if it is a regular file with something in it, or is not there at all.</summary>
    /// <exception cref="IOException">The path leads round in links.</exception>
    /// <exception cref="UnauthorizedAccessException">The folder may not be looked into.</exception>
    public static string? WhyNot(string path)
    {
        var file = new FileInfo(path);
        if (!file.Exists)
        {
            return null;
        }
        // A link has a length of its own.
        var target = file.ResolveLinkTarget(returnFinalTarget: true) ?? file;
        return !target.Exists ? NoTarget : target is FileInfo { Length: > 0 } ? null : NoBytes;
    }

    /// <summary>Opens a file for reading.</summary>
    /// <exception cref="FileNotFoundException">There is no such file.</exception>
    /// <exception cref="IOException">It is empty or no regular file, or cannot be opened.</exception>
    /// <exception cref="UnauthorizedAccessException">It may not be read, or is a directory.</exception>
    public static FileStream Open(string path, FileOptions options = FileOptions.None)
    {
        Check(path);
        var stream = new FileStream(path, FileMode.Open, FileAccess.Read, FileShare.Read, bufferSize: 4096, options);
        if (!stream.CanSeek)
        {
            stream.Dispose();
            throw Error(path, NoBytes);
        }
        return stream;
    }

    /// <summary>Opens a file for reading, without a buffer.</summary>
    /// <exception cref="FileNotFoundException">There is no such file.</exception>
    /// <exception cref="IOException">It is empty or no regular file, or cannot be opened.</exception>
    /// <exception cref="UnauthorizedAccessException">It may not be read, or is a directory.</exception>
    public static SafeFileHandle OpenHandle(string path, FileOptions options = FileOptions.None, FileShare share = FileShare.Read)
    {
        Check(path);
        return File.OpenHandle(path, share: share, options: options);
    }

    /// <summary>Reads a file whole.</summary>
    /// <inheritdoc cref="Open" path="/exception"/>
    public static byte[] ReadAllBytes(string path)
    {
        Check(path);
        return File.ReadAllBytes(path);
    }

    private static void Check(string path)
    {
        if (WhyNot(path) is { } reason)
        {
            throw Error(path, reason);
        }
    }

    private static IOException Error(string path, string reason) => new($"The file '{path}' cannot be read: {reason}.");
}
