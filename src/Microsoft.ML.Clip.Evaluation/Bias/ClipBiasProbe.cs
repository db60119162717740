using System.Text;

namespace Microsoft.ML.Clip;

/// <summary>
/// Which kinds of labels a classifier gives to images of people, group by group: the share of each group's images in each category, where every image gets the
/// label with the highest score. Radford et al. 2021, section 7.1, tables 6 and 7. Immutable.
/// </summary>
/// <remarks>
/// The paper has 7 races by 2 genders of FairFace as labels, beside words of crime and animals; which words stand in the list decides what comes out (<see
/// cref="ClipBiasEffect"/>).
/// Its prompts were never published, and its shares are not found with the published models. The table says what a classifier does with given images and
/// words, and
/// nothing of people.
/// </remarks>
public sealed record ClipBiasProbe
{
    // The category of each row, by its place.
    private int[] _categoryOfRow = [];
    private string[] _groupOfRow = [];

    /// <summary>The labels among which images had to choose.</summary>
    public required IReadOnlyList<ClipBiasLabel> Labels { get; init; }

    /// <summary>The groups, in the order in which they first appear.</summary>
    public required IReadOnlyList<string> Groups { get; init; }

    /// <summary>The categories, in the order in which they first appear among the labels.</summary>
    public required IReadOnlyList<string> Categories { get; init; }

    /// <summary>The shares, group by group, and of each group category by category.</summary>
    public required IReadOnlyList<ClipGroupShare> Shares { get; init; }

    /// <summary>How many images there are.</summary>
    public int Images => _categoryOfRow.Length;

    /// <summary>The share of one group's images in one category.</summary>
    /// <param name="group">The group.</param>
    /// <param name="category">The category.</param>
    /// <exception cref="ArgumentException">There is no such group, or no such category.</exception>
    public ClipGroupShare Share(string group, string category) =>
        Shares.FirstOrDefault(s => s.Group == group && s.Category == category) is { Images: > 0 } share ? share
        : throw new ArgumentException($"There is no group '{group}' with a category '{category}'; groups are {string.Join(", ", Groups)}, categories {string.Join(", ", Categories)}.");

    /// <summary>The share of all images in one category.</summary>
    /// <param name="category">The category.</param>
    /// <exception cref="ArgumentException">There is no such category.</exception>
    public ClipGroupShare Total(string category)
    {
        var shares = InCategory(category);
        return new("all", category, shares.Sum(s => s.Count), shares.Sum(s => s.Images));
    }

    /// <summary>The groups with the highest and the lowest share of a category.</summary>
    /// <param name="category">The category.</param>
    /// <exception cref="ArgumentException">There is no such category.</exception>
    public (ClipGroupShare Highest, ClipGroupShare Lowest) Extremes(string category)
    {
        var shares = InCategory(category);
        return (shares.MaxBy(s => s.Share), shares.MinBy(s => s.Share));
    }

    /// <summary>Counts labels that were given.</summary>
    /// <param name="labels">The labels.</param>
    /// <param name="predicted">The label of each image, by its place.</param>
    /// <param name="groups">The group of each image.</param>
    /// <returns>The table.</returns>
    /// <exception cref="ArgumentException">
    /// There is no image or no label, a label or a group is empty, there is not a group for each image, or one was given a label that is none; the message
    /// has its row.
    /// </exception>
    public static ClipBiasProbe Of(IReadOnlyList<ClipBiasLabel> labels, ReadOnlySpan<int> predicted, IReadOnlyList<string> groups)
    {
        Check(labels, groups, predicted.Length);
        string[] categories = [.. labels.Select(l => l.Category).Distinct(StringComparer.Ordinal)], names = [.. groups.Distinct(StringComparer.Ordinal)];
        int[] ofLabel = [.. labels.Select(l => Array.IndexOf(categories, l.Category))], ofRow = new int[predicted.Length];
        var places = names.Index().ToDictionary(n => n.Item, n => n.Index, StringComparer.Ordinal);
        long[] images = new long[names.Length], counts = new long[names.Length * categories.Length];
        for (int row = 0; row < predicted.Length; row++)
        {
            if ((uint)predicted[row] >= (uint)labels.Count)
            {
                throw new ArgumentException($"Row {row} (counted from 0) was given the label {predicted[row]}; expected 0 to {labels.Count - 1}.", nameof(predicted));
            }
            ofRow[row] = ofLabel[predicted[row]];
            int group = places[groups[row]];
            images[group]++;
            counts[(group * categories.Length) + ofRow[row]]++;
        }
        return new ClipBiasProbe
        {
            Labels = [.. labels],
            Groups = names,
            Categories = categories,
            Shares = [.. counts.Select((count, i) =>
                new ClipGroupShare(names[i / categories.Length], categories[i % categories.Length], count, images[i / categories.Length]))],
            _categoryOfRow = ofRow,
            _groupOfRow = [.. groups],
        };
    }

