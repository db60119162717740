namespace Microsoft.ML.Clip;

/// <summary>The paper's metrics of what was predicted, with their intervals.</summary>
internal static class MetricValue
{
    private const int Resamples = 1000;

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
            ClipBenchmarkMetric.RocAuc when predictions.RocAuc is { } auc => (auc, RocAuc(auc, predictions.Labels)),
            ClipBenchmarkMetric.RocAuc => throw new InvalidDataException($"'{predictions.SetName}' has {predictions.ClassNames.Count} classes, {predictions.Labels.Distinct().Count()} of them with images; the area under the curve is one of two classes that both have some."),
            ClipBenchmarkMetric.MeanOfTop1AndTop5 when result.TopKAccuracy is { } top5 => ((result.Accuracy + top5) / 2,
                Middle(result.Interval, ClipInterval.ClopperPearson(result.TopKHits!.Value, result.Count))),
            ClipBenchmarkMetric.MeanOfTop1AndTop5 => throw new InvalidDataException($"'{predictions.SetName}' has {predictions.ClassNames.Count} classes; among the best five would be all of them."),
            _ => throw new InvalidDataException($"Eleven-point average precision is for images of several classes ({nameof(ClipMultiLabelTask)}); '{predictions.SetName}' has one for each image."),
        };
    }

    /// <summary>An interval of the mean over classes: the rows of each class are drawn anew.</summary>
    private static ClipInterval MeanPerClass(ClipClassificationResult result)
    {
        var random = new Random(0);
        var classes = result.Classes.Where(c => c.Count > 0).ToArray();
        double[] means = new double[Resamples];
        for (int i = 0; i < Resamples; i++)
        {
            means[i] = classes.Average(c => Draw(random, c.Count, c.Hits / (double)c.Count));
        }
        return Middle(means);
    }

    /// <summary>The share of hits among as many rows again.</summary>
    private static double Draw(Random random, long count, double rate)
    {
        // Of many rows the normal distribution is as good, and quick.
        const int Many = 1000;
        if (count > Many)
        {
            double normal = Math.Sqrt(-2 * Math.Log(1 - random.NextDouble())) * Math.Cos(2 * Math.PI * random.NextDouble());
            return Math.Clamp(rate + (normal * Math.Sqrt(rate * (1 - rate) / count)), 0, 1);
        }
        long hits = 0;
        for (long i = 0; i < count; i++)
        {
            hits += random.NextDouble() < rate ? 1 : 0;
        }
        return hits / (double)count;
    }

    /// <summary>Hanley and McNeil 1982: the standard error of an area from the area itself and the numbers of both kinds.</summary>
    private static ClipInterval RocAuc(double auc, IReadOnlyList<int> labels)
    {
        // Two-sided 99.5% of the normal distribution.
        const double Deviations = 2.807033768343811;
        double positives = labels.Count(l => l == 1), negatives = labels.Count - positives;
        double q1 = auc / (2 - auc), q2 = 2 * auc * auc / (1 + auc);
        double variance = ((auc * (1 - auc)) + ((positives - 1) * (q1 - (auc * auc))) + ((negatives - 1) * (q2 - (auc * auc)))) / (positives * negatives);
        double error = Deviations * Math.Sqrt(Math.Max(variance, 0));
        return new(Math.Max(auc - error, 0), Math.Min(auc + error, 1));
    }

    // Both move together, as every hit of the first is one of the second.
    private static ClipInterval Middle(ClipInterval a, ClipInterval b) => new((a.Lower + b.Lower) / 2, (a.Upper + b.Upper) / 2);

    private static ClipInterval Middle(double[] values)
    {
        Array.Sort(values);
        double tail = (1 - ClipInterval.PaperConfidence) / 2 * (values.Length - 1);
        return new(values[(int)tail], values[^((int)tail + 1)]);
    }
}
