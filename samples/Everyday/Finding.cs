using Microsoft.ML.Clip;

namespace Everyday;

/// <summary>A photograph with the words that are nearest to it.</summary>
/// <param name="Photograph">The photograph.</param>
/// <param name="Words">The nearest words, the nearest first; empty where the photograph could not be read.</param>
/// <param name="Certainty">The chance that the first word is right, 0 to 1; null where nothing is known of the model.</param>
internal sealed record Finding(Photograph Photograph, IReadOnlyList<(string Word, float Share, float Cosine)> Words, double? Certainty)
{
    public bool IsNone => Certainty < Everyday.Certainty.None;

    /// <summary>How sure the model is, in words.</summary>
    public string Told => Photograph.Error.Length > 0 ? "not read"
        : Certainty is not { } chance ? Words[0].Word
        : IsNone ? $"none of the words seems to fit ({Words[0].Word}?)"
        : chance < 0.5 ? $"perhaps {Words[0].Word}"
        : Words[0].Word;

    public static Finding Of(Photograph photograph, ClipZeroShotClassifier classifier, int top, Certainty? certainty)
    {
        if (photograph.Error.Length > 0)
        {
            return new(photograph, [], null);
        }
        var prediction = classifier.Classify(photograph.Embedding);
        (string, float, float)[] words = [.. classifier.Labels.Select((word, i) => (word, prediction.Scores[i], prediction.Cosines[i])).OrderByDescending(w => w.Item3).Take(top)];
        return new(photograph, words, certainty?.Of(prediction.Cosine, prediction.Score));
    }
}
