namespace Microsoft.ML.Clip;

/// <summary>The paper's metrics of what was predicted, with their intervals.</summary>
internal static class MetricValue
{
    // Two-sided 99.5% of the normal distribution; halvings to the last digit.
    private const double Deviations = 2.807033768343811;
    private const int Halvings = 60;

    public static string NameOf(ClipBenchmarkMetric metric) => metric switch
    {
        ClipBenchmarkMetric.Accuracy => "accuracy",
        ClipBenchmarkMetric.MeanPerClass => "mean per class",
        ClipBenchmarkMetric.MeanAveragePrecision11Point => "11-point mAP",
        ClipBenchmarkMetric.RocAuc => "ROC AUC",
        _ => "mean of top-1 and top-5",
    };

    /// <summary>What guessing gets by this metric.</summary>
    public static double Chance(ClipBenchmarkMetric metric, ClipClassificationResult result) => metric switch
    {
        ClipBenchmarkMetric.MeanOfTop1AndTop5 => (1 + result.TopK) / (2.0 * result.Classes.Count),
        ClipBenchmarkMetric.RocAuc => 0.5,
        _ => result.Chance,
    };

    public static (double Value, ClipInterval? Interval) Of(ClipBenchmarkMetric metric, ClipSetPredictions predictions)
    {
        var result = predictions.Result;
        return metric switch
        {
            ClipBenchmarkMetric.Accuracy => (result.Accuracy, result.Interval),
            ClipBenchmarkMetric.MeanPerClass => (result.MeanPerClass, MeanPerClass(result)),
            ClipBenchmarkMetric.RocAuc when predictions.RocAuc is { } auc =>
                (auc, RocAuc(auc, predictions.Labels.Count(l => l == 1), predictions.Labels.Count(l => l == 0))),
            ClipBenchmarkMetric.RocAuc => throw new InvalidDataException($"'{predictions.SetName}' has {predictions.ClassNames.Count} classes, {predictions.Labels.Distinct().Count()} of them with images; the area under the curve is one of two classes that both have some."),
            ClipBenchmarkMetric.MeanOfTop1AndTop5 when result.TopKAccuracy is { } top5 => ((result.Accuracy + top5) / 2,
                Middle(result.Interval, ClipInterval.ClopperPearson(result.TopKHits!.Value, result.Count))),
            ClipBenchmarkMetric.MeanOfTop1AndTop5 => throw new InvalidDataException($"'{predictions.SetName}' has {predictions.ClassNames.Count} classes; among the best five would be all of them."),
            _ => throw new InvalidDataException($"Eleven-point average precision is for images of several classes ({nameof(ClipMultiLabelTask)}); '{predictions.SetName}' has one for each image."),
        };
    }

    /// <summary>
    /// An interval of the mean over classes: Clopper and Pearson's with as many rows as would give the mean its spread if all counted alike (Korn and
    /// Graubard 1998). Where all classes have as many rows it is that of the accuracy, which is the same number then. Rows drawn anew would find no spread
    /// in a class of one row, or one that is all right.
    /// </summary>
    private static ClipInterval MeanPerClass(ClipClassificationResult result)
    {
        long[] counts = [.. result.Classes.Select(c => c.Count).Where(c => c > 0)];
        return ClipInterval.ClopperPearsonOfShare(result.MeanPerClass, counts.Length * (double)counts.Length / counts.Sum(c => 1.0 / c));
    }

    /// <summary>
    /// An interval of an area: all areas from which the measured one is no more than so many standard errors away, by Hanley and McNeil's formula with a
    /// mean number of rows (Newcombe 2006, method 5). Unlike the error of the measured area it is no point where the order is perfect.
    /// </summary>
    internal static ClipInterval RocAuc(double auc, double positives, double negatives)
    {
        return new(Least(auc), 1 - Least(1 - auc));

        // The error at 1 is 0, so that a perfect order is bracketed from below.
        double Least(double measured)
        {
            double low = 0, high = measured;
            for (int i = 0; i < Halvings; i++)
            {
                double middle = (low + high) / 2;
                (low, high) = measured - middle > Deviations * Error(middle) ? (middle, high) : (low, middle);
            }
            return low;
        }

        double Error(double area)
        {
            double others = ((positives + negatives) / 2) - 1;
            return Math.Sqrt(area * (1 - area) * (1 + (others * (1 - area) / (2 - area)) + (others * area / (1 + area))) / (positives * negatives));
        }
    }

    // Both move together, as every hit of the first is one of the second.
    private static ClipInterval Middle(ClipInterval a, ClipInterval b) => new((a.Lower + b.Lower) / 2, (a.Upper + b.Upper) / 2);
}
