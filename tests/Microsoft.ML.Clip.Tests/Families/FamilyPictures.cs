using SkiaSharp;

namespace Microsoft.ML.Clip.Tests;

/// <summary>The two pictures of the family tests, by the formula that eng/golden/families.py has, too.</summary>
internal static class FamilyPictures
{
    public static string[] Write(string directory) => [Write(directory, 50, 40, 1), Write(directory, 37, 61, 2)];

    private static string Write(string directory, int width, int height, int seed)
    {
        using var bitmap = new SKBitmap(new SKImageInfo(width, height, SKColorType.Rgba8888, SKAlphaType.Opaque));
        for (int y = 0; y < height; y++)
        {
            for (int x = 0; x < width; x++)
            {
                int red = (x * 7) + (y * y) + (seed * 31), green = (x * x) + (y * 5) + (seed * 17);
                int blue = (((x / 4) + (y / 4)) % 2 * 160) + (((x * y) + seed) % 64);
                bitmap.SetPixel(x, y, new SKColor((byte)red, (byte)green, (byte)blue));
            }
        }
        string path = Path.Combine(directory, $"picture-{seed}.png");
        using var data = bitmap.Encode(SKEncodedImageFormat.Png, 100);
        File.WriteAllBytes(path, data.ToArray());
        return path;
    }
}
