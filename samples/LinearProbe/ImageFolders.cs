using System.Formats.Tar;
using System.IO.Compression;

namespace LinearProbe;

/// <summary>Labelled images: one folder per class.</summary>
internal sealed record ImageFolders(string Name, string Root, Photograph[] Training, Photograph[]? Test)
{
    private static readonly string[] Extensions = [".jpg", ".jpeg", ".png", ".webp", ".bmp", ".gif"];

    /// <summary>Reads a folder, split by the folders train and test if it has them.</summary>
    public static ImageFolders Read(string root, string? name = null)
    {
        string train = Path.Combine(root, "train"), test = Path.Combine(root, "test");
        bool split = Directory.Exists(train) && Directory.Exists(test);
        return new(name ?? Path.GetFileName(Path.TrimEndingDirectorySeparator(Path.GetFullPath(root))), root,
            Images(split ? train : root), split ? Images(test) : null);
    }

    /// <summary>CIFAR-10, unpacked once into the temporary folder.</summary>
    public static ImageFolders Cifar10(string archive)
    {
        string root = Path.Combine(Path.GetTempPath(), "clip-cifar10"), done = Path.Combine(root, "complete");
        if (!File.Exists(done))
        {
            Console.WriteLine($"Unpacking {archive} to {root} ...");
            Directory.CreateDirectory(root);
            using var file = File.OpenRead(archive);
            using var unzipped = new GZipStream(file, CompressionMode.Decompress);
            TarFile.ExtractToDirectory(unzipped, root, overwriteFiles: true);
            File.WriteAllText(done, "");
        }
        // The archive may hold its files in a folder of its own.
        string inner = Directory.Exists(Path.Combine(root, "train")) ? root : Directory.EnumerateDirectories(root).First(d => Directory.Exists(Path.Combine(d, "train")));
        return Read(inner, "CIFAR-10");
    }

    private static Photograph[] Images(string folder) =>
    [
        .. from directory in Directory.EnumerateDirectories(folder).Order(StringComparer.Ordinal)
           from file in Directory.EnumerateFiles(directory, "*", SearchOption.AllDirectories).Order(StringComparer.Ordinal)
           where Extensions.Contains(Path.GetExtension(file).ToLowerInvariant())
           select new Photograph { Path = file, Class = Path.GetFileName(directory) },
    ];
}
