namespace Microsoft.ML.Clip;

/// <summary>What a data set is measured by in Radford et al. 2021, table 9.</summary>
public enum ClipBenchmarkMetric
{
    /// <summary>The share of rows whose best class is the right one: <see cref="ClipClassificationResult.Accuracy"/>.</summary>
    Accuracy,

    /// <summary>The mean over classes of the share of their rows: <see cref="ClipClassificationResult.MeanPerClass"/>.</summary>
    MeanPerClass,

    /// <summary>
    /// The mean over classes of the eleven-point average precision of VOC 2007: <see cref="ClipRankingMetrics.ElevenPointAveragePrecision"/>. An image may be of
    /// several classes, and does not count for those for which it is marked as difficult.
    /// </summary>
    MeanAveragePrecision11Point,

    /// <summary>The area under the curve of two classes: <see cref="ClipRankingMetrics.RocAuc"/>.</summary>
    RocAuc,

    /// <summary>The mean of the accuracy of the best class and that of the best five.</summary>
    MeanOfTop1AndTop5,
}
