using Microsoft.Extensions.AI;

namespace Microsoft.ML.Clip.Tests;

/// <summary>Models with one encoder have the one generator.</summary>
public sealed class OneTowerTests : IDisposable
{
    private readonly TemporaryDirectory _directory = new();

    public void Dispose() => _directory.Dispose();

    [Fact]
    public void As_WithoutItsEncoder_Throws()
    {
        using var images = ClipModel.Load(Without(_directory, "images", "text_model.onnx"));
        using var texts = ClipModel.Load(Without(_directory, "texts", "vision_model.onnx"));

        Assert.Equal(128, images.AsImageEmbeddingGenerator().GetService<EmbeddingGeneratorMetadata>()?.DefaultModelDimensions);
        Assert.Equal(128, texts.AsTextEmbeddingGenerator().GetService<EmbeddingGeneratorMetadata>()?.DefaultModelDimensions);
        Assert.Contains("no text encoder", Assert.Throws<InvalidOperationException>(() => images.AsTextEmbeddingGenerator()).Message, StringComparison.Ordinal);
        Assert.Contains("no image encoder", Assert.Throws<InvalidOperationException>(() => texts.AsImageEmbeddingGenerator()).Message, StringComparison.Ordinal);
        Assert.Throws<InvalidOperationException>(() => images.AsEmbeddingGenerator());
        Assert.Throws<InvalidOperationException>(() => texts.AsEmbeddingGenerator());
    }

    /// <summary>A copy of the small model that lacks a file.</summary>
    internal static string Without(TemporaryDirectory directory, string name, string missing)
    {
        foreach (string file in Directory.GetFiles(SampleModel.Directory, "*", SearchOption.AllDirectories).Where(f => Path.GetFileName(f) != missing))
        {
            string target = directory.Combine(Path.Combine(name, Path.GetRelativePath(SampleModel.Directory, file)));
            Directory.CreateDirectory(Path.GetDirectoryName(target)!);
            File.Copy(file, target);
        }
        return directory.Combine(name);
    }
}
