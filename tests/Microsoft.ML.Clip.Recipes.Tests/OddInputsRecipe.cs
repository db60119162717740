using SkiaSharp;

namespace Microsoft.ML.Clip.Tests;

/// <summary>docs/recipes/odd-inputs.md: a folder as people have it, and labels as people write them.</summary>
public sealed class OddInputsRecipe : IDisposable
{
    private static readonly string[] Bad = ["empty.jpg", "text.png", "cut.png", "holiday.heic", "not-there.jpg"];

    private readonly RecipeFolder _folder = new();

    public void Dispose() => _folder.Dispose();

    [Fact]
    public void Runs()
    {
        Directory.CreateDirectory(_folder.At("album"));
        DrawPictures();
        string[] paths = [.. Directory.GetFiles(_folder.At("album")).Append(_folder.At("album/not-there.jpg")).Order(StringComparer.Ordinal)];
        string modelDirectory = RecipeFolder.TinyClip;

        // docs/recipes/odd-inputs.md
        string[] wanted = ["tabby cat", "Tabby  Cat ", "espresso", "", "ESPRESSO", "bird"];

        // One spelling of each: to the model, case and blanks are nothing, and two equal labels would share a score.
        string[] labels = [.. wanted.Select(label => string.Join(' ', label.Split(' ', StringSplitOptions.RemoveEmptyEntries)))
            .Where(label => label.Length > 0).DistinctBy(label => label.ToLowerInvariant())];

        var ml = new MLContext();
        using var clip = ClipModel.Load(modelDirectory);
        var album = ml.Data.LoadFromEnumerable(paths.Select(path => new { Path = path }));
        var pipeline = ml.Transforms.ClipImageEmbedding("Features", "Path", clip, new() { OnInvalidImage = ClipOnInvalidImage.Missing })
            .Append(ml.Transforms.ClipZeroShotClassification("Features", clip, labels, options: new() { CosineColumnName = "Cosine" }))
            .Append(ml.Transforms.Conversion.MapKeyToValue("Label", "PredictedLabel"));
        var rows = ml.Data.CreateEnumerable<Picture>(pipeline.Fit(album).Transform(album), reuseRowObject: false).ToArray();

        string[] unreadable = [.. rows.Where(row => float.IsNaN(row.Features[0])).Select(row => row.Path)];
        foreach (var row in rows.Except(rows.Where(row => float.IsNaN(row.Features[0]))))
        {
            Console.WriteLine($"{Path.GetFileName(row.Path),-24} {row.Label} ({row.Score.Max():P0}, cosine {row.Cosine.Max():F2})");
        }
        Console.WriteLine($"Cannot be read: {string.Join(", ", unreadable)}");
        // end

        Assert.Equal(["tabby cat", "espresso", "bird"], labels);
        Assert.Equal(Bad.Order(StringComparer.Ordinal), unreadable.Select(p => Path.GetFileName(p)).Order(StringComparer.Ordinal));
        Assert.Equal(paths, rows.Select(r => r.Path));
        Assert.All(rows.Where(r => !Bad.Contains(Path.GetFileName(r.Path))), r => Assert.Equal(1, r.Score.Sum(), 1e-4));
        Assert.All(rows.Where(r => !Bad.Contains(Path.GetFileName(r.Path))), r => Assert.All(r.Cosine, c => Assert.InRange(c, -1, 1)));
        Assert.Equal("tabby cat", rows.Single(r => r.Path.EndsWith("Kätzchen, schläft.png", StringComparison.Ordinal)).Label);
    }

    private void DrawPictures()
    {
        Save("tiny.png", 1, 1, SKColorType.Rgba8888, SKEncodedImageFormat.Png);
        Save("panorama.jpg", 3000, 12, SKColorType.Rgba8888, SKEncodedImageFormat.Jpeg);
        Save("gray.jpg", 90, 60, SKColorType.Gray8, SKEncodedImageFormat.Jpeg);
        Save("new.webp", 60, 90, SKColorType.Rgba8888, SKEncodedImageFormat.Webp);
        Save("really-a-jpeg.png", 60, 90, SKColorType.Rgba8888, SKEncodedImageFormat.Jpeg);
        Save("transparent.png", 50, 50, SKColorType.Rgba8888, SKEncodedImageFormat.Png, SKColors.Transparent);
        byte[] cat = File.ReadAllBytes(RecipeFolder.Photograph("cat.png"));
        File.WriteAllBytes(_folder.At("album/Kätzchen, schläft.png"), cat);
        File.WriteAllBytes(_folder.At("album/cut.png"), cat[..(cat.Length / 2)]);
        File.WriteAllBytes(_folder.At("album/empty.jpg"), []);
        File.WriteAllText(_folder.At("album/text.png"), "<html>404</html>");
        File.WriteAllBytes(_folder.At("album/holiday.heic"), [0, 0, 0, 24, .. "ftypheic"u8, 0, 0, 0, 0, .. "mif1heic"u8]);
    }

    private void Save(string name, int width, int height, SKColorType type, SKEncodedImageFormat format, SKColor? colour = null)
    {
        using var bitmap = new SKBitmap(width, height, type, type == SKColorType.Gray8 ? SKAlphaType.Opaque : SKAlphaType.Unpremul);
        bitmap.Erase(colour ?? SKColors.Teal);
        using var data = bitmap.Encode(format, 90);
        File.WriteAllBytes(_folder.At($"album/{name}"), data.ToArray());
    }

    // docs/recipes/odd-inputs.md
    internal sealed class Picture
    {
        public string Path { get; set; } = "";
        public float[] Features { get; set; } = [];
        public string Label { get; set; } = "";
        public float[] Score { get; set; } = [];
        public float[] Cosine { get; set; } = [];
    }
    // end
}
