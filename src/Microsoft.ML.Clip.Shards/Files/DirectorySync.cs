using System.Runtime.InteropServices;

namespace Microsoft.ML.Clip;

/// <summary>Has the names in a directory reach the disk, as fsync of a file is about its content alone.</summary>
internal static partial class DirectorySync
{
    /// <summary>Does nothing where the system has no such call (Windows), or the file system does not know it.</summary>
    public static void Flush(string directory)
    {
        if (OperatingSystem.IsWindows())
        {
            return;
        }
        // A directory cannot be opened as a file is.
        int handle = Open(directory, 0);
        if (handle < 0)
        {
            return;
        }
        _ = Sync(handle);
        _ = Close(handle);
    }

    [LibraryImport("libc", EntryPoint = "open", StringMarshalling = StringMarshalling.Utf8)]
    private static partial int Open(string path, int flags);

    [LibraryImport("libc", EntryPoint = "fsync")]
    private static partial int Sync(int handle);

    [LibraryImport("libc", EntryPoint = "close")]
    private static partial int Close(int handle);
}
