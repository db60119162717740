using Samples;

namespace LinearProbe;

/// <summary>Labelled images: one folder per class.</summary>
internal sealed record ImageFolders(string Name, string Root, Photograph[] Training, Photograph[]? Test)
{
    private const int ShapesPerClass = 60;

    /// <summary>Reads a folder, split by the folders train and test if it has them.</summary>
    public static ImageFolders Read(string root, string? name = null)
    {
        if (!Directory.Exists(root))
        {
            CommandLine.Fail($"There is no folder '{root}'.");
        }
        string train = Path.Combine(root, "train"), test = Path.Combine(root, "test");
        bool split = Directory.Exists(train) && Directory.Exists(test);
        var images = new ImageFolders(name ?? Path.GetFileName(Path.TrimEndingDirectorySeparator(Path.GetFullPath(root))), root,
            Photographs(split ? train : root), split ? Photographs(test) : null);
        if (images.Training.Length == 0)
        {
            CommandLine.Fail($"There are no images in folders below '{root}'. One folder per class is expected.");
        }
        return images;
    }

    /// <summary>CIFAR-10, unpacked once into the temporary folder.</summary>
    public static ImageFolders Cifar10(string archive) => Read(Archives.Unpack(archive, Path.Combine(Path.GetTempPath(), "clip-cifar10")), "CIFAR-10");

    /// <summary>Shapes of random size, place and colour, drawn once into the temporary folder, for where there are no other images.</summary>
    public static ImageFolders Shapes()
    {
        string root = Path.Combine(Path.GetTempPath(), "clip-shapes");
        var random = new Random(1);
        foreach (var shape in (Shape[])[Shape.Circle, Shape.Square, Shape.Triangle, Shape.Ring, Shape.Cross, Shape.Stripes])
        {
            for (int i = 0; i < ShapesPerClass; i++)
            {
                byte[] front = new byte[3];
                random.NextBytes(front);
                // A background that differs enough to be seen.
                byte[] back = [.. front.Select(c => (byte)(c + 64 + random.Next(128)))];
                double radius = Shape.ImageSize * (0.25 + 0.2 * random.NextDouble());
                double x = Shape.ImageSize / 2 + (random.NextDouble() - 0.5) * (Shape.ImageSize - 2 * radius);
                double y = Shape.ImageSize / 2 + (random.NextDouble() - 0.5) * (Shape.ImageSize - 2 * radius);
                shape.Draw(Path.Combine(root, shape.Name, $"{i:000}.png"), front, back, x, y, radius);
            }
        }
        return Read(root);
    }

    private static Photograph[] Photographs(string folder) =>
        [.. ImageFiles.ByClass(folder).Select(image => new Photograph { Path = image.Path, Class = image.Class })];
}
