using SkiaSharp;

namespace Samples;

/// <summary>A small JPEG of a photograph, turned as its EXIF data say.</summary>
internal static class Thumbnail
{
    private const int Quality = 78;

    /// <summary>A JPEG of at most so many pixels a side, or null where the file cannot be read.</summary>
    public static byte[]? Make(string file, int size)
    {
        using var codec = SKCodec.Create(file);
        return codec is null ? null : Make(codec, size);
    }

    /// <summary>The same of a file that is open; null also where its header claims more pixels than are allowed.</summary>
    public static byte[]? Make(SKCodec codec, int size, long maximumPixels = long.MaxValue)
    {
        if ((long)codec.Info.Width * codec.Info.Height > maximumPixels)
        {
            return null;
        }
        using var source = Decode(codec, size);
        if (source is null)
        {
            return null;
        }
        bool isTurned = codec.EncodedOrigin >= SKEncodedOrigin.LeftTop;
        float scale = Math.Min(1, size / (float)Math.Max(source.Width, source.Height));
        int width = Math.Max(1, (int)MathF.Round(source.Width * scale)), height = Math.Max(1, (int)MathF.Round(source.Height * scale));
        var info = new SKImageInfo(isTurned ? height : width, isTurned ? width : height, SKColorType.Rgba8888, SKAlphaType.Opaque);
        using var surface = SKSurface.Create(info);
        var canvas = surface.Canvas;
        canvas.Clear(SKColors.White);      // behind transparent pictures
        var turn = Turn(codec.EncodedOrigin, width, height);
        canvas.Concat(ref turn);
        using var image = SKImage.FromBitmap(source);
        using var paint = new SKPaint { FilterQuality = SKFilterQuality.High, IsAntialias = true };
        canvas.DrawImage(image, new SKRect(0, 0, width, height), paint);
        using var snapshot = surface.Snapshot();
        using var encoded = snapshot.Encode(SKEncodedImageFormat.Jpeg, Quality);
        return encoded.ToArray();
    }

    // JPEGs can be decoded at an eighth to seven eighths of their size, which is faster and needs less memory; two times the size wanted leaves enough to
    // filter.
    private static SKBitmap? Decode(SKCodec codec, int size)
    {
        float share = Math.Min(1, 2f * size / Math.Max(codec.Info.Width, codec.Info.Height));
        var dimensions = codec.GetScaledDimensions(share);
        var bitmap = new SKBitmap(new SKImageInfo(dimensions.Width, dimensions.Height, SKColorType.Rgba8888, SKAlphaType.Premul));
        // What is there of a file that breaks off is shown.
        if (codec.GetPixels(bitmap.Info, bitmap.GetPixels()) is SKCodecResult.Success or SKCodecResult.IncompleteInput or SKCodecResult.ErrorInInput)
        {
            return bitmap;
        }
        bitmap.Dispose();
        return null;
    }

    // From the stored picture, width by height, to the upright one: EXIF's eight orientations.
    private static SKMatrix Turn(SKEncodedOrigin origin, int width, int height) => origin switch
    {
        SKEncodedOrigin.TopRight => new(-1, 0, width, 0, 1, 0, 0, 0, 1),
        SKEncodedOrigin.BottomRight => new(-1, 0, width, 0, -1, height, 0, 0, 1),
        SKEncodedOrigin.BottomLeft => new(1, 0, 0, 0, -1, height, 0, 0, 1),
        SKEncodedOrigin.LeftTop => new(0, 1, 0, 1, 0, 0, 0, 0, 1),
        SKEncodedOrigin.RightTop => new(0, -1, height, 1, 0, 0, 0, 0, 1),
        SKEncodedOrigin.RightBottom => new(0, -1, height, -1, 0, width, 0, 0, 1),
        SKEncodedOrigin.LeftBottom => new(0, 1, 0, -1, 0, width, 0, 0, 1),
        _ => SKMatrix.Identity,
    };
}
