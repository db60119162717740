using SkiaSharp;

namespace Microsoft.ML.Clip.Tests;

/// <summary>A directory of its own for one recipe, with what recipes begin with: the model that the repository carries, and folders of images.</summary>
internal sealed class RecipeFolder : IDisposable
{
    private static readonly SKColor[] Colours = [SKColors.Firebrick, SKColors.RoyalBlue, SKColors.SeaGreen, SKColors.Goldenrod];

    private readonly TemporaryDirectory _directory = new();

    /// <summary>The small model that was trained for the samples; it knows "tabby cat" and "espresso".</summary>
    public static string TinyClip => Path.Combine(BuildFacts.RepositoryRoot, "samples", "models", "tiny-clip");

    /// <summary>A photograph of samples/images.</summary>
    public static string Photograph(string name) => Path.Combine(BuildFacts.RepositoryRoot, "samples", "images", name);

    /// <summary>A path in the directory.</summary>
    public string At(string relativePath) => _directory.Combine(relativePath);

    /// <summary>Draws images, each unlike the others, into a folder per class: one class is red, one blue, and so on.</summary>
    /// <param name="folder">The folder of the classes' folders.</param>
    /// <param name="perClass">How many images of each class.</param>
    /// <param name="classes">The classes, four at most.</param>
    public void DrawClasses(string folder, int perClass, params string[] classes)
    {
        var random = new Random(7);
        for (int c = 0; c < classes.Length; c++)
        {
            Directory.CreateDirectory(At($"{folder}/{classes[c]}"));
            for (int i = 0; i < perClass; i++)
            {
                using var bitmap = new SKBitmap(48, 48);
                using var canvas = new SKCanvas(bitmap);
                using var paint = new SKPaint { Color = Colours[c] };
                canvas.Clear(new SKColor((byte)random.Next(256), (byte)random.Next(256), (byte)random.Next(256)));
                canvas.DrawCircle(random.Next(16, 32), random.Next(16, 32), random.Next(14, 22), paint);
                using var data = bitmap.Encode(SKEncodedImageFormat.Png, 100);
                File.WriteAllBytes(At($"{folder}/{classes[c]}/{i:000}.png"), data.ToArray());
            }
        }
    }

    public void Dispose() => _directory.Dispose();
}
