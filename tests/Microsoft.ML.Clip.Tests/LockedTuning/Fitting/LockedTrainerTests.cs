namespace Microsoft.ML.Clip.Tests;

/// <summary>The trainer: what it recovers, what it measures, what it refuses.</summary>
public sealed class LockedTrainerTests
{
    private const int Classes = 20, PerClass = 15, ImageWidth = 24, TextWidth = 16;

    public static TheoryData<ClipLockedMethod> Methods => new(Enum.GetValues<ClipLockedMethod>());

    // Images are a linear map of what their texts mean, and noise: whoever finds the map names images that were held back.
    [Theory, MemberData(nameof(Methods))]
    public void Fit_KnownLinearRelation_IsRecovered(ClipLockedMethod method)
    {
        var data = Linear(noise: 0.05f);
        var trainer = new ClipLockedTrainer(new()
        {
            Method = method,
            ImageRegularization = 0.01f,
            TextRegularization = 0.01f,
            HeldBackShare = 0.2,
            NumberOfEpochs = 40,
            BatchSize = 64,
            LearningRate = 5e-3f
        });

        var head = trainer.Fit(data);

        var report = trainer.Report!;
        Assert.Equal((Classes * PerClass / 5, Classes), (report.HeldBackImages, report.Candidates));
        Assert.True(report.TopOneAccuracy >= 0.95, $"{report}");
        Assert.True(report.TopFiveAccuracy >= report.TopOneAccuracy);
        Assert.Equal(report.LogitScale, head.LogitScale);
        Assert.True(report.NegativeLogLikelihood < Math.Log(Classes) / 2, $"{report}");
        Assert.Equal(method == ClipLockedMethod.Contrastive ? 40 : 0, report.Losses.Count);
        Assert.Equal(method == ClipLockedMethod.Kernel ? Classes : 0, report.Anchors);
    }

    // Without noise the map itself is found: new names, which nothing was learned from, are told apart.
    [Theory]
    [InlineData(ClipLockedMethod.Ridge)]
    [InlineData(ClipLockedMethod.Bilinear)]
    public void Fit_LinearRelationWithoutNoise_NamesWhatWasNeverSeen(ClipLockedMethod method)
    {
        var data = Linear(noise: 0, classes: 60);
        int seen = 50 * PerClass;
        var training = data with
        {
            ImageFeatures = [.. data.ImageFeatures.Take(seen)],
            TextFeatures = [.. data.TextFeatures.Take(50)],
            Targets = [.. data.Targets.Take(seen)]
        };

        var head = new ClipLockedTrainer(new() { Method = method, ImageRegularization = 1e-4f, TextRegularization = 1e-4f, HeldBackShare = 0 }).Fit(training);

        float[][] images = head.EmbedImages([.. data.ImageFeatures.Skip(seen)]), texts = head.EmbedTexts([.. data.TextFeatures.Skip(50)]);
        int right = images.Index().Count(i => texts.Index().MaxBy(t => ClipSimilarity.Cosine(i.Item, t.Item)).Index == i.Index / PerClass);
        Assert.True(right >= 0.9 * images.Length, $"{right} of {images.Length}");
    }

    // What it is for: how much is said of a text, or how many images it has, does not move the others.
    [Theory]
    [InlineData(ClipLockedMethod.Bilinear)]
    [InlineData(ClipLockedMethod.Kernel)]
    public void EqualTexts_HoweverMuchATextCounts_GivesTheSameHead(ClipLockedMethod method)
    {
        var data = Linear(noise: 0.2f);
        var heavy = data with { Targets = [.. data.Targets.Select(t => t.Text % 3 == 0 ? t with { Weight = 50 } : t)] };
        ClipLockedHead Fit(ClipLockedData of, bool equal) =>
            new ClipLockedTrainer(new() { Method = method, EqualTexts = equal, TextRegularization = 0.3f, HeldBackShare = 0 }).Fit(of);

        float[][] texts = [.. data.TextFeatures];
        float[][] equal = Fit(data, true).EmbedTexts(texts), equalHeavy = Fit(heavy, true).EmbedTexts(texts);
        float[][] usual = Fit(data, false).EmbedTexts(texts), usualHeavy = Fit(heavy, false).EmbedTexts(texts);

        Assert.True(Farthest(equal, equalHeavy) < 1e-4, $"{Farthest(equal, equalHeavy)}");
        Assert.True(Farthest(usual, usualHeavy) > 0.01, $"{Farthest(usual, usualHeavy)}");

        static double Farthest(float[][] a, float[][] b) => a.Zip(b).Max(p => 1 - ClipSimilarity.Cosine(p.First, p.Second));
    }

