namespace Microsoft.ML.Clip.Tests;

/// <summary>Where nothing can be learned, or numbers leave float32: an error, and no head that maps everything to zeros or to NaN.</summary>
public sealed class LockedLimitsTests
{
    private const int Images = 60, Texts = 6;

    public static TheoryData<string, string> Degenerate => new()
    {
        { "huge images", "ImageFeatures[0] has" },
        { "tiny images", "ImageFeatures[0] has" },
        { "tiny texts", "TextFeatures[0] has" },
        { "one direction of images", "ImageFeatures point all in one direction" },
        { "one direction of texts", "TextFeatures point all in one direction" },
        { "one class with synonyms", "have the same texts" },
        { "one class that counts", "have the same texts" },
        { "image weight", "ImageWeights[0] is 3E+38" },
        { "target weight", "weight 3E+38" },
    };

    [Theory, MemberData(nameof(Degenerate))]
    public void Fit_WhereNothingCanBeLearned_SaysSo(string what, string expected)
    {
        var data = Data();
        data = what switch
        {
            "huge images" => data with { ImageFeatures = Scaled(data.ImageFeatures, 1e30f) },
            "tiny images" => data with { ImageFeatures = Scaled(data.ImageFeatures, 1e-30f) },
            "tiny texts" => data with { TextFeatures = Scaled(data.TextFeatures, 1e-30f) },
            "one direction of images" => data with { ImageFeatures = [.. Enumerable.Range(1, Images).Select(i => new[] { 1f * i, 2f * i, 3f * i })] },
            "one direction of texts" => data with { TextFeatures = [.. Enumerable.Range(1, Texts).Select(i => new[] { 1f * i, 2f * i, 3f * i })] },
            "one class with synonyms" => data with
            {
                Targets = [.. Enumerable.Range(0, Images).SelectMany(i => (ClipLockedTarget[])[new(i, 0), new(i, 1, 0.5f)])]
            },
            "one class that counts" => data with { ImageWeights = [.. Enumerable.Range(0, Images).Select(i => i % Texts == 0 ? 1f : 0)] },
            "image weight" => data with { ImageWeights = [.. Enumerable.Repeat(3e38f, Images)] },
            _ => data with { Targets = [.. data.Targets.Select(t => t with { Weight = 3e38f })] },
        };

        foreach (var method in Enum.GetValues<ClipLockedMethod>())
        {
            var error = Assert.ThrowsAny<ArgumentException>(() => new ClipLockedTrainer(new() { Method = method, NumberOfEpochs = 1 }).Fit(data));
            Assert.Contains(expected, error.Message, StringComparison.Ordinal);
        }
    }

    public static TheoryData<ClipLockedHeadKind, float, float, int> Steps => new()
    {
        { ClipLockedHeadKind.Linear, 3e38f, 0.1f, 64 },
        { ClipLockedHeadKind.Linear, 1e20f, 0.1f, 64 },
        { ClipLockedHeadKind.Linear, 1e20f, 0.1f, 8 },
        { ClipLockedHeadKind.Linear, 1e-3f, 3e38f, 64 },
        { ClipLockedHeadKind.Mlp, 1e20f, 0.1f, 64 },
    };

    // The loss of the only step is that of the weights before it: what came of the step has to be looked at, too.
    [Theory, MemberData(nameof(Steps))]
    public void Fit_StepsThatAreTooLong_SaysSoAndReportsNothing(ClipLockedHeadKind kind, float rate, float decay, int batch)
    {
        var trainer = new ClipLockedTrainer(new()
        {
            Method = ClipLockedMethod.Contrastive,
            ImageHead = kind,
            TextHead = kind,
            LearningRate = rate,
            WeightDecay = decay,
            BatchSize = batch,
            NumberOfEpochs = 1
        });

        Assert.Contains("smaller LearningRate", Assert.Throws<InvalidOperationException>(() => trainer.Fit(Data())).Message, StringComparison.Ordinal);
        Assert.Null(trainer.Report);
    }

    [Fact]
    public void Fit_NoBatchWithTwoTexts_SaysSo()
    {
        // The second text is as good as never drawn.
        var data = Data() with
        {
            ImageFeatures = TinyHeads.Features(2, 8, 1),
            Targets = [new(0, 0, 1e15f), new(0, 1, 1e-15f), new(1, 0)]
        };

        var error = Assert.Throws<InvalidOperationException>(() =>
            new ClipLockedTrainer(new() { Method = ClipLockedMethod.Contrastive, NumberOfEpochs = 2, HeldBackShare = 0 }).Fit(data));
        Assert.Contains("two different texts", error.Message, StringComparison.Ordinal);
    }

    [Fact]
    public void Fit_ChoicesThatLeaveFloat32_AreRefusedByName()
    {
        foreach (var (options, expected) in (IEnumerable<(ClipLockedTrainer.Options, string)>)
            [(new() { Sharpness = 10_001 }, "Sharpness is 10001; expected a number above 0, at most 10,000"), (new() { ClassWeightPower = 1000 }, "ClassWeightPower is 1000"),
                (new() { ClassWeightPower = -1000 }, "ClassWeightPower is -1000")])
        {
            var error = Assert.Throws<ArgumentOutOfRangeException>(() => new ClipLockedTrainer(options).Fit(Data()));
            Assert.Contains(expected, error.Message, StringComparison.Ordinal);
        }
        var vanished = Assert.Throws<InvalidOperationException>(() =>
            new ClipLockedTrainer(new() { Method = ClipLockedMethod.Bilinear, TextRegularization = 3e38f }).Fit(Data()));
        Assert.Contains("nothing but zeros", vanished.Message, StringComparison.Ordinal);
    }

    [Fact]
    public void Fit_SharpestKernel_CanBeSavedAndLoaded()
    {
        using var directory = new TemporaryDirectory();
        string path = directory.Combine("head.safetensors");
        var head = new ClipLockedTrainer(new() { Sharpness = 10_000 }).Fit(Data());
        head.Save(path);

        Assert.Equal(head.EmbedTexts(Data().TextFeatures), ClipLockedHead.Load(path).EmbedTexts(Data().TextFeatures));
    }

    // A head that tells nothing apart is as good as the first name for all.
    [Fact]
    public void Measure_CosinesThatAreAllAlike_AreRightOnlyByChance()
    {
        IReadOnlyList<IReadOnlyList<int>> own = [.. Enumerable.Range(0, 20).Select(i => (int[])[i % 10])];

        var report = LogitScaleFit.Fit(new FloatMatrix(20, 4), new FloatMatrix(10, 4), own, 1);

        Assert.Equal((0.1, 0.5), (report.TopOneAccuracy, report.TopFiveAccuracy));
    }

    private static ClipLockedData Data() => new()
    {
        ImageFeatures = TinyHeads.Features(Images, 8, 1),
        TextFeatures = TinyHeads.Features(Texts, 5, 2),
        Targets = [.. Enumerable.Range(0, Images).Select(i => new ClipLockedTarget(i, i % Texts))]
    };

    private static float[][] Scaled(IEnumerable<float[]> rows, float factor) => [.. rows.Select(r => r.Select(v => v * factor).ToArray())];
}
