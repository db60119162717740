namespace Microsoft.ML.Clip.Tests;

public class ExifOrientationTests
{
    // EXIF 2.32, section 4.6.4: where the stored picture's row 0 and column 0 belong. Each maps a place of the upright picture to the stored one.
    private static readonly Func<int, int, int, int, (int X, int Y)>[] Stored =
    [
        (x, y, w, h) => (x, y),
        (x, y, w, h) => (w - 1 - x, y),
        (x, y, w, h) => (w - 1 - x, h - 1 - y),
        (x, y, w, h) => (x, h - 1 - y),
        (x, y, w, h) => (y, x),
        (x, y, w, h) => (y, h - 1 - x),
        (x, y, w, h) => (w - 1 - y, h - 1 - x),
        (x, y, w, h) => (w - 1 - y, x),
    ];

    public static TheoryData<int> Orientations => [.. Enumerable.Range(1, 8)];

    [Theory, MemberData(nameof(Orientations))]
    public void Decode_Applied_TurnsThePictureUpright(int orientation)
    {
        byte[] jpeg = ImageFiles.OfFormat("jpg");
        byte[] stored = RawPixels.Decode(jpeg, ImageFiles.Width, ImageFiles.Height);
        bool transposed = orientation > 4;
        int width = transposed ? ImageFiles.Height : ImageFiles.Width, height = transposed ? ImageFiles.Width : ImageFiles.Height;

        byte[] upright = RawPixels.Decode(ImageFiles.WithOrientation(jpeg, orientation), width, height, new() { ApplyExifOrientation = true });

        for (int y = 0; y < height; y++)
        {
            for (int x = 0; x < width; x++)
            {
                var (sx, sy) = Stored[orientation - 1](x, y, ImageFiles.Width, ImageFiles.Height);
                Assert.Equal(stored.AsSpan(((sy * ImageFiles.Width) + sx) * 3, 3), upright.AsSpan(((y * width) + x) * 3, 3));
            }
        }
    }

    [Theory, MemberData(nameof(Orientations))]
    public void Decode_Default_IgnoresIt(int orientation)
    {
        byte[] jpeg = ImageFiles.OfFormat("jpg");
        Assert.Equal(
            RawPixels.Decode(jpeg, ImageFiles.Width, ImageFiles.Height),
            RawPixels.Decode(ImageFiles.WithOrientation(jpeg, orientation), ImageFiles.Width, ImageFiles.Height));
    }
}
