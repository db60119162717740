namespace Microsoft.ML.Clip.Tests;

/// <summary>
/// Every family, in the layouts that its exporters write, loaded with the options that its files leave no choice but to give: tokens, embeddings and scores
/// equal those of an implementation that shares nothing with this one.
/// </summary>
public sealed class FamilyTests : IDisposable
{
    private readonly TemporaryDirectory _directory = new();

    public static TheoryData<string> Bundles => [.. FamilyBundles.All.Keys];

    public void Dispose() => _directory.Dispose();

    [Fact]
    public void Golden_HasEveryBundle() =>
        Assert.Equal(FamilyGolden.All.Keys.Order(StringComparer.Ordinal), FamilyBundles.All.Keys.Order(StringComparer.Ordinal));

    [Theory, MemberData(nameof(Bundles))]
    public void Tokens_EqualReference(string bundle)
    {
        var golden = FamilyGolden.All[bundle];
        string model = FamilyBundles.All[bundle].Write(_directory.Combine("model"));
        using var clip = ClipModel.Load(model, FamilyBundles.All[bundle].Options);
        var alone = ClipTokenizer.Load(model, FamilyBundles.All[bundle].Options.Tokenizer);

        Assert.Equal(golden.ContextLength, clip.ContextLength);
        foreach (var tokenizer in (ClipTokenizer[])[clip.Tokenizer, alone])
        {
            Assert.Equal(golden.ContextLength, tokenizer.ContextLength);
            Assert.All(golden.Texts, text =>
            {
                int[] ids = new int[golden.ContextLength];
                Assert.Equal(text.Ids.Length, tokenizer.EncodeToContext(text.Text, ids, out _));
                Assert.Equal(golden.PaddedIds(text), ids);
            });
        }
    }

    [Theory, MemberData(nameof(Bundles))]
    public void Embeddings_EqualReference(string bundle)
    {
        var golden = FamilyGolden.All[bundle];
        string[] pictures = FamilyPictures.Write(_directory);
        string[] texts = [.. golden.Texts.Select(t => t.Text)];
        using var clip = ClipModel.Load(FamilyBundles.All[bundle].Write(_directory.Combine("model")), FamilyBundles.All[bundle].Options);

        Near(golden.Images, pictures, [.. pictures.Select(p => clip.EncodeImage(p))], [.. pictures.Select(p => clip.EncodeImage(p, normalize: false))]);
        Near(golden.Texts, texts, clip.EncodeTexts(texts), clip.EncodeTexts(texts, normalize: false));
        // Alone, too: what a batch of one cuts off is another length.
        Near(golden.Texts, texts, [.. texts.Select(t => clip.EncodeText(t))], [.. texts.Select(t => clip.EncodeText(t, normalize: false))]);
    }

    [Theory, MemberData(nameof(Bundles))]
    public void Scores_EqualReference(string bundle)
    {
        var golden = FamilyGolden.All[bundle];
        string[] pictures = FamilyPictures.Write(_directory);
        using var clip = ClipModel.Load(FamilyBundles.All[bundle].Write(_directory.Combine("model")), FamilyBundles.All[bundle].Options);

        Assert.Equal(golden.ScoreFunction, clip.ScoreFunction);
        Assert.Equal(golden.LogitScale ?? MathF.Exp(FamilyBundles.SiglipT), clip.LogitScale, Tolerances.FamilyNorm);
        Assert.Equal(golden.LogitBias ?? FamilyBundles.SiglipBias, clip.LogitBias, Tolerances.FamilyNorm);
        var classifier = ClipZeroShotClassifier.Create(clip, FamilyGolden.Labels, [FamilyGolden.Template]);
        for (int i = 0; i < pictures.Length; i++)
        {
            Tolerances.Close(golden.Scores[i], [.. classifier.Classify(clip.EncodeImage(pictures[i])).Scores], Tolerances.FamilyScore, bundle);
        }

        var ml = new MLContext();
        var data = ml.Data.LoadFromEnumerable(pictures.Select(p => new StepRow { Path = p }));
        var step = ml.Transforms.ClipZeroShotClassification("Path", clip, FamilyGolden.Labels, [FamilyGolden.Template]).Fit(data);
        string file = _directory.Combine("saved.zip");
        ml.Model.Save(step, data.Schema, file);
        float[][] scores = step.Transform(data).GetColumnOf("Score");
        Directory.Delete(_directory.Combine("model"), recursive: true);
        var loaded = new MLContext().Model.Load(file, out _);
        for (int i = 0; i < pictures.Length; i++)
        {
            Tolerances.Close(golden.Scores[i], scores[i], Tolerances.FamilyScore, bundle);
        }
        Assert.Equal(scores, loaded.Transform(data).GetColumnOf("Score"));
        (loaded as IDisposable)?.Dispose();
    }

    [Theory, MemberData(nameof(Bundles))]
    public void Embeddings_OfASavedPipeline_EqualReference(string bundle)
    {
        var golden = FamilyGolden.All[bundle];
        string[] pictures = FamilyPictures.Write(_directory);
        string model = FamilyBundles.All[bundle].Write(_directory.Combine("model"));
        string file = _directory.Combine("saved.zip");
        var ml = new MLContext();
        var rows = golden.Texts.Select((t, i) => new StepRow { Text = t.Text, Path = pictures[i % pictures.Length] }).ToArray();
        var data = ml.Data.LoadFromEnumerable(rows);
        using (var clip = ClipModel.Load(model, FamilyBundles.All[bundle].Options))
        {
            var steps = ml.Transforms.ClipTextEmbedding("TextOut", "Text", clip).Append(ml.Transforms.ClipImageEmbedding("ImageOut", "Path", clip)).Fit(data);
            ml.Model.Save(steps, data.Schema, file);
            steps.Dispose();
        }
        Directory.Delete(model, recursive: true);

        var loaded = new MLContext().Model.Load(file, out _);

        float[][] texts = loaded.Transform(data).GetColumnOf("TextOut"), images = loaded.Transform(data).GetColumnOf("ImageOut");
        for (int i = 0; i < rows.Length; i++)
        {
            Tolerances.Close(golden.Texts[i].Embedding, texts[i], Tolerances.FamilyEmbedding, rows[i].Text);
            Tolerances.Close(golden.Images[i % pictures.Length].Embedding, images[i], Tolerances.FamilyEmbedding, rows[i].Path);
        }
        (loaded as IDisposable)?.Dispose();
    }

    private static void Near(FamilyGolden.Vector[] expected, string[] what, float[][] normalized, float[][] raw)
    {
        for (int i = 0; i < expected.Length; i++)
        {
            Tolerances.Close(expected[i].Embedding, normalized[i], Tolerances.FamilyEmbedding, what[i]);
            Tolerances.Close([.. expected[i].Embedding.Select(v => v * expected[i].Norm)], raw[i], Tolerances.FamilyNorm, what[i] + ", not normalised");
        }
    }
}
