using System.Buffers;
using System.Numerics.Tensors;
using System.Runtime.CompilerServices;
using System.Runtime.ExceptionServices;

namespace Microsoft.ML.Clip;

/// <summary>Scores the rows of a set on all cores, and counts what came out in their order, so that the result does not depend on threads.</summary>
internal static class SetScorer
{
    // What a core's second cache holds beside a panel of classes; rows in multiples of the kernel's tiles.
    private const int LogitsAtOnce = 1 << 17, RowsAtOnce = 96, RowsOfATile = 12;

    /// <summary>Makes the logits of some rows, [rows, <see cref="PackedRows.Width"/> of the classes]; what is behind the last class is not looked at.</summary>
    public delegate void Logits(int firstRow, int rows, Span<float> logits);

    /// <summary>Makes scores of a row's logits, in place.</summary>
    public delegate void Scores(Span<float> logits);

    /// <summary>exp(100) alone, of an image that is its class's text with CLIP's scale, would overflow: all is relative to the greatest.</summary>
    public static void Softmax(Span<float> logits)
    {
        TensorPrimitives.Subtract(logits, TensorPrimitives.Max<float>(logits), logits);
        TensorPrimitives.Exp(logits, logits);
        TensorPrimitives.Divide(logits, TensorPrimitives.Sum<float>(logits), logits);
    }

    /// <summary>Scores and counts. The order of classes is that of their logits: probabilities that rounding makes equal do not count as equal.</summary>
    public static ClipSetPredictions Collect(string name, IReadOnlyList<string> classNames, IReadOnlyList<int> labels, bool keepScores,
        Logits logits, Scores scores)
    {
        int count = labels.Count, classes = classNames.Count, width = MatrixKernel.Pad(classes);
        if (count == 0)
        {
            throw new InvalidOperationException($"Nothing of '{name}' can be measured: none of its images could be read.");
        }
        int atOnce = Math.Clamp(LogitsAtOnce / width / RowsOfATile * RowsOfATile, RowsOfATile, RowsAtOnce);
        // Read some times for each row; a list behind an interface costs as much as the row's product.
        int[] ofRows = [.. labels];
        int[] predicted = new int[count];
        float[] labelScores = new float[count];
        float[]? all = keepScores ? new float[(long)count * classes] : null;
        float[]? margins = classes == 2 ? new float[count] : null;
        // A megabyte for 50,000 rows, whose pages cost more to get than to fill.
        var outcomes = ArrayPool<ClipClassificationMeter.Outcome>.Shared.Rent(count);
        try
        {
            Parallel.For(0, (count + atOnce - 1) / atOnce, new ParallelOptions { MaxDegreeOfParallelism = Environment.ProcessorCount },
                () => new float[atOnce * width], [MethodImpl(MethodImplOptions.AggressiveOptimization)] (block, _, room) =>
                {
                    int first = block * atOnce, rows = Math.Min(count - first, atOnce);
                    logits(first, rows, room.AsSpan(0, rows * width));
                    for (int row = first; row < first + rows; row++)
                    {
                        var values = room.AsSpan((row - first) * width, classes);
                        var (_, greatest, best) = Counts.Range(values);
                        if (float.IsNaN(greatest))
                        {
                            throw new ArgumentException($"Row {row} (counted from 0) of '{name}' has the score NaN for '{classNames[best]}', class {best}.", nameof(logits));
                        }
                        if (margins is not null)
                        {
                            margins[row] = values[1] - values[0];
                        }
                        int ahead = ClipClassificationMeter.Ahead(ofRows[row], values);
                        scores(values);
                        outcomes[row] = new(best, ahead, values[best], AreProbabilities: true);
                        predicted[row] = best;
                        labelScores[row] = values[ofRows[row]];
                        if (all is not null)
                        {
                            values.CopyTo(all.AsSpan(row * classes, classes));
                        }
                    }
                    return room;
                }, _ => { });
        }
        catch (AggregateException e) when (e.InnerExceptions is [var only, ..])
        {
            ExceptionDispatchInfo.Throw(only);
        }
        var meter = new ClipClassificationMeter(classNames);
        for (int row = 0; row < count; row++)
        {
            meter.Add(ofRows[row], outcomes[row]);
        }
        ArrayPool<ClipClassificationMeter.Outcome>.Shared.Return(outcomes);
        return new(name, classNames, labels, meter.ToResult(), predicted, labelScores, RocAuc(margins, labels), all);
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
