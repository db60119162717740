using Microsoft.ML.Data;

namespace Microsoft.ML.Clip.Tests;

/// <summary>The model used directly: lists in, arrays out, by many threads, until it is disposed.</summary>
public sealed class ClipModelTests(StepFixture fixture) : IClassFixture<StepFixture>
{
    [Fact]
    public void EncodeImages_ListLongerThanABatch_KeepsTheOrder()
    {
        MLImage[] images = [.. fixture.Rows.Select(r => r.Image)];
        using var one = ClipModel.Load(fixture.ModelDirectory, new() { BatchSize = 1 });
        using var seven = ClipModel.Load(fixture.ModelDirectory, new() { BatchSize = 7 });

        float[][] expected = one.EncodeImages(images), actual = seven.EncodeImages(images);

        Assert.Equal(images.Length, actual.Length);
        for (int i = 0; i < images.Length; i++)
        {
            Tolerances.Close(expected[i], actual[i], Tolerances.BatchSize, $"image {i}");
        }
        Assert.Empty(seven.EncodeImages([]));
        Assert.Empty(seven.EncodeTexts([]));
    }

    [Fact]
    public void EncodeTexts_Normalize_GivesUnitLength()
    {
        float[] unit = fixture.Model.EncodeTexts(["a photo of a cat"])[0], raw = fixture.Model.EncodeTexts(["a photo of a cat"], normalize: false)[0];

        double norm = Math.Sqrt(raw.Sum(v => (double)v * v));
        Assert.Equal(1, unit.Sum(v => (double)v * v), 1e-6);
        Assert.All(unit.Zip(raw), p => Assert.Equal(p.Second / norm, p.First, 1e-6));
    }

    [Fact]
    public void EncodeTexts_WithTokenCounts_GivesWhatTheTokenizerSays()
    {
        // More than are in memory at a time, some of them twice, one of nothing and one that is cut.
        string[] texts =
        [
            .. Enumerable.Range(0, 1500).Select(i => string.Join(' ', Enumerable.Repeat("cat", i % 40))),
            "",
            string.Join(' ', Enumerable.Repeat("dog", 500)),
        ];
        int[] counts = new int[texts.Length], row = new int[fixture.Model.ContextLength];

        float[][] embeddings = fixture.Model.EncodeTexts(texts, counts);

        Assert.Equal(fixture.Model.EncodeTexts(texts), embeddings);
        Assert.Equal(texts.Select(t => fixture.Model.Tokenizer.EncodeToContext(t, row, out _)), counts);
        Assert.Equal((2, fixture.Model.ContextLength), (counts[^2], counts[^1]));
        Assert.Throws<ArgumentException>(() => fixture.Model.EncodeTexts(texts, counts.AsMemory(1)));
        Assert.Empty(fixture.Model.EncodeTexts([], Memory<int>.Empty));
    }

    [Fact]
    public void Encode_NullsAmongTheItems_GiveTheIndex()
    {
        Assert.Contains("texts[1] is null", Assert.Throws<ArgumentException>(() => fixture.Model.EncodeTexts(["a", null!])).Message, StringComparison.Ordinal);
        Assert.Contains("images[0] is null", Assert.Throws<ArgumentException>(() => fixture.Model.EncodeImages([null!])).Message, StringComparison.Ordinal);
        Assert.Throws<ArgumentNullException>(() => fixture.Model.EncodeTexts(null!));
        Assert.Throws<ArgumentNullException>(() => fixture.Model.EncodeImages(null!));
    }

    [Fact]
    public async Task Encode_ManyThreadsAtOnce_GiveTheSame()
    {
        using var clip = ClipModel.Load(fixture.ModelDirectory);
        string[] texts = [.. Enumerable.Range(0, 50).Select(i => $"a photo of {i} dogs")];
        MLImage[] images = [.. fixture.Rows.Select(r => r.Image)];
        // The first calls open the sessions: that, too, happens at once.
        var results = await Task.WhenAll(Enumerable.Range(0, 8).Select(_ => Task.Run(() => (clip.EncodeTexts(texts), clip.EncodeImages(images)))));

        Assert.All(results, r => Assert.Equal(results[0].Item1, r.Item1));
        Assert.All(results, r => Assert.Equal(results[0].Item2, r.Item2));
    }

    [Fact]
    public void Dispose_ModelThatAPipelineUses_StopsTheModelAndNotThePipeline()
    {
        var clip = ClipModel.Load(fixture.ModelDirectory);
        var transformer = fixture.Create("Image Path", model: clip).Fit(fixture.Data);

        clip.Dispose();
        clip.Dispose();

        Assert.Throws<ObjectDisposedException>(() => clip.EncodeTexts(["a cat"]));
        Assert.Equal(StepFixture.RowCount, fixture.Run(transformer, "Image Path").Length);
        ((IDisposable)transformer).Dispose();
    }

    [Fact]
    public async Task Dispose_WhileCallsRun_LetsThemFinish()
    {
        var clip = ClipModel.Load(fixture.ModelDirectory, new() { BatchSize = 1 });
        string[] texts = [.. Enumerable.Range(0, 200).Select(i => $"text {i}")];
        using var started = new CountdownEvent(4);
        var calls = Enumerable.Range(0, 4).Select(_ => Task.Run(() =>
        {
            started.Signal();
            try
            {
                return clip.EncodeTexts(texts).Length;
            }
            catch (ObjectDisposedException)
            {
                return texts.Length; // The model was gone before this call began.
            }
        })).ToArray();
        started.Wait(TestContext.Current.CancellationToken);

        clip.Dispose();

        Assert.All(await Task.WhenAll(calls), n => Assert.Equal(texts.Length, n));
    }

    [Theory]
    [InlineData(0)]
    [InlineData(-1)]
    public void Load_BatchSizeOutOfRange_Throws(int batchSize) =>
        Assert.Throws<ArgumentOutOfRangeException>(() => ClipModel.Load(fixture.ModelDirectory, new() { BatchSize = batchSize }));
}
