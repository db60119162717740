using System.Diagnostics;

namespace Microsoft.ML.Clip;

/// <summary>Measures one model on images of several classes.</summary>
internal static class MultiLabelRun
{
    public static IEnumerable<ClipEvaluationRecord> Run(ClipMultiLabelTask task, EvaluationContext context)
    {
        if (!context.Options.ZeroShot || !context.Model.HasTextEncoder)
        {
            yield break;
        }
        var watch = Stopwatch.StartNew();
        var set = FileSet.Of(task.Test.Name, task.Test.Images);
        var images = context.Embed(set, ClipFeatures.JointEmbedding);
        var classifier = context.Classifier([.. task.Test.ClassNames.Select(n => (IReadOnlyList<string>)[n])], task.Templates);
        int classes = task.Test.ClassNames.Count;
        var weights = new PackedRows(classifier.ClassWeights.Span, images.Dimension);
        float[] cosines = new float[images.Count * weights.Width];
        images.Multiply(weights, 0, images.Count, cosines);
        int[] used = FileSet.Readable(images);
        var eleven = new List<double>();
        var ordinary = new List<double>();
        int empty = 0;
        for (int k = 0; k < classes; k++)
        {
            // What is in an image, but hard to see, counts neither for nor against its class.
            int[] counted = [.. Enumerable.Range(0, images.Count).Where(i => !task.Test.Difficult[used[i]].Contains(k))];
            float[] scores = [.. counted.Select(i => cosines[(i * weights.Width) + k])];
            bool[] isPositive = [.. counted.Select(i => task.Test.Labels[used[i]].Contains(k))];
            if (!isPositive.Contains(true))
            {
                empty++;
                continue;
            }
            eleven.Add(ClipRankingMetrics.ElevenPointAveragePrecision(scores, isPositive));
            ordinary.Add(ClipRankingMetrics.AveragePrecision(scores, isPositive));
        }
        if (eleven.Count == 0)
        {
            throw new InvalidDataException($"No class of '{task.Test.Name}' has an image that can be read.");
        }
        string[] remarks = empty == 0 ? [] : [$"{empty} of {classes} classes are on no image and are left out of the means."];
        foreach (var (name, values) in new[] { ("11-point mAP", eleven), ("mAP", ordinary) })
        {
            yield return context.Record(task, ClipEvaluationKind.ZeroShot, name, values.Average(), null, images, watch.Elapsed.TotalSeconds) with
            {
                Classes = classes,
                Prompts = task.Templates.Count == 1 ? task.Templates[0] : $"{task.Templates.Count} templates",
                TemplatesHash = TextHash.Of(task.Templates),
                NamesHash = TextHash.Of(task.Test.ClassNames),
                Remarks = remarks,
            };
        }
    }
}
