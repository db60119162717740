using System.Formats.Tar;
using System.IO.Compression;

namespace Samples;

/// <summary>Image sets that lie packed in .tar.gz files.</summary>
internal static class Archives
{
    /// <summary>Unpacks an archive into a folder, once, and returns the folder that holds its "train".</summary>
    public static string Unpack(string archive, string folder)
    {
        Extract(archive, folder);
        // The archive may hold its files in a folder of its own.
        return Directory.EnumerateDirectories(folder).Prepend(folder).First(d => Directory.Exists(Path.Combine(d, "train")));
    }

    /// <summary>Unpacks an archive into a folder, once, and returns the folder, or the only one in it.</summary>
    public static string Extract(string archive, string folder)
    {
        // The marker is written last, so that what an interrupted run left is unpacked again.
        string marker = Path.Combine(folder, ".complete");
        if (!File.Exists(marker))
        {
            Console.Error.WriteLine($"Unpacking {archive} to {folder} ...");
            Directory.CreateDirectory(folder);
            using var file = File.OpenRead(archive);
            using var content = new GZipStream(file, CompressionMode.Decompress);
            TarFile.ExtractToDirectory(content, folder, overwriteFiles: true);
            File.WriteAllText(marker, "");
        }
        string[] entries = [.. Directory.GetFileSystemEntries(folder).Where(e => e != marker)];
        return entries is [var only] && Directory.Exists(only) && Directory.EnumerateDirectories(only).Any() ? only : folder;
    }
}
