using System.Text;

namespace Microsoft.ML.Clip;

/// <summary>What probes on some images of each class reached. Immutable.</summary>
public sealed record ClipFewShotPoint
{
    /// <summary>How many labelled images of each class; <see langword="null"/> for all that there are.</summary>
    public required int? Shots { get; init; }

    /// <summary>The mean number of labelled images of each class that there were: less than the shots where classes have fewer images.</summary>
    public required double ImagesPerClass { get; init; }

    /// <summary>How many classes have fewer images than the shots, and gave all.</summary>
    public required int ShortClasses { get; init; }

    /// <summary>The score on the test set for each seed, 0 to 1.</summary>
    public required IReadOnlyList<double> Scores { get; init; }

    /// <summary>Their mean.</summary>
    public double Mean => Scores.Average();

    /// <summary>Their standard deviation over draws (n - 1); <see langword="null"/> of one.</summary>
    public double? StandardDeviation => Scores.Count < 2 ? null : Math.Sqrt(Scores.Sum(s => Math.Pow(s - Mean, 2)) / (Scores.Count - 1));

    private bool PrintMembers(StringBuilder builder) => RecordText.Append(builder, this);
}
