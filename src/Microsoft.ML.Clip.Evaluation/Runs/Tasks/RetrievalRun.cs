using System.Diagnostics;

namespace Microsoft.ML.Clip;

/// <summary>Measures one model on images and captions.</summary>
internal static class RetrievalRun
{
    public static IEnumerable<ClipEvaluationRecord> Run(ClipRetrievalTask task, EvaluationContext context)
    {
        if (!context.Options.ZeroShot || !context.Model.HasTextEncoder)
        {
            yield break;
        }
        var watch = Stopwatch.StartNew();
        var images = context.Embed(FileSet.Of(task.Test.Name, task.Test.Images), ClipFeatures.JointEmbedding);
        float[] captions = context.EncodeTexts([.. task.Test.Captions.Select(c => task.Prompt + c)]);
        // An image that cannot be read is left out with its captions.
        int[] used = FileSet.Readable(images);
        int[] places = new int[task.Test.Images.Count];
        Array.Fill(places, -1);
        for (int i = 0; i < used.Length; i++)
        {
            places[used[i]] = i;
        }
        int dimension = images.Dimension;
        int[] kept = [.. Enumerable.Range(0, task.Test.Captions.Count).Where(c => places[task.Test.ImageOfText[c]] >= 0)];
        float[] texts = new float[kept.Length * dimension];
        for (int i = 0; i < kept.Length; i++)
        {
            captions.AsSpan(kept[i] * dimension, dimension).CopyTo(texts.AsSpan(i * dimension));
        }
        context.Stage($"{images.Count:N0} images by {kept.Length:N0} captions");
        var result = ClipRetrieval.Evaluate(images.Embeddings, texts, [.. kept.Select(c => places[task.Test.ImageOfText[c]])], dimension,
            cancellationToken: context.CancellationToken);
        string[] remarks = kept.Length == task.Test.Captions.Count ? NameRemarks.Cut(context.Model, task.Test.Captions, task.Prompt + "{}", "captions")
            : [.. NameRemarks.Cut(context.Model, task.Test.Captions, task.Prompt + "{}", "captions"), $"{task.Test.Captions.Count - kept.Length} captions are left out with {(images.Failed.Count == 1 ? "an image" : $"{images.Failed.Count} images")} that cannot be read."];
        int[] perImage = [.. kept.CountBy(c => places[task.Test.ImageOfText[c]]).Select(c => c.Value)];
        foreach (var (direction, recall) in new[] { ("image to text", result.ImageToText), ("text to image", result.TextToImage) })
        {
            foreach (var at in recall.At)
            {
                yield return context.Record(task, ClipEvaluationKind.Retrieval, $"{direction} R@{at.K}", at.Recall, at.Interval, images, watch.Elapsed.TotalSeconds) with
                {
                    Chance = recall == result.ImageToText ? perImage.Average(own => Chance(own, at.K, kept.Length)) : Chance(1, at.K, used.Length),
                    Retrieval = result,
                    Prompts = task.Prompt.Length == 0 ? "captions as they are" : $"{task.Prompt}CAPTION",
                    Remarks = remarks,
                };
            }
        }
    }

    /// <summary>How probably one of some right candidates is among k at random.</summary>
    private static double Chance(int right, int k, int candidates)
    {
        double none = 1;
        for (int i = 0; i < Math.Min(k, candidates); i++)
        {
            none *= Math.Max(0, candidates - right - i) / (double)(candidates - i);
        }
        return 1 - none;
    }
}
