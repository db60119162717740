namespace Microsoft.ML.Clip.Tests;

public sealed class MultiLabelRunTests
{
    /// <summary>VOC's rule: an image on which a class is marked as difficult is left out for that class, and for no other.</summary>
    [Fact]
    public void Run_DifficultImages_AreLeftOutForTheirClass()
    {
        string samples = Path.Combine(BuildFacts.RepositoryRoot, "samples");
        using var model = ClipModel.Load(Path.Combine(samples, "models", "tiny-clip"));
        using var folder = new TemporaryDirectory();
        string[] images = ["cat.png", "red-panda.jpg", "coffee.png", "dog.jpg"];
        for (int i = 0; i < images.Length; i++)
        {
            folder.Copy(Path.Combine(samples, "images", images[i]), $"VOC2007/JPEGImages/{i}.jpg");
        }

        double[] values = [.. ((string[])["-1", "0", "1"]).Select(Measure)];

        // The other class has an average of its own, the same in all three.
        float[][] embeddings = [.. images.Select((_, i) => model.EncodeImage(ClipImageSource.FromFile(folder.Combine($"VOC2007/JPEGImages/{i}.jpg"))))];
        float[] scores = [.. embeddings.Select(e => ClipSimilarity.Cosine(e, model.EncodeText("a photo of a cat.")))];
        float[] other = [.. embeddings.Select(e => ClipSimilarity.Cosine(e, model.EncodeText("a photo of a dog.")))];
        double rest = ClipRankingMetrics.ElevenPointAveragePrecision(other, [false, true, false, true]);
        Assert.Equal(Mean(scores, [true, false, false, true]), values[0], EvaluationGolden.Sums);
        Assert.Equal(Mean([scores[0], scores[2], scores[3]], [true, false, true]), values[1], EvaluationGolden.Sums);
        Assert.Equal(Mean(scores, [true, true, false, true]), values[2], EvaluationGolden.Sums);
        Assert.Distinct(values);

        double Mean(float[] scores, bool[] isPositive) => (ClipRankingMetrics.ElevenPointAveragePrecision(scores, isPositive) + rest) / 2;

        double Measure(string pandaAsACat)
        {
            folder.Write("VOC2007/ImageSets/Main/cat_test.txt", $"0 1\n1 {pandaAsACat}\n2 -1\n3 1\n");
            folder.Write("VOC2007/ImageSets/Main/dog_test.txt", "0 -1\n1 1\n2 -1\n3 1\n");
            var results = ClipEvaluation.Run([new("tiny", model)], [new ClipMultiLabelTask("voc", ClipMultiLabelSet.FromVoc(folder.Combine("VOC2007")))], new());
            return results.Records.Single(r => r.Metric == "11-point mAP").Value;
        }
    }
}
