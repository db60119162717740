using System.Text.Json.Nodes;

namespace Microsoft.ML.Clip.Tests;

/// <summary>SigLIP's sigmoid: where scale and bias come from, in order of authority, and that each label stands alone.</summary>
public sealed class FamilyScoreTests : IDisposable
{
    private readonly TemporaryDirectory _directory = new();

    private string Model => _directory.Combine("model");

    public void Dispose() => _directory.Dispose();

    [Fact]
    public void Options_ComeBeforeTheGraph()
    {
        Write("siglip2-split-and-whole");
        using ClipModel both = ClipModel.Load(Model, new() { LogitScale = 3, LogitBias = -1 }), scale = ClipModel.Load(Model, new() { LogitScale = 3 }),
            bias = ClipModel.Load(Model, new() { LogitBias = -1 });

        Assert.Equal((3f, -1f), (both.LogitScale, both.LogitBias));
        Assert.Equal((3f, FamilyBundles.SiglipBias), (scale.LogitScale, scale.LogitBias));
        Assert.Equal(-1f, bias.LogitBias);
        Assert.Equal(MathF.Exp(FamilyBundles.SiglipT), bias.LogitScale, Tolerances.FamilyNorm);
        Assert.All((ClipModel[])[both, scale, bias], clip => Assert.Equal(ClipScoreKind.Sigmoid, clip.ScoreFunction));
    }

    /// <summary>A bias in the graph means sigmoids, whatever else is said or missing.</summary>
    [Fact]
    public void Scale_OfTheOptions_DoesNotHideTheGraphsBias()
    {
        Write("siglip2-whole");
        File.Delete(Path.Combine(Model, "config.json"));
        using var clip = ClipModel.Load(Model, new() { LogitScale = 3 });

        Assert.Equal((3f, FamilyBundles.SiglipBias, ClipScoreKind.Sigmoid), (clip.LogitScale, clip.LogitBias, clip.ScoreFunction));
    }

    [Theory]
    [InlineData(true), InlineData(false)]
    public void OneOfTheTwo_IsNotEnough(bool isScale)
    {
        Write("siglip2-split");
        using var clip = ClipModel.Load(Model, isScale ? new() { LogitScale = 3 } : new() { LogitBias = -1 });

        string message = Assert.Throws<InvalidOperationException>(() => ClipZeroShotClassifier.Create(clip, FamilyGolden.Labels)).Message;

        Assert.Contains("ClipModelOptions.LogitScale", message, StringComparison.Ordinal);
        Assert.Contains("ClipModelOptions.LogitBias", message, StringComparison.Ordinal);
    }

    [Theory]
    [InlineData("siglip2-split"), InlineData("siglip1-immich"), InlineData("nllb-siglip-immich")]
    public void Recorded_InConfiguration_AreTaken(string bundle)
    {
        Write(bundle);
        Record("config.json", json => (json["logit_scale"], json["logit_bias"]) = (MathF.Exp(FamilyBundles.SiglipT), FamilyBundles.SiglipBias));
        string[] pictures = FamilyPictures.Write(_directory);
        using var clip = ClipModel.Load(Model);

        var classifier = ClipZeroShotClassifier.Create(clip, FamilyGolden.Labels, [FamilyGolden.Template]);

        for (int i = 0; i < pictures.Length; i++)
        {
            Tolerances.Close(FamilyGolden.All[bundle].Scores[i], [.. classifier.Classify(clip.EncodeImage(pictures[i])).Scores], Tolerances.FamilyScore);
        }
    }

    [Fact]
    public void Recorded_InTheGraphsMetadata_AreTaken()
    {
        Write("siglip2-split");
        var graph = FamilyGraphs.Image(FamilyModel.Siglip2, ImagePorts.Pooled).Metadata("logit_scale", "12.5").Metadata("logit_bias", "-2.5");
        new FamilyFolder(Model).Graph("onnx/vision_model.onnx", graph);
        using var clip = ClipModel.Load(Model);

        Assert.Equal((12.5f, -2.5f), (clip.LogitScale, clip.LogitBias));
    }

