using System.Formats.Tar;
using System.Globalization;
using System.IO.Compression;

namespace Samples;

/// <summary>Image sets that lie packed in .tar.gz files.</summary>
internal static class Archives
{
    // Written last, with what the archive was: what an interrupted run left, or another archive of the same name, is not taken for it.
    private const string Marker = ".complete";

    /// <summary>Unpacks an archive into a folder, once, and returns the folder that holds its "train".</summary>
    public static string Unpack(string archive, string folder)
    {
        Extract(archive, folder);
        // The archive may hold its files in a folder of its own.
        return Directory.EnumerateDirectories(folder).Prepend(folder).First(d => Directory.Exists(Path.Combine(d, "train")));
    }

    /// <summary>Unpacks an archive into a folder, once, and returns the folder, or the only one in it. An archive that has changed is unpacked anew.</summary>
    public static string Extract(string archive, string folder)
    {
        string stamp = Stamp(archive);
        if (!IsOf(folder, stamp))
        {
            Console.Error.WriteLine($"Unpacking {archive} to {folder} ...");
            // Beside the folder, which is whole or not there: several programs may want it at once, and one may be stopped.
            string own = $"{folder}.{Guid.NewGuid():N}.tmp";
            try
            {
                Directory.CreateDirectory(own);
                using (var file = File.OpenRead(archive))
                using (var content = new GZipStream(file, CompressionMode.Decompress))
                {
                    TarFile.ExtractToDirectory(content, own, overwriteFiles: true);
                }
                File.WriteAllText(Path.Combine(own, Marker), stamp);
                Put(own, folder, stamp);
            }
            finally
            {
                Delete(own);
            }
        }
        return Only(folder);
    }

    private static void Put(string own, string folder, string stamp)
    {
        if (IsOf(folder, stamp))
        {
            return;
        }
        // Nothing but what was unpacked here is deleted.
        if (Directory.Exists(folder) && !File.Exists(Path.Combine(folder, Marker)) && Directory.EnumerateFileSystemEntries(folder).Any())
        {
            throw new IOException($"'{folder}' has files that were not unpacked here; expected an empty folder, or none.");
        }
        Delete(folder);
        try
        {
            Directory.Move(own, folder);
        }
        catch (IOException) when (IsOf(folder, stamp))
        {
            // Another program was quicker.
        }
    }

    private static bool IsOf(string folder, string stamp) =>
        File.Exists(Path.Combine(folder, Marker)) && File.ReadAllText(Path.Combine(folder, Marker)) == stamp;

    private static string Stamp(string archive)
    {
        var file = new FileInfo(archive);
        return string.Create(CultureInfo.InvariantCulture, $"{file.FullName}\n{file.Length}\n{file.LastWriteTimeUtc:O}\n");
    }

    // An archive may hold its files in a folder of its own, and that in another.
    private static string Only(string folder)
    {
        string[] entries = [.. Directory.GetFileSystemEntries(folder).Where(e => Path.GetFileName(e) != Marker)];
        return entries is [var only] && Directory.Exists(only) && Directory.EnumerateDirectories(only).Any() ? Only(only) : folder;
    }

    private static void Delete(string folder)
    {
        if (Directory.Exists(folder))
        {
            Directory.Delete(folder, recursive: true);
        }
    }
}
