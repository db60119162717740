using Microsoft.ML.Clip;
using Samples;

namespace PaperTour;

/// <summary>The repository's own photographs with the classes that the model takes them for (figure 21 of the paper).</summary>
internal static class GridSection
{
    private static readonly (string File, string Class)[] Photographs =
        [("cat", "tabby cat"), ("coffee", "espresso"), ("dog", "dog"), ("koala", "koala"), ("red-panda", "red panda"), ("bison", "bison")];

    public static ClipReportSection? Of(ClipModel model)
    {
        string folder = Path.Combine(Repository.Root, "samples", "images");
        string[] names = ["tabby cat", "espresso", "dog", "koala", "red panda", "bison", "bird", "airplane", "teapot", "school bus"];
        var classifier = ClipZeroShotClassifier.Create(model, names);
        var images = new List<ClipPlotImage>();
        foreach (string file in Directory.EnumerateFiles(folder).Where(f => Path.GetExtension(f) is ".jpg" or ".png").Order(StringComparer.Ordinal))
        {
            var prediction = classifier.Classify(model.EncodeImage(file));
            string name = Path.GetFileNameWithoutExtension(file);
            string truth = Photographs.FirstOrDefault(p => name.Contains(p.File, StringComparison.OrdinalIgnoreCase)).Class ?? name;
            images.Add(new(Path.GetFileName(file), File.ReadAllBytes(file), truth,
                [.. names.Select((n, i) => new ClipPlotGuess(n, prediction.Scores[i])).OrderByDescending(g => g.Probability).Take(5)]));
        }
        return images.Count == 0 ? null : new("Single images")
        {
            Blocks = [new ClipReportImages(images, "The photographs of samples/images, each with the five most probable of ten names; its own is marked.")],
        };
    }
}
