namespace Microsoft.ML.Clip.Tests;

/// <summary>Zero-shot transfer with the repository's own model, against the same done image by image.</summary>
public sealed class ClipEmbeddedSetTests : IDisposable
{
    /// <summary>Batches of another size: the last bits of a cosine, times a logit scale of 100.</summary>
    private const float BatchSize = 1e-4f;

    private static readonly string Samples = Path.Combine(BuildFacts.RepositoryRoot, "samples");

    private readonly ClipModel _model = ClipModel.Load(Path.Combine(Samples, "models", "tiny-clip"));
    private readonly DirectoryInfo _folder = Directory.CreateTempSubdirectory("clip-test-");

    public void Dispose()
    {
        _model.Dispose();
        _folder.Delete(recursive: true);
    }

    [Theory]
    [InlineData(1e-30f), InlineData(1e-20f), InlineData(1e20f)]
    public void EmbeddingsFarFromOne_HaveTheSameDirections(float factor)
    {
        float[] values = [3, 4, 0, -2, 1, 2];

        var far = new ClipEmbeddedSet("far", ["a", "b"], ClipFeatures.JointEmbedding, [.. values.Select(v => v * factor)], [0, 1]);

        var near = new ClipEmbeddedSet("near", ["a", "b"], ClipFeatures.JointEmbedding, values, [0, 1]);
        Assert.Equal(near.Embeddings.ToArray(), far.Embeddings.ToArray(), (a, b) => MathF.Abs(a - b) < 1e-6f);
    }

    [Fact]
    public void Of_Folders_EmbedsEveryImage_AndNamesWhatCannotBeRead()
    {
        var set = Folders(broken: true);

        var embedded = ClipEmbeddedSet.Of(_model, set);

        var rows = set.Read().Where(r => !r.Name.Contains("broken", StringComparison.Ordinal)).ToArray();
        Assert.Equal(rows.Select(r => r.Label), embedded.Labels);
        var failed = Assert.Single(embedded.Failed);
        Assert.Contains("broken.png", failed.Name, StringComparison.Ordinal);
        Assert.NotEmpty(failed.Message);
        Assert.Equal($"{set.Name}: {rows.Length} images of 2 classes, 128 values each (JointEmbedding); 1 could not be read", $"{embedded}");
        Assert.Equal(set.Read().Count(), embedded.Count + embedded.Failed.Count);
        for (int i = 0; i < rows.Length; i++)
        {
            float[] alone = _model.EncodeImage(rows[i].Image), together = embedded.Embeddings.Slice(i * embedded.Dimension, embedded.Dimension).ToArray();
            Assert.All(alone.Zip(together), v => Assert.Equal(v.First, v.Second, BatchSize));
        }
    }

    [Fact]
    public void Classify_IsWhatTheClassifierSaysOfEachImage()
    {
        var set = Folders(broken: false);
        var classifier = ClipZeroShotClassifier.Create(_model, ["tabby cat", "goldfish"]);

        var result = ClipEmbeddedSet.Of(_model, set).Classify(classifier);

        var expected = set.Read().Select(r => (r.Label, classifier.Classify(_model.EncodeImage(r.Image)).Index)).ToArray();
        Assert.Equal(expected.Length, result.Count);
        Assert.Equal(expected.Count(e => e.Label == e.Index), result.Hits);
        Assert.Equal(set.ClassNames, result.Classes.Select(c => c.Name));
        Assert.Null(result.TopKAccuracy);
        Assert.NotNull(result.CalibrationError);
    }

