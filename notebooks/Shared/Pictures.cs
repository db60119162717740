using System.Formats.Tar;
using System.IO.Compression;
using Microsoft.ML.Clip;
using Samples;
using SkiaSharp;

namespace Notebooks;

/// <summary>Pictures for the notebooks: those of the repository, and of ../shared/data where it is there.</summary>
internal static class Pictures
{
    private const int ViewSize = 160;

    /// <summary>The photographs of samples/images, by their names in the model's words.</summary>
    public static (string Path, string Label)[] Six { get; } = [.. new[]
    {
        ("bison.jpg", "bison"), ("cat.png", "tabby cat"), ("coffee.png", "espresso"), ("dog.jpg", "dog"), ("koala.jpg", "koala"), ("red-panda.jpg", "red panda"),
    }.Select(p => (Path.Combine(Repository.Root, "samples", "images", p.Item1), p.Item2))];

    /// <summary>Other names that the model knows, for lists of labels in which the right one is not alone.</summary>
    public static string[] Others { get; } = ["teapot", "school bus", "bird", "truck", "banana", "pizza", "ship", "airplane", "goldfish", "tractor", "lion", "mushroom"];

    /// <summary>Whether sets beside the clone are left alone, as tests want it: CLIP_NOTEBOOKS=small in the environment.</summary>
    public static bool IsSmall { get; } = Environment.GetEnvironmentVariable("CLIP_NOTEBOOKS") == "small";

    /// <summary>All photographs there are: the six, and one of each of 116 of ImageNet's classes where ../shared/data is.</summary>
    public static string[] Photographs => [.. Six.Select(p => p.Path),
        .. Shared("data/imagenet-samples") is { } folder ? Directory.GetFiles(folder, "*.JPEG").Order(StringComparer.Ordinal) : Enumerable.Empty<string>()];

    /// <summary>Whether <see cref="Labelled"/> is CIFAR-10.</summary>
    public static bool HasCifar10 => Shared("data/cifar10.tar.gz") is not null;

    /// <summary>CIFAR-10 where it lies in ../shared/data, and elsewhere views of the six photographs: parts of them, some mirrored, some dark.</summary>
    /// <param name="split">"train" or "test".</param>
    /// <param name="perClass">How many of each class.</param>
    public static ClipDataSet Labelled(string split, int perClass) =>
        Shared("data/cifar10.tar.gz") is { } archive ? Cifar10(archive, split, perClass) : Views(split, perClass);

    /// <summary>Shapes, drawn in any colour on any ground: a set that the model was not trained on.</summary>
    public static ClipDataSet Shapes(string split, int perClass)
    {
        var rows = new List<ClipDataSetRow>();
        Shape[] shapes = [Shape.Circle, Shape.Square, Shape.Triangle, Shape.Ring, Shape.Cross, Shape.Stripes];
        string folder = Directory.CreateTempSubdirectory("clip-shapes").FullName;
        foreach (var (shape, label) in shapes.Select((s, i) => (s, i)))
        {
            for (int i = 0; i < perClass; i++)
            {
                var random = new Random((split == "test" ? 100_000 : 0) + (1_000 * label) + i);
                byte[] front = new byte[3], back = new byte[3];
                do
                {
                    random.NextBytes(front);
                    random.NextBytes(back);
                }
                while (front.Zip(back, (a, b) => Math.Abs(a - b)).Sum() < 200);    // so that there is something to see
                string file = Path.Combine(folder, $"{shape.Name}-{i}.png");
                shape.Draw(file, front, back, random.Next(20, 44), random.Next(20, 44), random.Next(10, 24), random.NextDouble() - 0.5);
                rows.Add(new($"{shape.Name} {i}", File.ReadAllBytes(file), label));
            }
        }
        Directory.Delete(folder, recursive: true);
        return new("drawn shapes", [.. shapes.Select(s => s.Name)], imagesAreFiles: false, () => rows);
    }

