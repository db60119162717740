using Microsoft.ML.Data;

namespace Samples;

/// <summary>A plain shape, drawn where there are no image sets.</summary>
/// <param name="Name">What it is called.</param>
/// <param name="Contains">Whether a point is inside, with the shape's middle at (0, 0) and its edge about 1 away; y goes down.</param>
internal sealed record Shape(string Name, Func<double, double, bool> Contains)
{
    public const int ImageSize = 64;

    public static readonly Shape
        Circle = new("circle", (x, y) => x * x + y * y < 1),
        Square = new("square", (x, y) => Math.Max(Math.Abs(x), Math.Abs(y)) < 0.9),
        Triangle = new("triangle", (x, y) => y < 0.8 && y > 2 * Math.Abs(x) - 1),
        Ring = new("ring", (x, y) => x * x + y * y is > 0.4 and < 1),
        Cross = new("cross", (x, y) => Math.Min(Math.Abs(x), Math.Abs(y)) < 0.3 && Math.Max(Math.Abs(x), Math.Abs(y)) < 1),
        Stripes = new("stripes", (x, y) => Math.Max(Math.Abs(x), Math.Abs(y)) < 1 && Math.Floor(y * 4) % 2 == 0);

    /// <summary>Draws it into a PNG file. Colours are blue, green, red.</summary>
    /// <param name="file">The file; one that is there stays.</param>
    /// <param name="front">The shape's colour.</param>
    /// <param name="back">The colour around it.</param>
    /// <param name="x">The column of its middle, in pixels.</param>
    /// <param name="y">The row of its middle.</param>
    /// <param name="radius">How far its edge is away.</param>
    /// <param name="angle">How far it is turned, in radians.</param>
    public void Draw(string file, ReadOnlySpan<byte> front, ReadOnlySpan<byte> back, double x, double y, double radius, double angle = 0)
    {
        if (File.Exists(file))
        {
            return;
        }
        byte[] pixels = new byte[ImageSize * ImageSize * 4];
        for (int i = 0; i < ImageSize * ImageSize; i++)
        {
            double dx = (i % ImageSize - x) / radius, dy = (i / ImageSize - y) / radius;
            bool inside = Contains(dx * Math.Cos(angle) + dy * Math.Sin(angle), dy * Math.Cos(angle) - dx * Math.Sin(angle));
            (inside ? front : back).CopyTo(pixels.AsSpan(4 * i));
            pixels[4 * i + 3] = 255;
        }
        Directory.CreateDirectory(Path.GetDirectoryName(file)!);
        using var image = MLImage.CreateFromPixels(ImageSize, ImageSize, MLPixelFormat.Bgra32, pixels);
        image.Save(file);
    }
}
