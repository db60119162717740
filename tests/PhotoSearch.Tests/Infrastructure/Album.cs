using SkiaSharp;

namespace PhotoSearch.Tests;

/// <summary>A folder of photographs and a place for its database, deleted afterwards.</summary>
internal sealed class Album : IDisposable
{
    private readonly TemporaryDirectory _directory = new();

    public Album() => Directory.CreateDirectory(Folder);

    public string Folder => _directory.Combine("photographs");

    public string Data => _directory.Combine("data");

    /// <summary>What lies beside the folder, and must never be seen.</summary>
    public string Outside => Directory.CreateDirectory(_directory.Combine("outside")).FullName;

    /// <summary>A photograph of samples/images; the small model knows "tabby cat", "espresso", "red panda".</summary>
    public static string Sample(string name) => Path.Combine(BuildFacts.RepositoryRoot, "samples", "images", name);

    public string At(string name) => Path.Combine(Folder, name);

    /// <summary>Puts the six photographs of samples/images into the folder.</summary>
    public Album WithSamples()
    {
        foreach (string name in (string[])["bison.jpg", "cat.png", "coffee.png", "dog.jpg", "koala.jpg", "red-panda.jpg"])
        {
            Add(name, File.ReadAllBytes(Sample(name)));
        }
        return this;
    }

    /// <summary>Writes a file, and the folders above it.</summary>
    public string Add(string name, byte[] content)
    {
        Directory.CreateDirectory(Path.GetDirectoryName(At(name))!);
        File.WriteAllBytes(At(name), content);
        return At(name);
    }

    /// <summary>Draws pictures, each unlike the others.</summary>
    public void Draw(int count)
    {
        for (int i = 0; i < count; i++)
        {
            Add($"drawn/{i:0000}.png", TestImages.EncodePng(40 + i % 7, 40 + i % 5, seed: i));
        }
    }

    /// <summary>A photograph of samples/images in another file: smaller, and of another quality.</summary>
    public static byte[] Recompressed(string name, int width, int quality)
    {
        using var bitmap = SKBitmap.Decode(Sample(name));
        using var small = bitmap.Resize(new SKImageInfo(width, bitmap.Height * width / bitmap.Width), SKFilterQuality.High);
        using var data = small.Encode(SKEncodedImageFormat.Jpeg, quality);
        return data.ToArray();
    }

    public void Dispose() => _directory.Dispose();
}
