using System.Text.RegularExpressions;
using Microsoft.ML.Data;

namespace Microsoft.ML.Clip.Tests;

/// <summary>
/// The code of the READMEs and of the pages of docs, compiled and run. Each snippet stands in a test between two markers, word for word, most of them here;
/// <c>At("...")</c> stands for the plain path in the text, so that the model can lie in a temporary directory.
/// </summary>
public sealed partial class ReadmeTests : IDisposable
{
    // The tests' sources without what a formatter may change.
    private static readonly Lazy<string[]> Sources = new(() => [.. SourceFiles.Below(Path.Combine(BuildFacts.RepositoryRoot, "tests"))
        .Select(File.ReadAllText).Where(t => t.Contains("// end", StringComparison.Ordinal)).Select(t => Normalize(At().Replace(t, "$1")))]);

    private readonly TemporaryDirectory _directory = new();

    public void Dispose() => _directory.Dispose();

    public static TheoryData<string> Pages =>
    [
        "README.md", "src/Microsoft.ML.Clip/README.md", "notebooks/README.md",
        // Recipes have tests of their own, which know which lines are theirs.
        .. Directory.EnumerateFiles(Path.Combine(BuildFacts.RepositoryRoot, "docs"), "*.md", SearchOption.AllDirectories)
            .Select(f => Path.GetRelativePath(BuildFacts.RepositoryRoot, f).Replace('\\', '/')).Where(f => !f.StartsWith("docs/recipes/", StringComparison.Ordinal)),
    ];

    [Theory]
    [MemberData(nameof(Pages))]
    public void Snippets_OfAPage_StandInATest(string page)
    {
        foreach (Match block in CodeBlock().Matches(File.ReadAllText(Path.Combine(BuildFacts.RepositoryRoot, page))))
        {
            // Using directives cannot stand inside a method; the test's file compiles with them.
            string code = Normalize(string.Join('\n', block.Groups[1].Value.Split('\n').Where(line => !line.StartsWith("using Microsoft", StringComparison.Ordinal))));
            Assert.True(Sources.Value.Any(s => s.Contains(code, StringComparison.Ordinal)), $"{page} has code that no test runs:\n{block.Groups[1].Value}");
        }
    }

    [Fact]
    public void Pages_HaveCode() =>
        Assert.True(Pages.Sum(p => CodeBlock().Count(File.ReadAllText(Path.Combine(BuildFacts.RepositoryRoot, p.Data)))) >= 10, "the pattern no longer sees the code of the pages");

    [Fact]
    public void UseIt_Runs()
    {
        TinyClip.WriteTo(At("models/clip-vit-base-patch32"));
        string[] paths = TestImages.Write(Directory.CreateDirectory(At("photographs")).FullName, 3);

        // README
        var ml = new MLContext();
        using var clip = ClipModel.Load(At("models/clip-vit-base-patch32"));   // any Hugging Face ONNX export of CLIP

        var pipeline = ml.Transforms.ClipImageEmbedding("Features", "Path", clip)
            .Append(ml.Transforms.ClipZeroShotClassification("Features", clip, labels: ["cat", "dog"], templates: ["a photo of a {}."]))
            .Append(ml.Transforms.Conversion.MapKeyToValue("Class", "PredictedLabel"));     // PredictedLabel is a key; Class is its name

        var photographs = ml.Data.LoadFromEnumerable(paths.Select(path => new { Path = path }));
        ITransformer model = pipeline.Fit(photographs);
        var predictions = model.Transform(photographs);                          // + Features, Score, PredictedLabel, Class

        ml.Model.Save(model, photographs.Schema, At("pets.zip"));                    // carries the encoder; loads anywhere with ml.Model.Load
        // end

        Assert.Equal(3, predictions.GetColumnOf("Score").Length);
        Assert.All(predictions.GetColumn<string>("Class"), name => Assert.Contains(name, (string[])["cat", "dog"]));
        Assert.True(File.Exists(At("pets.zip")));
    }

    [Fact]
    public async Task FromTheHub_Runs()
    {
        using var hub = new TestHub(HubFixture.ModelFiles()) { ApiId = "models/Xenova/clip-vit-base-patch32" };
        // No other test reads these variables in this process.
        Environment.SetEnvironmentVariable("HF_ENDPOINT", hub.Endpoint);
        Environment.SetEnvironmentVariable("HF_HUB_CACHE", At("cache"));
        try
        {
            // README
            using var clip = await ClipModel.FromHubAsync("Xenova/clip-vit-base-patch32");   // or FromHub
            // end

            Assert.Equal(128, clip.EmbeddingDimension);
        }
        finally
        {
            Environment.SetEnvironmentVariable("HF_ENDPOINT", null);
            Environment.SetEnvironmentVariable("HF_HUB_CACHE", null);
        }
    }

