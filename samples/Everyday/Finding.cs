using Microsoft.ML.Clip;

namespace Everyday;

/// <summary>A photograph with the words that are nearest to it.</summary>
/// <param name="Photograph">The photograph.</param>
/// <param name="Words">The nearest words, the nearest first; empty where the photograph could not be read.</param>
/// <param name="Certainty">The chance that the first word is right, 0 to 1; null where nothing is known of the model.</param>
internal sealed record Finding(Photograph Photograph, IReadOnlyList<(string Word, float Share)> Words, double? Certainty)
{
    /// <summary>Whether none of the words may fit.</summary>
    public bool IsNone => Certainty < Everyday.Certainty.None;

    public static Finding Of(Photograph photograph, WordList words, ClipZeroShotClassifier classifier, int top, Certainty? certainty)
    {
        if (photograph.Error.Length > 0)
        {
            return new(photograph, [], null);
        }
        var (cosines, shares) = words.Judge(classifier, photograph.Embedding);
        int[] nearest = [.. Enumerable.Range(0, cosines.Length).OrderByDescending(i => cosines[i]).Take(top)];
        return new(photograph, [.. nearest.Select(i => (words.Words[i], shares[i]))], certainty?.Of(cosines[nearest[0]], shares[nearest[0]]));
    }
}
