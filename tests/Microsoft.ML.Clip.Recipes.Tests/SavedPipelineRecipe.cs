namespace Microsoft.ML.Clip.Tests;

/// <summary>docs/recipes/saved-pipelines.md: what is in the zip.</summary>
public sealed class SavedPipelineRecipe : IDisposable
{
    private readonly RecipeFolder _folder = new();

    public void Dispose() => _folder.Dispose();

    [Fact]
    public void Runs()
    {
        string modelDirectory = _folder.At("model");
        foreach (string file in Directory.GetFiles(RecipeFolder.TinyClip, "*", SearchOption.AllDirectories))
        {
            string copy = Path.Combine(modelDirectory, Path.GetRelativePath(RecipeFolder.TinyClip, file));
            Directory.CreateDirectory(Path.GetDirectoryName(copy)!);
            File.Copy(file, copy);
        }
        var ml = new MLContext(seed: 1);
        var photographs = ml.Data.LoadFromEnumerable([new { Path = RecipeFolder.Photograph("cat.png") }]);
        string[] labels = ["tabby cat", "espresso"];

        // docs/recipes/saved-pipelines.md
        using (var clip = ClipModel.Load(modelDirectory))
        {
            var pipeline = ml.Transforms.ClipImageEmbedding("Features", "Path", clip)
                .Append(ml.Transforms.ClipZeroShotClassification("Features", clip, labels));
            ml.Model.Save(pipeline.Fit(photographs), photographs.Schema, At("whole.zip"));          // carries the image encoder
        }

        using (var clip = ClipModel.Load(modelDirectory, new() { Storage = ClipModelStorage.Reference }))
        {
            var pipeline = ml.Transforms.ClipImageEmbedding("Features", "Path", clip)
                .Append(ml.Transforms.ClipZeroShotClassification("Features", clip, labels));
            ml.Model.Save(pipeline.Fit(photographs), photographs.Schema, At("light.zip"));          // a few kilobytes: names the directory
        }

        var other = new MLContext();
        var whole = other.Model.Load(At("whole.zip"), out _);
        other.Model.AllowClipModelDirectory(modelDirectory);                                    // a zip alone may not name directories
        var light = other.Model.Load(At("light.zip"), out _);
        // end

        Assert.InRange(new FileInfo(_folder.At("light.zip")).Length, 1, 200_000);
        Assert.InRange(new FileInfo(_folder.At("whole.zip")).Length, 1_000_000, long.MaxValue);
        Assert.Equal(Scores(whole), Scores(light));
        (light as IDisposable)?.Dispose();

        Directory.Delete(modelDirectory, recursive: true);
        Assert.Equal(2, Scores(other.Model.Load(_folder.At("whole.zip"), out _)).Length);
        Assert.ThrowsAny<Exception>(() => Scores(other.Model.Load(_folder.At("light.zip"), out _)));

        float[] Scores(ITransformer model) => other.Data.CreateEnumerable<Row>(model.Transform(photographs), reuseRowObject: false).Single().Score;
    }

    private string At(string path) => _folder.At(path);

    private sealed class Row
    {
        public float[] Score { get; set; } = [];
    }
}
