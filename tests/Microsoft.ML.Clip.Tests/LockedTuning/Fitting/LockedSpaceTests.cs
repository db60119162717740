namespace Microsoft.ML.Clip.Tests;

/// <summary>Hidden units beside the features of images, a whitened space, and its length; eng/golden/locked.py has the reference.</summary>
public sealed class LockedSpaceTests : IDisposable
{
    private const int Width = 12, TextWidth = 10, Classes = 6, Images = 600;

    private readonly TemporaryDirectory _directory = new();

    public void Dispose() => _directory.Dispose();

    // In the second kind of images everything is turned round: no linear map names both kinds, each for itself is easy.
    [Fact]
    public void HiddenUnits_TwoKindsOfImagesThatContradictEachOther_AreBothNamed()
    {
        var data = TwoKinds(seed: 1);
        var test = TwoKinds(seed: 2);

        double linear = Accuracy(Fit(data, new()), test), units = Accuracy(Fit(data, new() { ImageHiddenUnits = 256 }), test);

        Assert.True(linear < 0.7, $"linear {linear:P1}");
        Assert.True(units > 0.95, $"with units {units:P1}");
    }

    // Six texts less their mean span five directions: those hold all of them.
    [Theory]
    [InlineData(null)]
    [InlineData(0.5f)]
    public void EmbeddingDimension_AsManyAsTexts_LosesNothing(float? whitening)
    {
        var data = TwoKinds(seed: 1);
        ClipLockedTrainer.Options options = new() { ImageHiddenUnits = 64, ImageWhitening = whitening, EqualTexts = true };
        ClipLockedHead all = Fit(data, options with { EmbeddingDimension = Width + 64 }), few = Fit(data, options with { EmbeddingDimension = Classes });

        Assert.Equal((Width + 64, Classes - 1), (all.EmbeddingDimension, few.EmbeddingDimension));
        float[][] images = [.. data.ImageFeatures], texts = [.. data.TextFeatures];
        double[][] expected = Cosines(all, images, texts), found = Cosines(few, images, texts);
        for (int i = 0; i < images.Length; i++)
        {
            // What is left out says nothing of texts; it only was part of an image's length.
            double factor = expected[i].Zip(found[i], (e, f) => e * f).Sum() / expected[i].Sum(e => e * e);
            Assert.All(expected[i].Zip(found[i]), c => Assert.Equal(c.First * factor, c.Second, 1e-3));
        }
    }

    [Fact]
    public void Fit_HiddenUnits_IsTheSameOnAnyNumberOfThreadsAndAnotherByAnotherSeed()
    {
        var data = TwoKinds(seed: 1);
        ClipLockedTrainer.Options options = new() { ImageHiddenUnits = 64, ImageWhitening = 1, EmbeddingDimension = 8, EqualTexts = true };
        float[] Embed(ClipLockedTrainer.Options of) => Fit(data, of).EmbedImages([data.ImageFeatures[0]])[0];

        Assert.Equal(Embed(options with { NumberOfThreads = 1 }), Embed(options with { NumberOfThreads = 3 }));
        Assert.NotEqual(Embed(options), Embed(options with { Seed = 2 }));
    }

    [Fact]
    public void Save_HiddenUnits_GivesTheSameHeadBack()
    {
        var data = TwoKinds(seed: 1);
        var head = Fit(data, new() { ImageHiddenUnits = 64, ImageWhitening = 1, EmbeddingDimension = 8, EqualTexts = true });
        string path = _directory.Combine("head.safetensors");
        head.Save(path);

        var read = ClipLockedHead.Load(path);

        Assert.Equal(head.EmbedImages([.. data.ImageFeatures]), read.EmbedImages([.. data.ImageFeatures]));
        Assert.Equal(head.EmbedTexts([.. data.TextFeatures]), read.EmbedTexts([.. data.TextFeatures]));
        Assert.Equal(64, read.Image.HiddenWeights!.Columns);
        // Six texts less their mean span no more, whatever was asked for.
        Assert.Equal(Classes - 1, read.EmbeddingDimension);
    }

    [Fact]
    public void Fit_WhatIsNoSetting_IsRefused()
    {
        var data = TwoKinds(seed: 1);

        Assert.Contains("ImageHiddenUnits is -1", Assert.Throws<ArgumentOutOfRangeException>(() => Fit(data, new() { ImageHiddenUnits = -1 })).Message, StringComparison.Ordinal);
        Assert.Throws<ArgumentOutOfRangeException>(() => Fit(data, new() { ImageHiddenUnits = 8193 }));
        Assert.Contains("ImageWhitening is 0", Assert.Throws<ArgumentOutOfRangeException>(() => Fit(data, new() { ImageWhitening = 0 })).Message, StringComparison.Ordinal);
        Assert.Throws<ArgumentOutOfRangeException>(() => Fit(data, new() { ImageWhitening = float.NaN }));
        Assert.Throws<ArgumentOutOfRangeException>(() => Fit(data, new() { LogitScale = 1e-40f }));
        Assert.Throws<ArgumentOutOfRangeException>(() => Fit(data, new() { LogitScale = 3e38f }));
    }

    [Fact]
    public void Report_TooFewToHoldBack_SaysWhy()
    {
        var data = ClipLockedData.OfPairs(TinyHeads.Features(4, 6, 1), TinyHeads.Features(4, 5, 2));
        var trainer = new ClipLockedTrainer();

        trainer.Fit(data);

        Assert.Equal((0, double.NaN), (trainer.Report!.HeldBackImages, trainer.Report.TopOneAccuracy));
        Assert.Contains("0.1 of 4 images", trainer.Report.WhyNoneHeldBack, StringComparison.Ordinal);
        var unasked = new ClipLockedTrainer(new() { HeldBackShare = 0 });
        unasked.Fit(data);
        Assert.Null(unasked.Report!.WhyNoneHeldBack);
    }

    private static ClipLockedHead Fit(ClipLockedData data, ClipLockedTrainer.Options options) => new ClipLockedTrainer(options with
    {
        HeldBackShare = 0,
        ImageRegularization = 0.01f,
        TextRegularization = 0.01f,
    }).Fit(data);

    private static double[][] Cosines(ClipLockedHead head, float[][] images, float[][] texts)
    {
        float[][] embedded = head.EmbedTexts(texts);
        return [.. head.EmbedImages(images).Select(i => embedded.Select(t => (double)ClipSimilarity.Cosine(i, t)).ToArray())];
    }

    private static double Accuracy(ClipLockedHead head, ClipLockedData data) => Cosines(head, [.. data.ImageFeatures], [.. data.TextFeatures]).Index()
        .Count(c => c.Item.Index().MaxBy(v => v.Item).Index == data.Targets[c.Index].Text) / (double)data.ImageFeatures.Count;

    // The first value is the kind; the others are the class's own values, or the same values with another sign, and noise.
    private static ClipLockedData TwoKinds(int seed)
    {
        float[][] own = TinyHeads.Features(Classes, Width - 1, 7), noise = TinyHeads.Features(Images, Width - 1, 100 + seed);
        float[][] images = [.. Enumerable.Range(0, Images).Select(i =>
        {
            float sign = i / Classes % 2 == 0 ? 1 : -1;
            return own[i % Classes].Select((v, c) => (sign * v) + (0.2f * noise[i][c])).Prepend(2 * sign).ToArray();
        })];
        return new()
        {
            ImageFeatures = images,
            TextFeatures = TinyHeads.Features(Classes, TextWidth, 8),
            Targets = [.. Enumerable.Range(0, Images).Select(i => new ClipLockedTarget(i, i % Classes))],
        };
    }
}
