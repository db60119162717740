using System.Numerics.Tensors;

namespace Microsoft.ML.Clip;

/// <summary>Scores the rows of a set on all cores, and counts what came out in their order, so that the result does not depend on threads.</summary>
internal static class SetScorer
{
    private const int RowsAtOnce = 256;

    /// <summary>Makes the logits of some rows, [rows, classes].</summary>
    public delegate void Logits(int firstRow, int rows, Span<float> logits);

    /// <summary>Makes scores of logits, in place.</summary>
    public delegate void Scores(Span<float> logits);

    public static void Softmax(Span<float> logits) => TensorPrimitives.SoftMax(logits, logits);

    public static ClipSetPredictions Collect(string name, IReadOnlyList<string> classNames, IReadOnlyList<int> labels, bool keepScores,
        Logits logits, Scores scores)
    {
        int count = labels.Count, classes = classNames.Count, chunks = (count + RowsAtOnce - 1) / RowsAtOnce;
        if (count == 0)
        {
            throw new InvalidOperationException($"Nothing of '{name}' can be measured: none of its images could be read.");
        }
        int[] predicted = new int[count];
        float[] labelScores = new float[count];
        float[]? all = keepScores ? new float[(long)count * classes] : null;
        float[]? margins = classes == 2 ? new float[count] : null;
        var meters = new ClipClassificationMeter[chunks];
        try
        {
            Parallel.For(0, chunks, new ParallelOptions { MaxDegreeOfParallelism = Environment.ProcessorCount }, chunk =>
            {
                int first = chunk * RowsAtOnce, rows = Math.Min(count - first, RowsAtOnce);
                var block = all is null ? new float[rows * classes] : all.AsSpan(first * classes, rows * classes);
                logits(first, rows, block);
                meters[chunk] = new ClipClassificationMeter(classNames);
                for (int row = first; row < first + rows; row++)
                {
                    var values = block.Slice((row - first) * classes, classes);
                    if (margins is not null)
                    {
                        margins[row] = values[1] - values[0];
                    }
                    scores(values);
                    meters[chunk].Add(labels[row], values);
                    predicted[row] = TensorPrimitives.IndexOfMax<float>(values);
                    labelScores[row] = values[labels[row]];
                }
            });
        }
        catch (AggregateException e) when (e.InnerExceptions is [var only, ..])
        {
            System.Runtime.ExceptionServices.ExceptionDispatchInfo.Throw(only);
        }
        for (int i = 1; i < chunks; i++)
        {
            meters[0].Add(meters[i]);
        }
        return new(name, classNames, labels, meters[0].ToResult(), predicted, labelScores, RocAuc(margins, labels), all);
    }

    private static double? RocAuc(float[]? margins, IReadOnlyList<int> labels)
    {
        if (margins is null || labels.Distinct().Count() != 2)
        {
            return null;
        }
        return ClipRankingMetrics.RocAuc(margins, [.. labels.Select(l => l == 1)]);
    }
}
