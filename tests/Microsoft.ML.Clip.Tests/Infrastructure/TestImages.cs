using SkiaSharp;

namespace Microsoft.ML.Clip.Tests;

/// <summary>Images that tests make themselves.</summary>
internal static class TestImages
{
    /// <summary>Writes PNG files of various sizes with colour gradients and noise, each unlike the others.</summary>
    public static string[] Write(string directory, int count)
    {
        string[] paths = new string[count];
        for (int i = 0; i < count; i++)
        {
            paths[i] = Path.Combine(directory, $"image-{i:000}.png");
            File.WriteAllBytes(paths[i], EncodePng(20 + i % 7 * 5, 16 + i % 5 * 9, seed: i));
        }
        return paths;
    }

    public static byte[] EncodePng(int width, int height, int seed)
    {
        var random = new Random(seed);
        using var bitmap = new SKBitmap(new SKImageInfo(width, height, SKColorType.Rgba8888, SKAlphaType.Opaque));
        for (int y = 0; y < height; y++)
        {
            for (int x = 0; x < width; x++)
            {
                bitmap.SetPixel(x, y, new SKColor((byte)(x * 255 / width), (byte)(y * 255 / height), (byte)random.Next(256)));
            }
        }
        using var data = bitmap.Encode(SKEncodedImageFormat.Png, 100);
        return data.ToArray();
    }
}