    // With next to no regularisation, each text of the training lies where the images say, alike or not.
    [Fact]
    public void EqualTexts_WithoutRegularisationOfTexts_ChangesNoTextOfTheTraining()
    {
        var data = Linear(noise: 0.2f);
        float[][] texts = [.. data.TextFeatures];
        float[][] Embed(bool equal) =>
            new ClipLockedTrainer(new() { EqualTexts = equal, TextRegularization = 1e-5f, HeldBackShare = 0 }).Fit(data).EmbedTexts(texts);

        Assert.All(Embed(true).Zip(Embed(false)), p => Assert.Equal(1, ClipSimilarity.Cosine(p.First, p.Second), 2e-3));
    }

    [Fact]
    public void Fit_FromAClosedForm_GoesOnFromIt()
    {
        var data = Linear(noise: 0.3f);
        var start = new ClipLockedTrainer(new() { HeldBackShare = 0 }).Fit(data);
        var trainer = new ClipLockedTrainer(new()
        {
            Method = ClipLockedMethod.Contrastive,
            StartFrom = start,
            NumberOfEpochs = 5,
            TextHead = ClipLockedHeadKind.Mlp,
            HiddenUnits = 8
        });

        var head = trainer.Fit(data);

        Assert.Null(head.Image.Weights);
        Assert.Equal(start.Text.Anchors!.ToArray(), head.Text.Anchors!.ToArray());
        Assert.NotNull(head.Text.HiddenOutput);
        Assert.True(trainer.Report!.Losses[^1] < trainer.Report.Losses[0]);
    }

    [Theory, MemberData(nameof(Methods))]
    public void Fit_OnAnyNumberOfThreads_GivesTheSameHead(ClipLockedMethod method)
    {
        var data = Linear(noise: 0.2f);
        ClipLockedHead Fit(int threads, int seed) =>
            new ClipLockedTrainer(new()
            {
                Method = method,
                NumberOfThreads = threads,
                Seed = seed,
                NumberOfEpochs = 2,
                BatchSize = 50,
                ImageHead = ClipLockedHeadKind.Mlp,
                HiddenUnits = 40,
                EmbeddingDimension = 70
            }).Fit(data);

        float[][] one = Fit(1, 3).EmbedTexts(data.TextFeatures);

        Assert.Equal(one, Fit(2, 3).EmbedTexts(data.TextFeatures));
        Assert.Equal(one, Fit(5, 3).EmbedTexts(data.TextFeatures));
        if (method == ClipLockedMethod.Contrastive)
        {
            Assert.NotEqual(one, Fit(1, 4).EmbedTexts(data.TextFeatures));
        }
    }

    // Large systems are solved in float32, small ones in float64.
    [Fact]
    public void Solve_ByBlocks_GivesWhatFloat64Gives()
    {
        var kernel = HeadSide.Kernel(Unit(200, 12, 1), Unit(200, 12, 1), 8, 1);
        for (int i = 0; i < 200; i++)
        {
            kernel[i][i] += 1;
        }
        var right = FloatMatrix.Of(TinyTowers.Draw(200 * 37, 2), 200);

        double[] exact = PositiveSystem.Solve(kernel.Copy(), right, 1, default), blocks = PositiveSystem.Solve(kernel.Copy(), right, 2, default, mostExact: 0);

        Assert.All(exact.Zip(blocks), p => Assert.Equal(p.First, p.Second, 1e-5));
        static FloatMatrix Unit(int rows, int columns, int seed)
        {
            var matrix = FloatMatrix.Of(TinyTowers.Draw(rows * columns, seed), rows);
            matrix.NormalizeRows(1);
            return matrix;
        }
    }

    [Theory]
    [InlineData(false, false)]
    [InlineData(true, false)]
    [InlineData(false, true)]
    public void Product_AnyShape_IsTheSumOfProducts(bool transposeA, bool transposeB)
    {
        const int M = 70, K = 530, N = 43;
        float[] a = TinyTowers.Draw(M * K, 1), b = TinyTowers.Draw(K * N, 2);
        float A(int m, int k) => a[transposeA ? (k * M) + m : (m * K) + k];
        float B(int k, int n) => b[transposeB ? (n * K) + k : (k * N) + n];

        var found = FloatMatrix.Product(FloatMatrix.Of(a, transposeA ? K : M), FloatMatrix.Of(b, transposeB ? N : K), 3, transposeA, transposeB);

        for (int m = 0; m < M; m++)
        {
            for (int n = 0; n < N; n++)
            {
                Assert.Equal(Enumerable.Range(0, K).Sum(k => (double)A(m, k) * B(k, n)), found[m][n], 1e-4);
            }
        }
    }

