using System.Globalization;
using System.Text.RegularExpressions;
using Microsoft.ML.Data;

namespace Microsoft.ML.Clip.Tests;

/// <summary>The code of the package's README, compiled and run. <c>At("...")</c> stands for the plain path in it, and <c>output</c> for the console.</summary>
public sealed class EvaluationReadmeTests : IDisposable
{
    private readonly TemporaryDirectory _directory = new();

    public void Dispose() => _directory.Dispose();

    [Fact]
    public void Readme_Code_IsThisAndRuns()
    {
        string text = File.ReadAllText(Path.Combine(BuildFacts.RepositoryRoot, "src", "Microsoft.ML.Clip.Evaluation", "README.md"));
        string[] code = [.. text.Split("```").Where((_, i) => i % 2 == 1).Select(c => Words(c)["csharp ".Length..].Replace("using Microsoft.ML.Clip; ", "", StringComparison.Ordinal))];
        string source = File.ReadAllText(Path.Combine(BuildFacts.RepositoryRoot, "tests", "Microsoft.ML.Clip.Evaluation.Tests", "Samples", "EvaluationReadmeTests.cs"));
        string[] compiled = [.. source.Split("// README\n").Skip(1).Select(s => Words(s.Split("// end")[0]
            .Replace("output.WriteLine", "Console.WriteLine", StringComparison.Ordinal))).Select(c => Regex.Replace(c, @"At\((""[^""]*"")\)", "$1"))];
        Assert.Equal(code, compiled);
    }

    [Fact]
    public void Metrics_Run()
    {
        var culture = CultureInfo.CurrentCulture;
        var output = new StringWriter(CultureInfo.InvariantCulture);
        CultureInfo.CurrentCulture = CultureInfo.InvariantCulture;
        try
        {
            Metrics(output);
        }
        finally
        {
            CultureInfo.CurrentCulture = culture;
        }
        Assert.Equal("100.0 %, 99.5% interval 5.0 % to 100.0 %, chance 33.3 %", output.ToString().Trim());
    }

    [Fact]
    public void Run_WritesTheReport()
    {
        Copy(Path.Combine(BuildFacts.RepositoryRoot, "samples", "models", "tiny-clip"), At("models/clip-vit-base-patch32"));
        foreach (string image in new[] { "pets/train/cat/1.png", "pets/train/cat/2.png", "pets/train/dog/1.png", "pets/train/dog/2.png", "pets/test/cat/1.png", "pets/test/dog/1.png", "flickr8k/images/1.png" })
        {
            string file = At("data/" + image);
            Directory.CreateDirectory(Path.GetDirectoryName(file)!);
            byte grey = (byte)(image.Contains("cat", StringComparison.Ordinal) ? 40 + image.Length : 220);
            using var picture = MLImage.CreateFromPixels(4, 4, MLPixelFormat.Bgra32,
                [.. Enumerable.Range(0, 64).Select(i => i % 4 == 3 ? byte.MaxValue : grey)]);
            picture.Save(file);
        }
        File.WriteAllText(At("data/flickr8k/captions.txt"), "image,caption\n1.png,nothing at all\n");
        var output = new StringWriter(CultureInfo.InvariantCulture);

        Run(output);

        Assert.Contains("linear probe", output.ToString(), StringComparison.Ordinal);
        Assert.DoesNotContain("not measured", output.ToString(), StringComparison.Ordinal);
        Assert.True(File.Exists(At("report/report.html")));
        Assert.True(File.Exists(At("report/results.csv")));
    }

