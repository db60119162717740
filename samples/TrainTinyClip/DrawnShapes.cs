using Samples;

namespace TrainTinyClip;

/// <summary>Drawn shapes, for machines without the image sets: five colours by four shapes, of which some pairs are only in the test part.</summary>
internal static class DrawnShapes
{
    private const int TrainImages = 150, TestImages = 20;

    // Blue, green, red.
    private static readonly (string Name, byte[] Color)[] Colors =
        [("red", [0, 0, 255]), ("green", [50, 205, 50]), ("blue", [225, 105, 65]), ("yellow", [0, 215, 255]), ("purple", [128, 0, 128])];

    private static readonly Shape[] Shapes = [Shape.Circle, Shape.Square, Shape.Triangle, Shape.Cross];

    // Colour and shape were both seen, but never together.
    private static readonly string[] HeldOut = ["red square", "blue circle", "yellow cross"];

    /// <param name="work">The folder that they go to.</param>
    /// <param name="isMissing">Whether they are to be drawn, or are there.</param>
    public static (ImageFolder All, ImageFolder NeverTrained) Draw(string work, bool isMissing)
    {
        string root = Path.Combine(work, "shapes");
        ImageClass[] classes = [.. Colors.SelectMany(c => Shapes.Select(s => new ImageClass($"{c.Name} {s.Name}", [$"{c.Name} {s.Name}"])))];
        int seed = 0;
        foreach ((string color, byte[] paint) in isMissing ? Colors : [])
        {
            foreach (var shape in Shapes)
            {
                bool isHeldOut = HeldOut.Contains($"{color} {shape.Name}");
                for (int i = 0; i < TrainImages + TestImages; i++, seed++)
                {
                    if (i >= TrainImages || !isHeldOut)
                    {
                        DrawOne(shape, paint, Path.Combine(root, i < TrainImages ? "train" : "test", $"{color} {shape.Name}", $"{i:000}.png"), new Random(seed));
                    }
                    else
                    {
                        // Its images to train on are none.
                        Directory.CreateDirectory(Path.Combine(root, "train", $"{color} {shape.Name}"));
                    }
                }
            }
        }

        return (new ImageFolder(root, "train", "test", classes), new ImageFolder(root, "train", "test", [.. classes.Where(c => HeldOut.Contains(c.Name))]));
    }

    // On a bright, nearly gray ground, turned by up to 20 degrees.
    private static void DrawOne(Shape shape, byte[] color, string file, Random random)
    {
        double brightness = 0.6 + 0.4 * random.NextDouble();
        byte[] ground = [.. color.Select(_ => (byte)(255 * brightness * (1 - 0.2 * random.NextDouble())))];
        double radius = random.Next(10, 22), x = random.Next(22, Shape.ImageSize - 22), y = random.Next(22, Shape.ImageSize - 22);
        shape.Draw(file, color, ground, x, y, radius, angle: (2 * random.NextDouble() - 1) * Math.PI / 9);
    }
}