    // Where probabilities are what frequencies are, the likelihood is best at the factor that made them.
    [Fact]
    public void FitLogitScale_OnDrawnLabels_FindsTheScaleThatDrewThem()
    {
        var random = new Random(5);
        float[][] images = [.. TinyHeads.Features(4000, 6, 1).Select(TinyTowers.Unit)], texts = [.. TinyHeads.Features(8, 6, 2).Select(TinyTowers.Unit)];
        int[] labels = [.. images.Select(image =>
        {
            double[] weights = [.. texts.Select(t => Math.Exp(6 * ClipSimilarity.Cosine(image, t)))];
            double place = random.NextDouble() * weights.Sum();
            return Array.FindIndex(weights, w => (place -= w) < 0);
        })];

        Assert.InRange(ClipLockedTrainer.FitLogitScale(images, texts, labels), 5.4f, 6.6f);
        Assert.Throws<ArgumentException>(() => ClipLockedTrainer.FitLogitScale(images, texts, labels[..5]));
        Assert.Contains("texts[0] is 8", Assert.Throws<ArgumentException>(() => ClipLockedTrainer.FitLogitScale(images[..1], texts, [8])).Message, StringComparison.Ordinal);
    }

    [Fact]
    public void OfPairs_EqualTexts_AreOneText()
    {
        var data = ClipLockedData.OfPairs(TinyHeads.Features(4, 3, 1), [[1, 2], [3, 4], [1, 2], [5, 6]]);

        Assert.Equal(3, data.TextFeatures.Count);
        Assert.Equal([0, 1, 0, 2], data.Targets.Select(t => t.Text));

        int calls = 0;
        data = ClipLockedData.OfPairs(TinyHeads.Features(3, 3, 1), ["a cat", "a dog", "a cat"], texts => { calls++; Assert.Equal(["a cat", "a dog"], texts); return [[1, 2], [3, 4]]; });
        Assert.Equal(1, calls);
        Assert.Equal([0, 1, 0], data.Targets.Select(t => t.Text));
    }

    [Fact]
    public void OfClasses_NamesSynonymsAndGlosses_AreTextsWithWeights()
    {
        ClipLockedClass[] names =
        [
            new("cat") { Others = [new("kitty", 0.5f), new("animal", 2), new("feline mammal", 0.25f, IsSentence: true), new("cat", 0.1f)] },
            new("dog") { Others = [new("animal", 2)] },
        ];
        List<string> encoded = [];
        var data = ClipLockedData.OfClasses(TinyHeads.Features(3, 3, 1), [1, 0, 1], names, texts =>
        {
            encoded.AddRange(texts);
            return [.. texts.Select((_, i) => new[] { 1f + i, 1 })];
        }, ["a {}.", "the {}!"]);

        Assert.Equal(["a cat.", "the cat!", "a kitty.", "the kitty!", "a animal.", "the animal!", "feline mammal", "a dog.", "the dog!"], encoded);
        Assert.Equal([new(0, 4, 1), new(0, 2, 2), new(1, 0, 1), new(1, 1, 0.5f), new(1, 2, 2), new(1, 3, 0.25f), new(2, 4, 1), new(2, 2, 2)], data.Targets);
        Assert.Equal([0, 4], data.Candidates);
        // The mean of the sentences' unit features.
        float[] first = TinyTowers.Unit([1, 1]), second = TinyTowers.Unit([2, 1]);
        Tolerances.Close([(first[0] + second[0]) / 2, (first[1] + second[1]) / 2], data.TextFeatures[0], 1e-6f);
        Assert.Equal([7f, 1f], data.TextFeatures[3]);
    }

    public static TheoryData<string, string> Mistakes => new()
    {
        { "counts", "There are 3 images, but textFeatures has 2" },
        { "classes", "There are 3 images, but classes has 2" },
        { "nan", "ImageFeatures[1][0] is NaN" },
        { "widths", "TextFeatures[1] has 3 values; expected 2" },
        { "one class", "All images have the same text" },
        { "no targets", "No image has a text" },
        { "empty caption", "captions[1] is an empty text" },
        { "empty name", "names[1].Name is an empty text" },
        { "empty synonym", "names[0].Others[0] is an empty text" },
        { "no synonyms", "names[0].Others is null" },
        { "no such class", "classes[2] is 5" },
        { "template", "'a photo' has not" },
        { "encoder", "gave 1 rows for 2 texts" },
        { "target", "Targets[1] is image 9" },
        { "weights", "ImageWeights has 1 values for 3 images" },
        { "weight", "ImageWeights[2] is -1" },
        { "candidate", "Candidates has 7" },
    };

