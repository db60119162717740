using System.Diagnostics;
using System.Globalization;

namespace Microsoft.ML.Clip.Benchmarks;

/// <summary>
/// How long metrics take at the size of the paper's largest sets, and what memory: COCO's 5,000 images with 25,000 captions, a million rows of a thousand
/// classes, 50,000 embedded images against 10 and 1,000 classes, and 10,000 of them against 200,000 training rows.
/// </summary>
internal static class EvaluationSpeed
{
    private const int Images = 5_000, Texts = 25_000, Dimension = 512, Rows = 1_000_000, Classes = 1_000, Rounds = 3;

    public static void Run()
    {
        var random = new Random(1);
        float[] images = Values(Images * Dimension), texts = Values(Texts * Dimension);
        int[] imageOfText = [.. Enumerable.Range(0, Texts).Select(i => i % Images)];
        for (int round = 0; round < Rounds; round++)
        {
            Measure($"retrieval, {Images} images, {Texts} captions, {Dimension} values", () => ClipRetrieval.Evaluate(images, texts, imageOfText, Dimension).ToString());
        }
        float[] scores = Values(Classes);
        var meter = new ClipClassificationMeter([.. Enumerable.Range(0, Classes).Select(i => $"class {i}")]);
        for (int round = 0; round < Rounds; round++)
        {
            Measure($"classification, {Rows} rows, {Classes} classes", () =>
            {
                for (int row = 0; row < Rows; row++)
                {
                    scores[row % Classes] = row * 1e-7f;
                    meter.Add(row % Classes, scores);
                }
                return meter.ToResult().Count.ToString(CultureInfo.InvariantCulture);
            });
        }
        float[] rows = Values(50_000 * Dimension);
        foreach (int classes in (ReadOnlySpan<int>)[10, Classes])
        {
            string[] names = [.. Enumerable.Range(0, classes).Select(i => i.ToString(CultureInfo.InvariantCulture))];
            var classifier = new ClipZeroShotClassifier(names, Values(classes * Dimension), logitScale: 100);
            var set = new ClipEmbeddedSet("set", names, ClipFeatures.JointEmbedding, rows, [.. Enumerable.Range(0, 50_000).Select(i => i % classes)]);
            for (int round = 0; round < Rounds; round++)
            {
                Measure($"zero-shot, 50000 rows, {classes} classes", () => set.Classify(classifier).Count.ToString(CultureInfo.InvariantCulture));
            }
        }
        Measure("duplicates, 10000 test rows, 200000 training rows", () => ClipDuplicateSearch.Find(rows.AsMemory(0, 10_000 * Dimension),
            Enumerable.Repeat<ReadOnlyMemory<float>>(rows, 4), Dimension)[0].ToString());

        float[] Values(int count) => [.. Enumerable.Range(0, count).Select(_ => random.NextSingle() - 0.5f)];
    }

    /// <summary>Everything from the folder to the result, the texts included: the first round embeds, the others read.</summary>
    public static void RunCached(string modelDirectory, string folder)
    {
        var place = Directory.CreateTempSubdirectory("clip-benchmark-");
        try
        {
            using var model = ClipModel.Load(modelDirectory);
            for (int round = 0; round <= Rounds; round++)
            {
                string what = round == 0 ? "embedded" : "from the cache";
                Measure($"zero-shot on {folder}, {what}", () =>
                {
                    var set = ClipEmbeddedSet.Of(model, ClipDataSet.FromFolders(folder), cache: new ClipEmbeddingCache(place.FullName));
                    var result = set.Classify(ClipZeroShotClassifier.Create(model, set.ClassNames, ClipPrompts.Cifar18));
                    Console.Write(string.Create(CultureInfo.InvariantCulture, $"{result.Count} images, {100 * result.Accuracy:F2}%; "));
                    return "";
                });
            }
        }
        finally
        {
            place.Delete(recursive: true);
        }
    }

    private static void Measure(string what, Func<string> work)
    {
        long before = GC.GetTotalAllocatedBytes();
        var clock = Stopwatch.StartNew();
        _ = work();
        Console.WriteLine(string.Create(CultureInfo.InvariantCulture, $"{what}: {clock.Elapsed.TotalSeconds:F2} s, {(GC.GetTotalAllocatedBytes() - before) / 1e6:F1} MB allocated"));
    }
}
