using Microsoft.Win32.SafeHandles;

namespace Microsoft.ML.Clip;

/// <summary>By what a file that has been written to is told from what it was: its length, and when that was.</summary>
internal sealed record FileStamp(long Length, DateTime WrittenUtc)
{
    public static FileStamp Of(SafeFileHandle file) => new(RandomAccess.GetLength(file), File.GetLastWriteTimeUtc(file));

    /// <summary>What a stream's file is; null if it is none.</summary>
    public static FileStamp? Of(Stream stream) => stream is FileStream file ? Of(file.SafeFileHandle) : null;

    /// <summary>Throws if a file is not what it was when a model was loaded from it: places in it mean nothing then.</summary>
    /// <param name="file">The file, as the message is to name it.</param>
    /// <param name="then">What it was; null if that is not known.</param>
    /// <param name="now">What it is; null if that is not known.</param>
    /// <exception cref="InvalidDataException">It is another.</exception>
    public static void RequireSame(string file, FileStamp? then, FileStamp? now)
    {
        if (then is { } was && now is { } found && was != found)
        {
            throw new InvalidDataException($"The file {file} is not the one that the model was loaded from: that had {was.Length:N0} bytes, written {was.WrittenUtc:O}; this has {found.Length:N0}, written {found.WrittenUtc:O}. Load the model again.");
        }
    }
}