    [Theory, MemberData(nameof(Mistakes))]
    public void Fit_WhatDoesNotFitTogether_IsRefusedWithWhatWasExpectedAndFound(string mistake, string expected)
    {
        float[][] images = [[1, 2], [3, 4], [5, -6]], texts = [[1, 0], [0, 1], [1, 1]];
        ClipLockedData Pairs() => ClipLockedData.OfPairs(images, texts);
        ClipLockedData Of(int[] classes, params ClipLockedClass[] names) =>
            ClipLockedData.OfClasses(images, classes, names, all => [.. all.Select((_, i) => new[] { 1f, i })]);
        Func<ClipLockedData> make = mistake switch
        {
            "counts" => () => ClipLockedData.OfPairs(images, texts[..2]),
            "classes" => () => Of([0, 1], new("a"), new("b")),
            "nan" => () => ClipLockedData.OfPairs([images[0], [float.NaN, 1], images[2]], texts),
            "widths" => () => ClipLockedData.OfPairs(images, [texts[0], [1, 2, 3], texts[2]]),
            "one class" => () => Of([0, 0, 0], new ClipLockedClass("a")),
            "no targets" => () => Pairs() with { Targets = [] },
            "empty caption" => () => ClipLockedData.OfPairs(images, ["a", " ", "c"], all => texts),
            "empty name" => () => Of([0, 1, 1], new("a"), new("")),
            "empty synonym" => () => Of([0, 1, 1], new ClipLockedClass("a") { Others = [new("")] }, new("b")),
            "no synonyms" => () => Of([0, 1, 1], new ClipLockedClass("a") { Others = null! }, new("b")),
            "no such class" => () => Of([0, 1, 5], new("a"), new("b")),
            "template" => () => ClipLockedData.OfClasses(images, [0, 1, 1], [new("a"), new("b")], all => texts, ["a photo"]),
            "encoder" => () => ClipLockedData.OfPairs(images, ["a", "b", "a"], all => texts[..1]),
            "target" => () => Pairs() with { Targets = [new(0, 0), new(9, 1)] },
            "weights" => () => Pairs() with { ImageWeights = [1] },
            "weight" => () => Pairs() with { ImageWeights = [1, 1, -1] },
            _ => () => Pairs() with { Candidates = [0, 7] },
        };

        var error = Assert.ThrowsAny<ArgumentException>(() => new ClipLockedTrainer().Fit(make()));
        Assert.Contains(expected, error.Message, StringComparison.Ordinal);
    }

    [Fact]
    public void Fit_OptionsOutOfRangeOrCancelled_Throws()
    {
        var data = Linear(0.1f);
        static ClipLockedTrainer With(ClipLockedTrainer.Options options) => new(options);
        Assert.Throws<ArgumentOutOfRangeException>(() => With(new() { ImageRegularization = 0 }).Fit(data));
        Assert.Throws<ArgumentOutOfRangeException>(() => With(new() { HeldBackShare = 1 }).Fit(data));
        Assert.Throws<ArgumentOutOfRangeException>(() => With(new() { Method = (ClipLockedMethod)9 }).Fit(data));
        Assert.Throws<ArgumentOutOfRangeException>(() => With(new() { Sharpness = float.NaN }).Fit(data));
        Assert.Throws<ArgumentOutOfRangeException>(() => With(new() { BatchSize = 1 }).Fit(data));
        Assert.Contains("both None", Assert.Throws<ArgumentException>(() =>
            With(new() { Method = ClipLockedMethod.Contrastive, ImageHead = 0, TextHead = 0 }).Fit(data)).Message, StringComparison.Ordinal);
        Assert.Contains("gives 24", Assert.Throws<ArgumentException>(() =>
            With(new() { Method = ClipLockedMethod.Contrastive, ImageHead = 0, EmbeddingDimension = 5 }).Fit(data)).Message, StringComparison.Ordinal);
        using var source = new CancellationTokenSource();
        source.Cancel();
        foreach (var method in Enum.GetValues<ClipLockedMethod>())
        {
            Assert.Throws<OperationCanceledException>(() => With(new() { Method = method }).Fit(data, source.Token));
        }
    }

    /// <summary>Texts drawn at random, and images that are a fixed linear map of them, and noise.</summary>
    private static ClipLockedData Linear(float noise, int classes = Classes)
    {
        float[][] texts = TinyHeads.Features(classes, TextWidth, 1);
        float[] map = TinyTowers.Draw(TextWidth * ImageWidth, 2), all = TinyTowers.Draw(classes * PerClass * ImageWidth, 3);
        float[][] images = new float[classes * PerClass][];
        for (int i = 0; i < images.Length; i++)
        {
            float[] text = texts[i / PerClass];
            images[i] = [.. Enumerable.Range(0, ImageWidth).Select(c =>
                text.Select((t, k) => t * map[(k * ImageWidth) + c]).Sum() + (noise * all[(i * ImageWidth) + c]))];
        }
        return new()
        {
            ImageFeatures = images,
            TextFeatures = texts,
            Targets = [.. images.Index().Select(i => new ClipLockedTarget(i.Index, i.Index / PerClass))]
        };
    }
}