    /// <summary>A part of a photograph as JPEG.</summary>
    /// <param name="path">The photograph.</param>
    /// <param name="share">How much of its edges is kept.</param>
    /// <param name="x">Where the part begins, from 0 (left) to 1.</param>
    /// <param name="y">The same from the top.</param>
    /// <param name="isMirrored">Whether left and right change places.</param>
    /// <param name="light">What the brightness is multiplied by.</param>
    /// <param name="size">The longest edge of the result in pixels.</param>
    /// <param name="quality">JPEG's quality, 1 to 100.</param>
    public static byte[] View(string path, float share = 1, float x = 0, float y = 0, bool isMirrored = false, float light = 1, int size = ViewSize,
        int quality = 90)
    {
        using var source = SKBitmap.Decode(path);
        float width = source.Width * share, height = source.Height * share, scale = size / Math.Max(width, height);
        var from = SKRect.Create(x * (source.Width - width), y * (source.Height - height), width, height);
        var info = new SKImageInfo(Math.Max(1, (int)(width * scale)), Math.Max(1, (int)(height * scale)), SKColorType.Rgba8888, SKAlphaType.Opaque);
        using var surface = SKSurface.Create(info);
        surface.Canvas.Clear(SKColors.White);
        if (isMirrored)
        {
            surface.Canvas.Scale(-1, 1, width * scale / 2, 0);
        }
        using var paint = new SKPaint
        {
            FilterQuality = SKFilterQuality.High,
            ColorFilter = SKColorFilter.CreateColorMatrix([light, 0, 0, 0, 0, 0, light, 0, 0, 0, 0, 0, light, 0, 0, 0, 0, 0, 1, 0]),
        };
        using var image = SKImage.FromBitmap(source);
        surface.Canvas.DrawImage(image, from, SKRect.Create(width * scale, height * scale), paint);
        using var drawn = surface.Snapshot();
        using var encoded = drawn.Encode(SKEncodedImageFormat.Jpeg, quality);
        return encoded.ToArray();
    }

    private static string? Shared(string relativePath) => IsSmall ? null : Repository.Shared(relativePath);

    private static ClipDataSet Views(string split, int perClass)
    {
        var rows = new List<ClipDataSetRow>();
        for (int label = 0; label < Six.Length; label++)
        {
            for (int i = 0; i < perClass; i++)
            {
                var random = new Random((split == "test" ? 100_000 : 0) + (1_000 * label) + i);
                byte[] view = View(Six[label].Path, 0.35f + (0.5f * random.NextSingle()), random.NextSingle(), random.NextSingle(),
                    random.Next(2) == 0, 0.4f + (0.8f * random.NextSingle()));
                rows.Add(new($"{Six[label].Label} {i}", view, label));
            }
        }
        return new("views of six photographs", [.. Six.Select(p => p.Label), .. Others], imagesAreFiles: false, () => rows);
    }

    // The archive is read past, not unpacked: 60,000 files are more than a notebook wants to leave behind.
    private static ClipDataSet Cifar10(string archive, string split, int perClass)
    {
        string[] names = ["airplane", "automobile", "bird", "cat", "deer", "dog", "frog", "horse", "ship", "truck"];
        var rows = new List<ClipDataSetRow>();
        int[] counts = new int[names.Length];
        using var file = File.OpenRead(archive);
        using var content = new GZipStream(file, CompressionMode.Decompress);
        using var tar = new TarReader(content);
        while (counts.Any(c => c < perClass) && tar.GetNextEntry() is { } entry)
        {
            string[] parts = entry.Name.Split('/', StringSplitOptions.RemoveEmptyEntries);
            int label = parts is [.., var folder, var name, _] && folder == split ? Array.IndexOf(names, name) : -1;
            if (label >= 0 && counts[label] < perClass && entry.DataStream is { } data)
            {
                byte[] image = new byte[entry.Length];
                data.ReadExactly(image);
                rows.Add(new($"{names[label]} {counts[label]++}", image, label));
            }
        }
        return new("CIFAR-10", names, imagesAreFiles: false, () => rows);
    }
}
