using Microsoft.ML.Data;

namespace LinearProbe;

/// <summary>A set of images for where there are no others: shapes of random size, place and colour, drawn into the temporary folder.</summary>
internal static class Shapes
{
    private const int Size = 64;
    private const int PerClass = 60;

    private static readonly (string Name, Func<double, double, bool> Inside)[] Kinds =
    [
        ("circle", (x, y) => x * x + y * y < 1),
        ("square", (x, y) => Math.Max(Math.Abs(x), Math.Abs(y)) < 0.9),
        ("triangle", (x, y) => y < 0.8 && y > 2 * Math.Abs(x) - 1),
        ("ring", (x, y) => x * x + y * y is > 0.4 and < 1),
        ("cross", (x, y) => Math.Min(Math.Abs(x), Math.Abs(y)) < 0.3 && Math.Max(Math.Abs(x), Math.Abs(y)) < 1),
        ("stripes", (x, y) => Math.Max(Math.Abs(x), Math.Abs(y)) < 1 && Math.Floor(y * 4) % 2 == 0),
    ];

    public static string Draw()
    {
        string root = Path.Combine(Path.GetTempPath(), "clip-shapes");
        var random = new Random(1);
        foreach (var (name, inside) in Kinds)
        {
            string folder = Directory.CreateDirectory(Path.Combine(root, name)).FullName;
            for (int i = 0; i < PerClass; i++)
            {
                string file = Path.Combine(folder, $"{i:000}.png");
                byte[] pixels = DrawOne(random, inside);
                if (File.Exists(file))
                {
                    continue;
                }
                using var image = MLImage.CreateFromPixels(Size, Size, MLPixelFormat.Bgra32, pixels);
                image.Save(file);
            }
        }
        return root;
    }

    private static byte[] DrawOne(Random random, Func<double, double, bool> inside)
    {
        byte[] front = new byte[3], back = new byte[3];
        random.NextBytes(front);
        // A background that differs enough to be seen.
        for (int c = 0; c < 3; c++)
        {
            back[c] = (byte)(front[c] + 64 + random.Next(128));
        }
        double radius = Size * (0.25 + 0.2 * random.NextDouble());
        double cx = Size / 2 + (random.NextDouble() - 0.5) * (Size - 2 * radius), cy = Size / 2 + (random.NextDouble() - 0.5) * (Size - 2 * radius);
        byte[] pixels = new byte[Size * Size * 4];
        for (int i = 0; i < Size * Size; i++)
        {
            byte[] colour = inside((i % Size - cx) / radius, (i / Size - cy) / radius) ? front : back;
            colour.CopyTo(pixels, 4 * i);
            pixels[4 * i + 3] = 255;
        }
        return pixels;
    }
}
