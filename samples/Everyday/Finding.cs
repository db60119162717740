using Microsoft.ML.Clip;

namespace Everyday;

/// <summary>A photograph with the words that are nearest to it.</summary>
/// <param name="Photograph">The photograph.</param>
/// <param name="Words">The nearest words, the nearest first; empty where the photograph could not be read.</param>
/// <param name="Certainty">The chance that the first word is right, 0 to 1; null where nothing is known of the model.</param>
internal sealed record Finding(Photograph Photograph, IReadOnlyList<(string Word, float Share)> Words, double? Certainty)
{
    /// <summary>Whether none of the words seems to fit.</summary>
    public bool IsNone => Certainty < Everyday.Certainty.None;

    public static Finding Of(Photograph photograph, ClipZeroShotClassifier classifier, int top, Certainty? certainty)
    {
        if (photograph.Error.Length > 0)
        {
            return new(photograph, [], null);
        }
        var prediction = classifier.Classify(photograph.Embedding);
        var nearest = Enumerable.Range(0, classifier.Labels.Count).OrderByDescending(i => prediction.Cosines[i]).Take(top);
        (string, float)[] words = [.. nearest.Select(i => (classifier.Labels[i], prediction.Scores[i]))];
        return new(photograph, words, certainty?.Of(prediction.Cosine, prediction.Score));
    }
}
