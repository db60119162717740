using System.Globalization;

namespace Microsoft.ML.Clip;

/// <summary>
/// Results as tables with pictures: of a report, by <see cref="ClipReportBlock.ToHtml"/> for a page, or as the last line of a notebook's cell. Thread-safe.
/// </summary>
public static class ClipResultTables
{
    private const int ThumbnailSize = 96;

    /// <summary>What a search found: the photographs with their ranks and cosines.</summary>
    /// <param name="matches">What <see cref="ClipSimilarity.TopK(ReadOnlySpan{float}, IReadOnlyList{float[]}, int)"/> or <see cref="ClipSearchIndex"/> gave.</param>
    /// <param name="paths">The files of all that was searched, by <see cref="ClipMatch.Index"/>.</param>
    /// <param name="caption">What was searched for.</param>
    /// <param name="name">The table's name among those of its report.</param>
    /// <returns>A row for each match, in the order of the matches.</returns>
    /// <exception cref="ArgumentException">A match has no path.</exception>
    /// <exception cref="ClipImageException">A photograph cannot be decoded; the message has its name.</exception>
    /// <exception cref="IOException">One cannot be read.</exception>
    public static ClipReportTable ToTable(this IReadOnlyList<ClipMatch> matches, IReadOnlyList<string> paths, string caption = "Nearest", string name = "nearest")
    {
        ArgumentNullException.ThrowIfNull(matches);
        ArgumentNullException.ThrowIfNull(paths);
        if (matches.Where(m => m.Index < 0 || m.Index >= paths.Count).Select(m => (int?)m.Index).FirstOrDefault() is { } beyond)
        {
            throw new ArgumentException($"A match has the index {beyond}; there are {paths.Count} paths.", nameof(paths));
        }
        return new(name, caption)
        {
            Columns = [new("Photograph"), new("File"), new("Rank", ClipReportFormat.Count), new("Cosine", ClipReportFormat.Number, 3)],
            Rows = [.. matches.Select((match, rank) => (IReadOnlyList<ClipReportCell>)
                [ClipReportCell.Thumbnail(paths[match.Index], ThumbnailSize), Path.GetFileName(paths[match.Index]), rank + 1, match.Cosine])],
        };
    }

    /// <summary>What photographs were taken for: the label, how probable, and the next two.</summary>
    /// <param name="predictions">What <see cref="ClipZeroShotClassifier.Classify(ReadOnlySpan{float})"/> gave for each.</param>
    /// <param name="classifier">What they were classified with, for the names of the labels.</param>
    /// <param name="paths">The files, as many as there are predictions.</param>
    /// <param name="caption">What stands above it.</param>
    /// <param name="name">The table's name among those of its report.</param>
    /// <returns>
    /// A row for each. Where no label was near enough (<see cref="ClipZeroShotClassifier.MinimumCosine"/>), <c>none of these</c> stands for it.
    /// </returns>
    /// <exception cref="ArgumentException">There are not as many paths as predictions, or one is of another number of labels.</exception>
    /// <exception cref="ClipImageException">A photograph cannot be decoded; the message has its name.</exception>
    /// <exception cref="IOException">One cannot be read.</exception>
    public static ClipReportTable ToTable(this IReadOnlyList<ClipZeroShotPrediction> predictions, ClipZeroShotClassifier classifier,
        IReadOnlyList<string> paths, string caption = "Photographs and their labels", string name = "labels")
    {
        ArgumentNullException.ThrowIfNull(predictions);
        ArgumentNullException.ThrowIfNull(classifier);
        ArgumentNullException.ThrowIfNull(paths);
        if (predictions.Count != paths.Count)
        {
            throw new ArgumentException($"There are {predictions.Count} predictions and {paths.Count} paths.", nameof(paths));
        }
        if (predictions.FirstOrDefault(p => p.Scores.Count != classifier.Labels.Count) is { } other)
        {
            throw new ArgumentException($"A prediction has {other.Scores.Count} scores; the classifier has {classifier.Labels.Count} labels.", nameof(classifier));
        }
        return new(name, caption)
        {
            Columns = [new("Photograph"), new("File"), new("Label"), new("Score", ClipReportFormat.Percent), new("Cosine", ClipReportFormat.Number, 3), new("Then")],
            Rows = [.. predictions.Select((p, i) => (IReadOnlyList<ClipReportCell>)
                [ClipReportCell.Thumbnail(paths[i], ThumbnailSize), Path.GetFileName(paths[i]), p.Label ?? "none of these", p.Score, p.Cosine, Next(p, classifier.Labels)])],
        };
    }

    /// <summary>What a classifier got right, class by class.</summary>
    /// <param name="result">What <see cref="ClipClassificationMeter.ToResult"/> or <see cref="ClipEmbeddedSet.Classify"/> gave.</param>
    /// <param name="caption">What stands above it; <see langword="null"/> for the accuracy with its interval.</param>
    /// <param name="name">The table's name among those of its report.</param>
    /// <returns>
    /// A row for each class that has rows: how many, which of them were right with the exact interval of 99.5%, and how often it was said rightly.
    /// </returns>
    public static ClipReportTable ToTable(this ClipClassificationResult result, string? caption = null, string name = "classes")
    {
        ArgumentNullException.ThrowIfNull(result);
        return new(name, caption ?? string.Create(CultureInfo.InvariantCulture,
            $"{100 * result.Accuracy:F1}% of {result.Count} are right ({100 * result.Interval.Lower:F1} to {100 * result.Interval.Upper:F1}%); guessing gives {100 * result.Chance:F1}%."))
        {
            Columns = [new("Class"), new("Rows", ClipReportFormat.Count), new("Right", ClipReportFormat.Percent), new("Right when said", ClipReportFormat.Percent)],
            Rows = [.. result.Classes.Where(c => c.Count > 0).Select(c => (IReadOnlyList<ClipReportCell>)
                [c.Name, c.Count, ClipReportCell.Rate(c.Hits, c.Count), c.Precision])],
        };
    }

    private static string Next(ClipZeroShotPrediction prediction, IReadOnlyList<string> labels) => string.Join(", ", prediction.Scores
        .Select((score, i) => (Label: labels[i], Score: score, Index: i)).Where(s => s.Index != prediction.Index).OrderByDescending(s => s.Score).Take(2)
        .Select(s => string.Create(CultureInfo.InvariantCulture, $"{s.Label} {100 * s.Score:F1}%")));
}
