namespace Microsoft.ML.Clip;

/// <summary>A model's answers in the form of people's, so that it is one more observer. Thread-safe.</summary>
public static class ClipModelAnswers
{
    /// <summary>The class with the highest score of each image, of several the first.</summary>
    /// <param name="observer">The name of the model.</param>
    /// <param name="images">
    /// The name of each image, as people's answers have it: without a folder in <see cref="ClipHumanAnswers.FromGeirhos"/>, whereas
    /// <see cref="ClipDataSetRow.Name"/> of a folder for each class is <c>class/file</c>.
    /// </param>
    /// <param name="labels">The class that each belongs to.</param>
    /// <param name="scores">[images, classes], row-major.</param>
    /// <param name="minimumScore">Below it the model does not know, as people may; <see langword="null"/> if it always answers.</param>
    /// <returns>An answer for each image.</returns>
    /// <exception cref="ArgumentException">
    /// There is no image, not a label and as many scores for each, a label is no class, or a score or the minimum is NaN; the message has the row.
    /// </exception>
    public static IReadOnlyList<ClipHumanAnswer> Of(string observer, IReadOnlyList<string> images, ReadOnlySpan<int> labels, ReadOnlySpan<float> scores,
        float? minimumScore = null)
    {
        ArgumentException.ThrowIfNullOrWhiteSpace(observer);
        ArgumentNullException.ThrowIfNull(images);
        if (images.Count == 0 || labels.Length != images.Count || scores.IsEmpty || scores.Length % images.Count != 0 || minimumScore is float.NaN)
        {
            throw new ArgumentException($"There are {images.Count} images, {labels.Length} labels, {scores.Length} scores and the minimum {minimumScore}; expected one image at least, and a label and as many scores for each.", nameof(scores));
        }
        int classes = scores.Length / images.Count;
        var answers = new ClipHumanAnswer[images.Count];
        for (int row = 0; row < answers.Length; row++)
        {
            var (_, greatest, best) = Counts.Range(scores.Slice(row * classes, classes));
            if (float.IsNaN(greatest) || (uint)labels[row] >= (uint)classes)
            {
                throw new ArgumentException($"Row {row} (counted from 0) has the label {labels[row]} and {(float.IsNaN(greatest) ? $"the score NaN for class {best}" : "scores")}; expected 0 to {classes - 1}, and numbers.", nameof(scores));
            }
            answers[row] = new(observer, images[row], labels[row], greatest < minimumScore ? null : best);
        }
        return answers;
    }
}
