namespace Microsoft.ML.Clip.Tests;

/// <summary>docs/recipes/search-in-memory.md: pictures in memory, found by words and by a picture.</summary>
public sealed class SearchInMemoryRecipe : IDisposable
{
    private readonly RecipeFolder _folder = new();

    public void Dispose() => _folder.Dispose();

    [Fact]
    public void Runs()
    {
        string modelDirectory = RecipeFolder.TinyClip;
        _folder.DrawClasses("pictures", 140, "red", "blue");
        foreach (string photograph in (string[])["cat.png", "coffee.png"])
        {
            File.Copy(RecipeFolder.Photograph(photograph), At($"pictures/{photograph}"));
        }

        // docs/recipes/search-in-memory.md
        using var clip = ClipModel.Load(modelDirectory);
        string[] files = Directory.GetFiles(At("pictures"), "*.png", SearchOption.AllDirectories);

        // 1,024 bytes a picture with ViT-B/32; Single takes twice as much and is exact to the last bit, Int8 half as much.
        var index = new ClipSearchIndex(clip.EmbeddingDimension, ClipSearchStorage.Half);
        float[] embeddings = new float[256 * clip.EmbeddingDimension];
        foreach (string[] some in files.Chunk(256))
        {
            var rows = embeddings.AsSpan(0, some.Length * clip.EmbeddingDimension);
            clip.EncodeImages([.. some], rows);
            index.Add(rows);                                                  // copied: the array can be used again
        }

        foreach (var match in index.Search(clip.EncodeText("a photo of a tabby cat."), count: 5))
        {
            Console.WriteLine($"{match.Cosine:F3} {files[match.Index]}");
        }
        var likeThis = index.Search(clip.EncodeImage(At("pictures/coffee.png")), count: 5);

        // Many searches at once share one reading of memory.
        string[] words = ["a cup of coffee.", "a red circle.", "a blue circle."];
        float[] queries = [.. clip.EncodeTexts(words).SelectMany(row => row)];
        var found = index.SearchBatch(queries, count: 3);
        // end

        Assert.Equal(282, index.Count);
        Assert.Equal("coffee.png", Path.GetFileName(files[likeThis[0].Index]));
        Assert.Equal(1, likeThis[0].Cosine, 1e-3f);
        Assert.All(found, matches => Assert.Equal(3, matches.Count));
        Assert.Equal("cat.png", Path.GetFileName(files[index.Search(clip.EncodeText("a photo of a tabby cat."), count: 1)[0].Index]));
    }

    private string At(string relativePath) => _folder.At(relativePath);
}