    /// <summary>Has a classifier choose among the labels.</summary>
    /// <param name="labels">The labels.</param>
    /// <param name="classifier">The classifier, with these labels in this order.</param>
    /// <param name="embeddings">[images, dimension], row-major: joint embeddings; they need not be of unit length.</param>
    /// <param name="groups">The group of each image.</param>
    /// <returns>The table.</returns>
    /// <exception cref="ArgumentException">
    /// As above; the classifier has other labels, or the embeddings are not rows of its dimension, or one has no direction.
    /// </exception>
    public static ClipBiasProbe Of(IReadOnlyList<ClipBiasLabel> labels, ClipZeroShotClassifier classifier, ReadOnlyMemory<float> embeddings,
        IReadOnlyList<string> groups)
    {
        Check(labels, classifier);
        return Of(labels, Predict(classifier, embeddings, groups?.Count ?? 0), groups!);
    }

    /// <summary>
    /// How rows moved between two tables of the same images: for a group and a category the rows that are there only before, and only behind.
    /// </summary>
    internal ClipMcNemar Moved(ClipBiasProbe after, string group, string category)
    {
        int before = Categories.ToList().IndexOf(category), behind = after.Categories.ToList().IndexOf(category);
        long onlyBefore = 0, onlyAfter = 0;
        for (int row = 0; row < _categoryOfRow.Length; row++)
        {
            bool was = _categoryOfRow[row] == before, isNow = after._categoryOfRow[row] == behind;
            if (_groupOfRow[row] == group && was != isNow)
            {
                (onlyBefore, onlyAfter) = was ? (onlyBefore + 1, onlyAfter) : (onlyBefore, onlyAfter + 1);
            }
        }
        return new(onlyBefore, onlyAfter);
    }

    internal static int[] Predict(ClipZeroShotClassifier classifier, ReadOnlyMemory<float> embeddings, int rows)
    {
        if (classifier.Labels.Count == 1)
        {
            return new int[rows];
        }
        if (rows == 0 || embeddings.Length != (long)rows * classifier.Dimension)
        {
            throw new ArgumentException($"There are {embeddings.Length} values for {rows} images; expected {classifier.Dimension} for each, and one image at least.", nameof(embeddings));
        }
        // Images of people have no right label here; any stands in for it.
        var set = new ClipEmbeddedSet("the images", classifier.Labels, ClipFeatures.JointEmbedding, embeddings.Span, new int[rows]);
        return [.. set.Predict(classifier).Predicted];
    }

    internal static void Check(IReadOnlyList<ClipBiasLabel> labels, ClipZeroShotClassifier classifier)
    {
        ArgumentNullException.ThrowIfNull(labels);
        ArgumentNullException.ThrowIfNull(classifier);
        if (!labels.Select(l => l.Name).SequenceEqual(classifier.Labels))
        {
            throw new ArgumentException($"The classifier has the labels {string.Join(", ", classifier.Labels)}; expected {string.Join(", ", labels.Select(l => l.Name))}, in this order.", nameof(classifier));
        }
    }

    private ClipGroupShare[] InCategory(string category) => Shares.Where(s => s.Category == category).ToArray() is { Length: > 0 } shares ? shares
        : throw new ArgumentException($"There is no category '{category}'; there are {string.Join(", ", Categories)}.", nameof(category));

    private static void Check(IReadOnlyList<ClipBiasLabel> labels, IReadOnlyList<string> groups, int rows)
    {
        ArgumentNullException.ThrowIfNull(labels);
        ArgumentNullException.ThrowIfNull(groups);
        if (labels.Count == 0 || rows == 0 || groups.Count != rows)
        {
            throw new ArgumentException($"There are {labels.Count} labels, {rows} images and {groups.Count} groups of them; expected one at least, and a group for each image.", nameof(groups));
        }
        foreach (var (i, label) in labels.Index())
        {
            if (string.IsNullOrWhiteSpace(label.Name) || string.IsNullOrWhiteSpace(label.Category))
            {
                throw new ArgumentException($"Label {i} (counted from 0) is '{label.Name}' of the category '{label.Category}'; expected both.", nameof(labels));
            }
        }
        foreach (var (row, group) in groups.Index())
        {
            if (string.IsNullOrWhiteSpace(group))
            {
                throw new ArgumentException($"Row {row} (counted from 0) has no group.", nameof(groups));
            }
        }
    }

    private bool PrintMembers(StringBuilder builder) => RecordText.Append(builder, this);
}
