using System.Security.Cryptography;

namespace Microsoft.ML.Clip.Tests;

/// <summary>Folders of small pictures, and what is in folders.</summary>
internal static class SmallPictures
{
    /// <summary>Writes pictures of noise, 0000.bmp and so on, all different.</summary>
    public static void Write(string folder, int count)
    {
        Directory.CreateDirectory(folder);
        for (int i = 0; i < count; i++)
        {
            File.WriteAllBytes(Path.Combine(folder, $"{i:D4}.bmp"), Bitmap(i));
        }
    }

    /// <summary>The files of a directory and the hashes of what is in them, by name.</summary>
    public static SortedDictionary<string, string> Content(string directory)
    {
        string[] files = Directory.GetFiles(directory, "*", SearchOption.AllDirectories);
        return new(files.ToDictionary(f => Path.GetRelativePath(directory, f).Replace('\\', '/'), Hash), StringComparer.Ordinal);

        static string Hash(string file) => Convert.ToHexString(SHA256.HashData(File.ReadAllBytes(file)));
    }

    /// <summary>A picture of noise, 16 x 16.</summary>
    public static byte[] Bitmap(int seed)
    {
        // 24 bits, rows from below.
        const int Edge = 16, Head = 54;
        byte[] file = new byte[Head + (3 * Edge * Edge)];
        new Random(seed).NextBytes(file.AsSpan(Head));
        byte[] head = [.. "BM"u8, .. BitConverter.GetBytes(file.Length), 0, 0, 0, 0, Head, 0, 0, 0, 40, 0, 0, 0, Edge, 0, 0, 0, Edge, 0, 0, 0, 1, 0, 24, 0];
        head.CopyTo(file, 0);
        return file;
    }
}
