namespace Microsoft.ML.Clip.Tests;

/// <summary>Every family from its id on a hub: the files that come are enough for what the directory gives, and no more of them than that.</summary>
public sealed class FamilyHubTests : HubFixture
{
    public static TheoryData<string> Bundles => FamilyTests.Bundles;

    [Theory, MemberData(nameof(Bundles))]
    public void FromHub_EveryFamily_EmbedsAsTheDirectoryDoes(string bundle)
    {
        var options = FamilyBundles.All[bundle].Options;
        string folder = FamilyBundles.All[bundle].Write(Directory.Combine("model"));
        var hub = Start(new TestHub(Files(folder)));
        hub.Files["README.md"] = [1, 2, 3];
        string[] pictures = FamilyPictures.Write(Directory);
        string[] texts = [.. FamilyGolden.All[bundle].Texts.Select(t => t.Text)];
        using var expected = ClipModel.Load(folder, options);

        using var clip = Load(hub, model: options);

        // The whole graph, which a hub may send instead of the towers, divides by the norm itself.
        Close(expected.EncodeTexts(texts), clip.EncodeTexts(texts));
        Close(expected.EncodeImages(pictures), clip.EncodeImages(pictures));
        Assert.Equal(expected.ScoreFunction, clip.ScoreFunction);
        Assert.False(Path.Exists(CachePath($"snapshots/{TestHub.Commit}/README.md")));

        void Close(float[][] of, float[][] found) =>
            Tolerances.Close([.. of.SelectMany(e => e)], [.. found.SelectMany(e => e)], Tolerances.FamilyEmbedding, bundle);
    }

    [Theory]
    [InlineData("siglip1-split-and-whole", "model.onnx")]
    [InlineData("siglip2-split-and-whole", "model.onnx")]
    public void FromHub_ScoresThatNeedTheWholeGraph_BringItAlone(string bundle, string file)
    {
        var hub = Start(new TestHub(Files(FamilyBundles.All[bundle].Write(Directory.Combine("model")))));

        using var clip = Load(hub);

        Assert.Equal([file], System.IO.Directory.GetFiles(CachePath($"snapshots/{TestHub.Commit}/onnx")).Select(Path.GetFileName));
        Assert.Equal(FamilyBundles.SiglipBias, clip.LogitBias);
    }

    [Fact]
    public void FromHub_BiasOfTheOptions_LeavesTheTowersTheirFiles()
    {
        var hub = Start(new TestHub(Files(FamilyBundles.All["siglip1-split-and-whole"].Write(Directory.Combine("model")))));

        using var clip = Load(hub, model: new() { LogitScale = 10, LogitBias = -3 });

        Assert.Equal(["text_model.onnx", "vision_model.onnx"],
            System.IO.Directory.GetFiles(CachePath($"snapshots/{TestHub.Commit}/onnx")).Select(Path.GetFileName).Order(StringComparer.Ordinal));
        Assert.Equal((10f, -3f, ClipScoreKind.Sigmoid), (clip.LogitScale, clip.LogitBias, clip.ScoreFunction));
    }

    private static Dictionary<string, byte[]> Files(string folder) => System.IO.Directory.GetFiles(folder, "*", SearchOption.AllDirectories)
        .ToDictionary(f => Path.GetRelativePath(folder, f).Replace('\\', '/'), File.ReadAllBytes);
}
