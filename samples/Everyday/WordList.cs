using Microsoft.ML.Clip;

namespace Everyday;

/// <summary>The words that photographs are compared with, and what else is called by each: a photograph of a spaniel is one of a dog.</summary>
internal sealed class WordList
{
    private readonly List<(string Name, int Word)> _names = [];

    /// <param name="lines">
    /// A word or short phrase a line, and behind a colon further names, with commas between them. Lines that begin with # are remarks.
    /// </param>
    public WordList(IEnumerable<string> lines)
    {
        var words = new List<string>();
        foreach (string line in lines.Where(line => !line.TrimStart().StartsWith('#')))
        {
            string[] parts = line.Split(':', 2, StringSplitOptions.TrimEntries);
            // A word or name that was there already stays what it was.
            if (parts[0].Length > 0 && Add(parts[0], words.Count))
            {
                words.Add(parts[0]);
                foreach (string name in parts.Skip(1).SelectMany(p => p.Split(',', StringSplitOptions.TrimEntries | StringSplitOptions.RemoveEmptyEntries)))
                {
                    Add(name, words.Count - 1);
                }
            }
        }
        Words = words;
    }

    public IReadOnlyList<string> Words { get; }

    /// <summary>The words and what else is called by them.</summary>
    public IEnumerable<string> Names => _names.Select(n => n.Name);

    /// <summary>A classifier of all names; <see cref="Judge"/> makes of its answers answers about words.</summary>
    public ClipZeroShotClassifier Classifier(ClipModel model) => ClipZeroShotClassifier.Create(model, [.. _names.Select(n => n.Name)], Templates.Everyday);

    /// <summary>Cosines and probabilities of the words: each is as near as the nearest of its names.</summary>
    public (float[] Cosines, float[] Shares) Judge(ClipZeroShotClassifier classifier, float[] embedding)
    {
        var names = classifier.Classify(embedding).Cosines;
        float[] cosines = new float[Words.Count];
        Array.Fill(cosines, float.NegativeInfinity);
        for (int i = 0; i < names.Count; i++)
        {
            ref float cosine = ref cosines[_names[i].Word];
            cosine = Math.Max(cosine, names[i]);
        }
        float best = cosines.Max();
        float[] shares = [.. cosines.Select(c => MathF.Exp(classifier.LogitScale * (c - best)))];
        float sum = shares.Sum();
        return (cosines, [.. shares.Select(s => s / sum)]);
    }

    private bool Add(string name, int word)
    {
        if (_names.Any(n => n.Name.Equals(name, StringComparison.OrdinalIgnoreCase)))
        {
            return false;
        }
        _names.Add((name, word));
        return true;
    }
}