    [Fact]
    public void People_Run()
    {
        string[] classes = ["cat", "dog"];
        foreach (string observer in new[] { "subject-01", "subject-02" })
        {
            string file = At($"data/edges/raw-data/edge-experiment/edge-experiment_{observer}_session_1.csv");
            Directory.CreateDirectory(Path.GetDirectoryName(file)!);
            File.WriteAllLines(file,
            [
                "subj,session,trial,rt,object_response,category,condition,imagename",
                .. classes.Select((c, i) => $"{observer},1,{i + 1},0.5,{(observer == "subject-01" ? "cat" : c)},{c},0,000{i + 1}_edg_s0{observer[^1]}_0_{c}_00_{c}1.png"),
            ]);
        }
        foreach (string name in classes)
        {
            string file = At($"data/edges/stimuli/edges/{name}/{name}1.png");
            Directory.CreateDirectory(Path.GetDirectoryName(file)!);
            using var picture = MLImage.CreateFromPixels(4, 4, MLPixelFormat.Bgra32, [.. Enumerable.Repeat(byte.MaxValue, 64)]);
            picture.Save(file);
        }
        using var clip = ClipModel.Load(Path.Combine(BuildFacts.RepositoryRoot, "samples", "models", "tiny-clip"));
        var output = new StringWriter(CultureInfo.InvariantCulture);

        People(clip, output);

        // Both pictures are the same to the model, so it is right of one; one person is always right, the other of one.
        Assert.StartsWith(string.Create(CultureInfo.CurrentCulture, $"people {0.75:P1}, their majority {1:P1} of 1, the model {0.5:P1}"), output.ToString(), StringComparison.Ordinal);
        Assert.Contains("error consistency among people", output.ToString(), StringComparison.Ordinal);
    }

    private void Run(StringWriter output)
    {
        // README
        using var clip = ClipModel.Load(At("models/clip-vit-base-patch32"));
        var results = ClipEvaluation.Run(
            [new ClipEvaluatedModel("ViT-B/32", clip)],
            [ClipEvaluationTask.FromPath(At("data/pets")), ClipEvaluationTask.FromPath(At("data/flickr8k"))],
            new ClipEvaluationOptions { Cache = new ClipEmbeddingCache(At("cache")), FewShot = new ClipFewShotOptions() });
        output.WriteLine(results.ToText());
        results.ToReport("My models").Save(At("report"), results.ToCsv());
        // end
    }

    private void People(ClipModel clip, StringWriter output)
    {
        // README
        var answers = ClipHumanAnswers.FromGeirhos(At("data/edges"));
        var edges = ClipDataSet.FromFolders(At("data/edges/stimuli/edges"), answers.ClassNames);
        var classifier = ClipZeroShotClassifier.Create(clip, answers.ClassNames, ["a drawing of a {}."]);
        var predictions = ClipEmbeddedSet.Of(clip, edges).Predict(classifier, keepScores: true);
        string[] images = [.. edges.Read().Select(row => Path.GetFileName(row.Name))];
        var model = ClipModelAnswers.Of("ViT-B/32", images, [.. predictions.Labels], predictions.Scores.Span);
        var people = ClipHumanResult.Of(answers.People);
        output.WriteLine($"people {people.OfAll.Accuracy:P1}, their majority {people.Majority.Accuracy:P1} of {people.Majority.Images}, the model {predictions.Result.Accuracy:P1}");
        var agreement = ClipAgreementTable.Of([.. answers.People, .. model], "ViT-B/32");
        output.WriteLine($"error consistency among people {agreement.AmongPeople.ErrorConsistency:F2}, with the model {agreement.WithModel("ViT-B/32").ErrorConsistency:F2}");
        // end
    }

    private static void Metrics(StringWriter output)
    {
        // README
        var meter = new ClipClassificationMeter(["cat", "dog", "espresso"]);
        meter.Add(label: 0, scores: [0.8f, 0.1f, 0.1f]);
        meter.Add(label: 1, scores: [0.2f, 0.7f, 0.1f]);
        var result = meter.ToResult();
        output.WriteLine($"{result.Accuracy:P1}, 99.5% interval {result.Interval.Lower:P1} to {result.Interval.Upper:P1}, chance {result.Chance:P1}");
        // end
    }

    private string At(string path) => _directory.Combine(path);

    private static void Copy(string from, string to)
    {
        foreach (string file in Directory.GetFiles(from, "*", SearchOption.AllDirectories))
        {
            string target = Path.Combine(to, Path.GetRelativePath(from, file));
            Directory.CreateDirectory(Path.GetDirectoryName(target)!);
            File.Copy(file, target);
        }
    }

    private static string Words(string text) => string.Join(' ', text.Split((char[]?)null, StringSplitOptions.RemoveEmptyEntries));
}