    [Fact]
    public void CreateClassifier_OneNameForEachClass_IsTheOrdinaryOne()
    {
        var ordinary = ClipZeroShotClassifier.Create(_model, ["cat", "dog"], ClipPrompts.Cifar18);

        var ours = ClipEmbeddedSet.CreateClassifier(_model, [["cat"], ["dog"]], ClipPrompts.Cifar18);

        Assert.Equal((ordinary.LogitScale, ordinary.ScoreKind, ordinary.LogitBias), (ours.LogitScale, ours.ScoreKind, ours.LogitBias));
        Assert.Equal(ordinary.Labels, ours.Labels);
        Assert.All(ordinary.ClassWeights.ToArray().Zip(ours.ClassWeights.ToArray()), w => Assert.Equal(w.First, w.Second, 1e-6f));
    }

    [Fact]
    public void CreateClassifier_SeveralNames_AreTheirMean()
    {
        var names = ClipZeroShotClassifier.Create(_model, ["cat", "kitten", "dog"]);
        float[] weights = names.ClassWeights.ToArray();
        int n = names.Dimension;
        float[] mean = [.. Enumerable.Range(0, n).Select(i => weights[i] + weights[n + i])];
        float norm = MathF.Sqrt(mean.Sum(v => v * v));

        var ours = ClipEmbeddedSet.CreateClassifier(_model, [["cat", "kitten"], ["dog"]]);

        Assert.Equal(["cat", "dog"], ours.Labels);
        Assert.All(Enumerable.Range(0, n), i => Assert.Equal(mean[i] / norm, ours.ClassWeights.Span[i], 1e-6f));
        Assert.Contains("Class 1", Assert.Throws<ArgumentException>(() => ClipEmbeddedSet.CreateClassifier(_model, [["cat"], []])).Message, StringComparison.Ordinal);
    }

    [Fact]
    public void Classify_OtherClasses_IsRefused()
    {
        var embedded = ClipEmbeddedSet.Of(_model, Folders(broken: false));
        var classifier = ClipZeroShotClassifier.Create(_model, ["a", "b", "c"]);

        Assert.Contains("3 labels", Assert.Throws<ArgumentException>(() => embedded.Classify(classifier)).Message, StringComparison.Ordinal);
        var features = ClipEmbeddedSet.Of(_model, Folders(broken: false), ClipFeatures.Encoder);
        Assert.Contains("the encoder's own features", Assert.Throws<InvalidOperationException>(() => features.Classify(classifier)).Message, StringComparison.Ordinal);
    }

    [Fact]
    public void Of_TellsItsProgress_AndEndsWhenCancelled()
    {
        var reports = new List<ClipProgress>();

        ClipEmbeddedSet.Of(_model, Folders(broken: true), progress: new Reporter(reports.Add));

        Assert.Equal((5, true), (reports[^1].Done, reports[^1].IsLast));
        var cancelled = new CancellationToken(canceled: true);
        Assert.ThrowsAny<OperationCanceledException>(() => ClipEmbeddedSet.Of(_model, Folders(broken: true), cancellationToken: cancelled));
    }

    [Fact]
    public void Of_NoRow_IsAnError() =>
        Assert.Throws<InvalidDataException>(() => ClipEmbeddedSet.Of(_model, new ClipDataSet("nothing", ["a", "b"], imagesAreFiles: true, () => [])));

    private ClipDataSet Folders(bool broken)
    {
        string[] images = [.. Directory.GetFiles(Path.Combine(Samples, "images")).Where(f => Path.GetExtension(f) is ".png" or ".jpg").Order(StringComparer.Ordinal).Take(4)];
        Assert.Equal(4, images.Length);
        for (int i = 0; i < images.Length; i++)
        {
            File.Copy(images[i], Path.Combine(_folder.CreateSubdirectory(i % 2 == 0 ? "a" : "b").FullName, i + Path.GetExtension(images[i])), overwrite: true);
        }
        if (broken)
        {
            File.WriteAllText(Path.Combine(_folder.FullName, "a", "broken.png"), "no image");
        }
        return ClipDataSet.FromFolders(_folder.FullName);
    }

    private sealed class Reporter(Action<ClipProgress> report) : IProgress<ClipProgress>
    {
        public void Report(ClipProgress value) => report(value);
    }
}
