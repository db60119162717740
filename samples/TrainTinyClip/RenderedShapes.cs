using SkiaSharp;

namespace TrainTinyClip;

/// <summary>Drawn shapes, for machines without the image sets: five colours by four shapes, of which some pairs are only in the test part.</summary>
internal static class RenderedShapes
{
    private const int Size = 64, TrainImages = 150, TestImages = 20;

    private static readonly (string Name, SKColor Color)[] Colors =
        [("red", SKColors.Red), ("green", SKColors.LimeGreen), ("blue", SKColors.RoyalBlue), ("yellow", SKColors.Gold), ("purple", SKColors.Purple)];

    private static readonly string[] Shapes = ["circle", "square", "triangle", "cross"];

    // Colour and shape were both seen, but never together.
    private static readonly string[] HeldOut = ["red square", "blue circle", "yellow cross"];

    public static (ImageFolder All, ImageFolder NeverTrained) Draw(string work)
    {
        string root = Path.Combine(work, "shapes");
        ImageClass[] classes = [.. Colors.SelectMany(c => Shapes.Select(s => new ImageClass($"{c.Name} {s}", [$"{c.Name} {s}"])))];
        int seed = 0;
        foreach ((string color, var paint) in Colors)
        {
            foreach (string shape in Shapes)
            {
                bool isHeldOut = HeldOut.Contains($"{color} {shape}");
                for (int i = 0; i < TrainImages + TestImages; i++)
                {
                    string folder = Path.Combine(root, i < TrainImages ? "train" : "test", $"{color} {shape}");
                    Directory.CreateDirectory(folder);
                    if (i >= TrainImages || !isHeldOut)
                    {
                        File.WriteAllBytes(Path.Combine(folder, $"{i:000}.png"), Draw(shape, paint, new Random(seed)));
                    }
                    seed++;
                }
            }
        }

        return (new ImageFolder(root, "train", "test", classes), new ImageFolder(root, "train", "test", [.. classes.Where(c => HeldOut.Contains(c.Name))]));
    }

    private static byte[] Draw(string shape, SKColor color, Random random)
    {
        using var bitmap = new SKBitmap(new SKImageInfo(Size, Size, SKColorType.Rgba8888, SKAlphaType.Opaque));
        using var canvas = new SKCanvas(bitmap);
        canvas.Clear(SKColor.FromHsv(random.Next(360), random.Next(20), random.Next(60, 100)));
        using var paint = new SKPaint { Color = color, IsAntialias = true };
        float radius = random.Next(10, 22), x = random.Next(22, Size - 22), y = random.Next(22, Size - 22);
        canvas.Translate(x, y);
        canvas.RotateDegrees(random.Next(-20, 20));
        switch (shape)
        {
            case "circle":
                canvas.DrawCircle(0, 0, radius, paint);
                break;
            case "square":
                canvas.DrawRect(-radius, -radius, 2 * radius, 2 * radius, paint);
                break;
            case "triangle":
                using (var path = new SKPath())
                {
                    path.AddPoly([new SKPoint(0, -radius), new SKPoint(radius, radius), new SKPoint(-radius, radius)]);
                    canvas.DrawPath(path, paint);
                }

                break;
            default:
                canvas.DrawRect(-radius, -radius / 3, 2 * radius, 2 * radius / 3, paint);
                canvas.DrawRect(-radius / 3, -radius, 2 * radius / 3, 2 * radius, paint);
                break;
        }

        using var data = bitmap.Encode(SKEncodedImageFormat.Png, 100);
        return data.ToArray();
    }
}
