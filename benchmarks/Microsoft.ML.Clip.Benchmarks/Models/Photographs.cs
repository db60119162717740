using SkiaSharp;

namespace Microsoft.ML.Clip.Benchmarks;

/// <summary>
/// Makes JPEG files that cost a decoder what photographs cost: colour gradients, edges at all scales and a sensor's noise, at quality 90 with
/// subsampled chroma. Seeded, so that every run has the same.
/// </summary>
internal static class Photographs
{
    private const int Quality = 90;

    public static byte[] Encode(int width, int height, int seed, int noise = 6)
    {
        using var bitmap = new SKBitmap(new SKImageInfo(width, height, SKColorType.Rgba8888, SKAlphaType.Opaque));
        Draw(bitmap, new Random(seed));
        AddNoise(bitmap.GetPixelSpan(), new Random(seed + 1), noise);
        using var data = bitmap.Encode(SKEncodedImageFormat.Jpeg, Quality);
        return data.ToArray();
    }

    private static void Draw(SKBitmap bitmap, Random random)
    {
        using var canvas = new SKCanvas(bitmap);
        using var sky = SKShader.CreateLinearGradient(new SKPoint(0, 0), new SKPoint(0, bitmap.Height), [Color(random), Color(random)], SKShaderTileMode.Clamp);
        using var background = new SKPaint { Shader = sky };
        canvas.DrawPaint(background);
        // Sizes fall off as 1 / n, as those of things in photographs do.
        for (int i = 1; i <= 400; i++)
        {
            float size = bitmap.Width / (2f + (i / 4f));
            using var paint = new SKPaint { Color = Color(random), IsAntialias = true };
            float x = random.NextSingle() * bitmap.Width, y = random.NextSingle() * bitmap.Height;
            if (i % 2 == 0)
            {
                canvas.DrawOval(x, y, size, size * random.NextSingle(), paint);
            }
            else
            {
                canvas.DrawRect(x, y, size, size * random.NextSingle(), paint);
            }
        }
    }

    private static unsafe void AddNoise(ReadOnlySpan<byte> pixels, Random random, int noise)
    {
        fixed (byte* p = pixels)
        {
            for (int i = 0; i < pixels.Length; i++)
            {
                p[i] = (byte)Math.Clamp(p[i] + random.Next(-noise, noise + 1), 0, 255);
            }
        }
    }

    private static SKColor Color(Random random) => new((byte)random.Next(256), (byte)random.Next(256), (byte)random.Next(256), (byte)random.Next(128, 256));
}