    [Theory]
    [InlineData("\"-2\""), InlineData("null"), InlineData("1e39"), InlineData("[0]")]
    public void Recorded_BiasThatIsNone_NamesFileAndProperty(string bias)
    {
        Write("siglip2-split");
        Record("config.json", json => (json["logit_scale"], json["logit_bias"]) = (12.5, JsonNode.Parse(bias)));
        using var clip = ClipModel.Load(Model);

        var error = Assert.ThrowsAny<Exception>(() => clip.LogitBias);

        // An explicit null says no more than none.
        Assert.IsType(bias == "null" ? typeof(InvalidOperationException) : typeof(InvalidDataException), error);
        Assert.All(bias == "null" ? ["LogitBias"] : (string[])["config.json", "'logit_bias'"], word => Assert.Contains(word, error.Message, StringComparison.Ordinal));
    }

    // What training began with is not what it came to.
    [Theory]
    [InlineData("siglip2-immich"), InlineData("siglip1-split")]
    public void Initial_Values_AreNotTaken(string bundle)
    {
        Write(bundle);
        Record("config.json", json => (json["init_logit_scale"], json["init_logit_bias"], json["logit_scale_init_value"]) = (2.3, -10, 2.6592));
        using var clip = ClipModel.Load(Model);

        Assert.Throws<InvalidOperationException>(() => clip.LogitScale);
        Assert.Throws<InvalidOperationException>(() => clip.LogitBias);
        Assert.Equal(ClipScoreKind.Sigmoid, clip.ScoreFunction);
    }

    [Fact]
    public void OfASoftmax_BiasIsNothing()
    {
        Write("clip-split");
        using var clip = ClipModel.Load(Model);

        Assert.Equal((ClipScoreKind.Softmax, 0f), (clip.ScoreFunction, clip.LogitBias));
    }

    [Fact]
    public void EachLabel_StandsAlone()
    {
        string picture = FamilyPictures.Write(_directory)[0];
        Write("siglip2-whole");
        using var clip = ClipModel.Load(Model);
        float[] image = clip.EncodeImage(picture), all = Scores("cat", "dog", "car");

        // Prompts that are encoded together differ in their last bits from those that are not.
        Tolerances.Close([all[0]], Scores("cat"), Tolerances.BatchSize);
        Tolerances.Close([all[2], all[0]], Scores("car", "cat"), Tolerances.BatchSize);
        Assert.NotEqual(1, all.Sum(), Tolerances.FamilyScore);

        float[] Scores(params string[] labels) => [.. ClipZeroShotClassifier.Create(clip, labels, [FamilyGolden.Template]).Classify(image).Scores];
    }

    [Fact]
    public void Saved_WithEmbeddingsForInput_KeepsScaleAndBias()
    {
        const string Bundle = "siglip2-whole";
        string[] pictures = FamilyPictures.Write(_directory);
        Write(Bundle);
        string file = _directory.Combine("saved.zip");
        var ml = new MLContext();
        var data = ml.Data.LoadFromEnumerable(pictures.Select(p => new StepRow { Path = p }));
        using (var clip = ClipModel.Load(Model))
        {
            var steps = ml.Transforms.ClipImageEmbedding("Vector", "Path", clip)
                .Append(ml.Transforms.ClipZeroShotClassification("Vector", clip, FamilyGolden.Labels, [FamilyGolden.Template])).Fit(data);
            ml.Model.Save(steps, data.Schema, file);
            steps.Dispose();
        }

        var loaded = new MLContext().Model.Load(file, out _);

        float[][] scores = loaded.Transform(data).GetColumnOf("Score");
        Assert.All(scores.Zip(FamilyGolden.All[Bundle].Scores), pair => Tolerances.Close(pair.Second, pair.First, Tolerances.FamilyScore));
        (loaded as IDisposable)?.Dispose();
    }

    private void Write(string bundle) => FamilyBundles.All[bundle].Write(Model);

    private void Record(string name, Action<JsonObject> change)
    {
        string path = Path.Combine(Model, name);
        var json = JsonNode.Parse(File.ReadAllText(path))!.AsObject();
        change(json);
        File.WriteAllText(path, json.ToJsonString());
    }
}