    [Fact]
    public void AnEncoderOfYourOwn_Runs()
    {
        var graph = new TinyOnnx().Input("x", TinyOnnx.Float, 1, 3, "H", "W").Weights("w", TinyTowers.Draw(8 * 3, 1), 8, 3, 1, 1).Node("Conv", ["x", "w"],
            ["c"]).Node("Relu", ["c"], ["r"])
            .Node("GlobalAveragePool", ["r"], ["y"]).Output("y", TinyOnnx.Float, 1, 8, 1, 1);
        File.WriteAllBytes(At("encoder.onnx"), graph.ToBytes());
        File.WriteAllBytes(At("minilm.onnx"), TinyTowers.Text().ToBytes());
        File.WriteAllLines(At("vocab.txt"), TinyTowers.Vocabulary);
        string[] paths = TestImages.Write(Directory.CreateDirectory(At("named")).FullName, 6);
        int[] classes = [0, 1, 2, 0, 1, 2];

        // README
        new ClipImageTower(At("encoder.onnx")) { ImageSize = 224, Mean = [0.485f, 0.456f, 0.406f], StandardDeviation = [0.229f, 0.224f, 0.225f] }.Write(At("towers/image"));
        new ClipTextTower(At("minilm.onnx"), At("vocab.txt")).Write(At("towers/text"));         // mask, token types and mean pooling go into the graph
        using var images = ClipModel.Load(At("towers/image"));
        using var texts = ClipModel.Load(At("towers/text"));

        float[][] features = ClipLockedFeatures.OfImages(images, paths, cacheFolder: At("features"));    // computed once
        var data = ClipLockedData.OfClasses(features, classes, [new("cat") { Others = [new("pet", 0.5f)] }, new("dog"), new("coffee cup")], t => texts.EncodeTexts(t));
        var head = new ClipLockedTrainer().Fit(data);                                      // a closed form: seconds
        head.WriteModel(images, texts, At("models/mine"));                                // an ordinary model: ClipModel.Load("models/mine")
        // end

        using var mine = ClipModel.Load(At("models/mine"));
        Assert.Equal((8, head.LogitScale), (mine.EmbeddingDimension, mine.LogitScale));
    }

    [Fact]
    public void WithoutAPipeline_Runs()
    {
        using var clip = ClipModel.Load(TinyClip.WriteTo(At("model")));
        string[] paths = TestImages.Write(Directory.CreateDirectory(At("searched")).FullName, 5);

        // README
        float[][] images = clip.EncodeImages(paths);                             // or bytes, streams, decoded images; also into your own memory
        float[] words = clip.EncodeText("a cat asleep on a chair");
        foreach (var match in ClipSimilarity.TopK(words, images, 3))             // search by words
        {
            Console.WriteLine($"{paths[match.Index]} {match.Cosine:F3}");
        }

        var classifier = ClipZeroShotClassifier.Create(clip, ["cat", "dog"], ["a photo of a {}."]);
        string? label = classifier.Classify(images[0]).Label;                    // null below minimumCosine, if one is given: none of these
        // end

        Assert.Equal(3, ClipSimilarity.TopK(words, images, 3).Count);
        Assert.Contains(label, (string[])["cat", "dog"]);
    }

    [Fact]
    public void LinearProbe_Runs()
    {
        using var clip = ClipModel.Load(TinyClip.WriteTo(At("model")));
        var ml = new MLContext(seed: 1);
        string[] paths = TestImages.Write(Directory.CreateDirectory(At("labelled")).FullName, 40);
        var labelled = ml.Data.LoadFromEnumerable(paths.Select((path, i) => new { Path = path, Class = i % 2 == 0 ? "cat" : "dog" }).ToArray());
        var split = ml.Data.TrainTestSplit(labelled, testFraction: 0.25);
        var (train, test) = (split.TrainSet, split.TestSet);

        // README
        var probe = ml.Transforms.Conversion.MapValueToKey("Label", "Class")
            .Append(ml.Transforms.ClipImageEmbedding("Features", "Path", clip, new() { Features = ClipFeatures.Encoder }))
            .AppendCacheCheckpoint(ml)
            .Append(ml.MulticlassClassification.Trainers.ClipLinearProbe("Label", "Features"));

        var metrics = ml.MulticlassClassification.Evaluate(probe.Fit(train).Transform(test));
        // end

        Assert.InRange(metrics.MicroAccuracy, 0, 1);
    }

    [Fact]
    public void PackageReadme_Runs()
    {
        TinyClip.WriteTo(At("models/clip-vit-base-patch32"));
        var ml = new MLContext();

        // src/Microsoft.ML.Clip/README
        using var clip = ClipModel.Load(At("models/clip-vit-base-patch32"));   // any Hugging Face ONNX export of CLIP
        var pipeline = ml.Transforms.ClipImageEmbedding("Features", "Path", clip)
            .Append(ml.Transforms.ClipZeroShotClassification("Features", clip, labels: ["cat", "dog"], templates: ["a photo of a {}."]));
        // end

        Assert.NotNull(pipeline);
    }

    [Fact]
    public void ModelsThatReferToADirectory_Load()
    {
        var mlContext = new MLContext();
        using (var clip = ClipModel.Load(TinyClip.WriteTo(At("/srv/models")), new() { Storage = ClipModelStorage.Reference }))
        {
            var words = mlContext.Data.LoadFromEnumerable([new { Text = "a cat" }]);
            mlContext.Model.Save(mlContext.Transforms.ClipTextEmbedding("Features", "Text", clip).Fit(words), words.Schema, At("pipeline.zip"));
        }

        // docs/security.md
        mlContext.Model.AllowClipModelDirectory(At("/srv/models"));     // this directory, and all below it
        var model = mlContext.Model.Load(At("pipeline.zip"), out _);
        // end

        Assert.NotNull(model);
    }

    private static string Normalize(string code) => WhiteSpace().Replace(code, " ").Trim();

    private string At(string relativePath) => _directory.Combine(relativePath.TrimStart('/'));

    [GeneratedRegex("""At\(("[^"]*")\)""")]
    private static partial Regex At();

    [GeneratedRegex(@"```csharp\n(.*?)```", RegexOptions.Singleline)]
    private static partial Regex CodeBlock();

    [GeneratedRegex(@"\s+")]
    private static partial Regex WhiteSpace();
}
