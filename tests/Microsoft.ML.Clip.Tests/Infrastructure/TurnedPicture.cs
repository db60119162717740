using SkiaSharp;

namespace Microsoft.ML.Clip.Tests;

/// <summary>A picture that is stored as a camera on its side stores it: upright it is red, green above blue, white.</summary>
internal static class TurnedPicture
{
    private const int Width = 180, Height = 120;

    public static byte[] Jpeg(int orientation)
    {
        bool isTurned = orientation >= 5;
        using var bitmap = new SKBitmap(isTurned ? Height : Width, isTurned ? Width : Height);
        for (int y = 0; y < bitmap.Height; y++)
        {
            for (int x = 0; x < bitmap.Width; x++)
            {
                bool right = x >= bitmap.Width / 2, below = y >= bitmap.Height / 2;
                // EXIF 2.3, tag 274: where the stored rows and columns begin in the upright picture.
                (bool isRight, bool isBelow) = orientation switch
                {
                    1 => (right, below),
                    2 => (!right, below),
                    3 => (!right, !below),
                    4 => (right, !below),
                    5 => (below, right),
                    6 => (!below, right),
                    7 => (!below, !right),
                    _ => (below, !right),
                };
                bitmap.SetPixel(x, y, isBelow ? isRight ? SKColors.White : SKColors.Blue : isRight ? SKColors.Lime : SKColors.Red);
            }
        }
        using var data = bitmap.Encode(SKEncodedImageFormat.Jpeg, 95);
        return ImageFiles.WithOrientation(data.ToArray(), orientation);
    }

    public static void AssertUpright(byte[] jpeg)
    {
        using var picture = SKBitmap.Decode(jpeg);
        Assert.Equal((Width, Height), (picture.Width, picture.Height));
        (int X, int Y)[] places = [(30, 30), (150, 30), (30, 90), (150, 90)];
        Assert.Equal(["red", "green", "blue", "white"], places.Select(p => Colour(picture.GetPixel(p.X, p.Y))));
    }

    private static string Colour(SKColor c) => (c.Red > 128, c.Green > 128, c.Blue > 128) switch
    {
        (true, true, true) => "white",
        (true, false, false) => "red",
        (false, true, false) => "green",
        (false, false, true) => "blue",
        _ => $"{c}",
    };
}
