using System.Text;

namespace Microsoft.ML.Clip;

/// <summary>What a <see cref="ClipClassificationMeter"/> has counted, and what follows from it. Immutable.</summary>
public sealed record ClipClassificationResult
{
    /// <summary>How many rows there were.</summary>
    public required long Count { get; init; }

    /// <summary>How many of them had their class above all others.</summary>
    public required long Hits { get; init; }

    /// <summary>The k of <see cref="TopKHits"/>.</summary>
    public required int TopK { get; init; }

    /// <summary>
    /// How many rows had their class among the <see cref="TopK"/> highest scores; <see langword="null"/> where there are no more classes than that, as all would.
    /// </summary>
    public required long? TopKHits { get; init; }

    /// <summary>Class by class, in the order of the scores.</summary>
    public required IReadOnlyList<ClipClassResult> Classes { get; init; }

    /// <summary>The mistakes, the most frequent first.</summary>
    public required IReadOnlyList<ClipConfusion> Confusions { get; init; }

    /// <summary>How far confidences can be believed, from the lowest on; bins without rows are left out. Empty where scores were no probabilities.</summary>
    public required IReadOnlyList<ClipCalibrationBin> Calibration { get; init; }

    /// <summary>The share of rows that were right, 0 to 1.</summary>
    public double Accuracy => Hits / (double)Count;

    /// <summary>The 99.5% interval of <see cref="Accuracy"/>, as in the paper's tables.</summary>
    public ClipInterval Interval => ClipInterval.ClopperPearson(Hits, Count);

    /// <summary>The share of rows whose class was among the <see cref="TopK"/> highest scores, 0 to 1; <see langword="null"/> where that means nothing.</summary>
    public double? TopKAccuracy => TopKHits / (double)Count;

    /// <summary>
    /// The mean over classes of the share of their rows that were right, 0 to 1. Classes without a row are left out of it (<see cref="EmptyClasses"/>). It is the
    /// paper's metric of Caltech-101, Flowers, Pets and Aircraft, and scikit-learn's <c>balanced_accuracy_score</c>.
    /// </summary>
    public double MeanPerClass => Classes.Where(c => c.Count > 0).Average(c => c.Recall!.Value);

    /// <summary>How many classes had no row.</summary>
    public int EmptyClasses => Classes.Count(c => c.Count == 0);

    /// <summary>What guessing at random gets right, 0 to 1.</summary>
    public double Chance => 1.0 / Classes.Count;

    /// <summary>What always saying the most frequent class gets right, 0 to 1.</summary>
    public double MajorityRate => Classes.Max(c => c.Count) / (double)Count;

    /// <summary>
    /// The mean distance between confidence and accuracy over the bins, weighted by their rows (ECE; Guo et al. 2017); <see langword="null"/> where scores were no
    /// probabilities.
    /// </summary>
    public double? CalibrationError => Calibration.Count == 0 ? null : Calibration.Sum(b => b.Count / (double)Count * Math.Abs(b.Accuracy - b.Confidence));

    private bool PrintMembers(StringBuilder builder) => RecordText.Append(builder, this);
}
