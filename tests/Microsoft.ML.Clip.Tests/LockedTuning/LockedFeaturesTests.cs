namespace Microsoft.ML.Clip.Tests;

/// <summary>Features that are computed once.</summary>
public sealed class LockedFeaturesTests : IDisposable
{
    private readonly TemporaryDirectory _directory = new();
    private readonly ClipModel _model;

    public LockedFeaturesTests() => _model = ClipModel.Load(TinyClip.WriteTo(_directory.Combine("clip")));

    private string Cache => _directory.Combine("cache");

    public void Dispose()
    {
        _model.Dispose();
        _directory.Dispose();
    }

    [Fact]
    public void OfTexts_KnownAlready_AreReadAndTheRestIsComputed()
    {
        string[] texts = [.. Enumerable.Range(0, FeatureCache.BlockRows + 5).Select(i => $"a photo of {i}")];
        float[][] expected = _model.EncodeTexts(texts);

        Assert.Equal(expected, ClipLockedFeatures.OfTexts(_model, texts));
        Assert.Equal(expected, ClipLockedFeatures.OfTexts(_model, texts, Cache));
        Assert.Equal(2, Directory.GetFiles(Cache).Length);

        // One block is known, whatever it says; the other is computed again.
        string[] files = [.. Directory.GetFiles(Cache).OrderByDescending(f => new FileInfo(f).Length)];
        byte[] bytes = File.ReadAllBytes(files[0]);
        bytes[^1] ^= 0x80;
        File.WriteAllBytes(files[0], bytes);
        File.WriteAllText(files[1], "no features");
        float[][] again = ClipLockedFeatures.OfTexts(_model, texts, Cache);

        Assert.Equal(-expected[FeatureCache.BlockRows - 1][^1], again[FeatureCache.BlockRows - 1][^1]);
        Assert.Equal(expected[FeatureCache.BlockRows..], again[FeatureCache.BlockRows..]);
    }

    [Fact]
    public void OfTexts_ABlockThatADiskLost_IsComputedAgain()
    {
        float[][] expected = ClipLockedFeatures.OfTexts(_model, ["a photo of a cat"], Cache);
        string file = Assert.Single(Directory.GetFiles(Cache));
        byte[] bytes = File.ReadAllBytes(file);
        Array.Clear(bytes, bytes.Length - (sizeof(float) * expected[0].Length), sizeof(float) * expected[0].Length);
        File.WriteAllBytes(file, bytes);

        Assert.Equal(expected, ClipLockedFeatures.OfTexts(_model, ["a photo of a cat"], Cache));
    }

    [Fact]
    public void OfTexts_WhileAnotherProcessWritesTheSameBlock_WritesItToo()
    {
        float[][] expected = ClipLockedFeatures.OfTexts(_model, ["a photo of a cat"], Cache);
        string file = Assert.Single(Directory.GetFiles(Cache));
        File.Delete(file);
        using (var other = new FileStream(file + ".tmp", FileMode.Create, FileAccess.Write, FileShare.None))
        {
            Assert.Equal(expected, ClipLockedFeatures.OfTexts(_model, ["a photo of a cat"], Cache));
            Assert.True(File.Exists(file + ".tmp"));
        }
        Assert.True(File.Exists(file));
    }

    [Fact]
    public void OfTexts_StoppedMidway_GoesOnFromThere()
    {
        string[] texts = [.. Enumerable.Range(0, 3 * FeatureCache.BlockRows).Select(i => $"a photo of {i}")];
        using var source = new CancellationTokenSource();

        Assert.Throws<OperationCanceledException>(() => ClipLockedFeatures.OfTexts(_model, texts, Cache, new Now(done =>
        {
            if (done > FeatureCache.BlockRows)
            {
                source.Cancel();
            }
        }), source.Token));
        var kept = Directory.GetFiles(Cache).ToDictionary(f => f, File.GetLastWriteTimeUtc);

        Assert.Equal(2, kept.Count);
        Assert.Equal(_model.EncodeTexts(texts), ClipLockedFeatures.OfTexts(_model, texts, Cache));
        Assert.All(kept, f => Assert.Equal(f.Value, File.GetLastWriteTimeUtc(f.Key)));
        Assert.Equal(3, Directory.GetFiles(Cache).Length);
    }

    [Fact]
    public void OfImages_ByContent_AreFoundAgainUnderOtherNames()
    {
        string source = Path.Combine(BuildFacts.RepositoryRoot, "samples", "images", "cat.png");
        string first = _directory.Copy(source, "a.png"), second = _directory.Copy(source, "elsewhere/b.png");

        float[][] features = ClipLockedFeatures.OfImages(_model, [first], Cache);
        Assert.Equal(features, ClipLockedFeatures.OfImages(_model, [second], Cache));
        Assert.Single(Directory.GetFiles(Cache));

        using var other = ClipModel.Load(TinyClip.WriteTo(_directory.Combine("other"), new() { Seed = 2 }));
        Assert.NotEqual(features, ClipLockedFeatures.OfImages(other, [second], Cache));
        var error = Assert.Throws<ClipImageException>(() => ClipLockedFeatures.OfImages(_model, [first, _directory.Combine("none.png")], Cache));
        Assert.Contains("paths[1]", error.Message, StringComparison.Ordinal);
    }

    private sealed class Now(Action<int> report) : IProgress<int>
    {
        public void Report(int value) => report(value);
    }
}
