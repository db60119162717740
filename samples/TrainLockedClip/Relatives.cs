using Everyday;
using Microsoft.ML.Clip;
using Samples;

namespace TrainLockedClip;

/// <summary>
/// Words of which there is no image: they belong, a little, to the images of the classes that are most like them in WordNet. So a word stands where its
/// relatives are, and the kernel need not guess it from how the word sounds to the text encoder.
/// </summary>
internal static class Relatives
{
    // Chosen on classes left out in turn, as the rest of the recipe.
    private const int MostClasses = 30;
    private const double Sharpness = 8, LeastLikeness = 0.5;

    /// <summary>For each class, the words that its images tell something of.</summary>
    /// <param name="wordNet">Where words stand.</param>
    /// <param name="classes">The classes that are fitted: meaning, and how much its images count together.</param>
    /// <param name="leftOut">The other classes' meanings.</param>
    /// <param name="known">What needs no relatives: all texts of the classes.</param>
    /// <param name="recipe">How many words.</param>
    public static List<ClipLockedText>[] Of(WordNet wordNet, IReadOnlyList<(string Id, double Weight)> classes, IReadOnlyList<string> leftOut,
        IReadOnlySet<string> known, Recipe recipe)
    {
        List<ClipLockedText>[] texts = [.. classes.Select(_ => new List<ClipLockedText>())];
        var likeness = new Likeness(wordNet, [.. classes.Select(c => c.Id), .. leftOut]);
        double mean = classes.Average(c => c.Weight);
        foreach (var (word, like) in Words())
        {
            double[] shares = [.. like.Take(classes.Count).Select(l => l > 0 ? Math.Exp(Sharpness * (l - 1)) : 0)];
            double least = shares.OrderDescending().ElementAt(Math.Min(MostClasses, shares.Length) - 1);
            double sum = shares.Where(s => s >= least).Sum();
            for (int c = 0; c < shares.Length; c++)
            {
                if (shares[c] > 0 && shares[c] >= least)
                {
                    // Together they say of the word what a class of usual size says of its name.
                    texts[c].Add(new(word, (float)(shares[c] / sum * mean / classes[c].Weight)));
                }
            }
        }
        return texts;

        IEnumerable<(string Word, double[] Likeness)> Words()
        {
            HashSet<string> others = [.. leftOut.SelectMany(id => wordNet[id].Words)], given = [.. known];
            HashSet<string> everyday = [.. new WordList(File.ReadLines(Path.Combine(Repository.Root, "samples", "Everyday", "words.txt"))).Names];
            var usual = wordNet.Visible().Where(w => (w.Count > 0 || everyday.Contains(w.Word)) && (recipe.NamesOfLeftOut || !others.Contains(w.Word)))
                .OrderByDescending(w => everyday.Contains(w.Word)).ThenByDescending(w => w.Count).ThenBy(w => w.Noun.Id, StringComparer.Ordinal)
                .Where(w => given.Add(w.Word)).Select(w => (w.Word, Likeness: likeness.To(w.Noun.Id)))
                .Where(w => w.Likeness.Take(classes.Count).Max() >= LeastLikeness).Take(recipe.WordsWithoutImages).ToList();
            if (recipe.NamesOfLeftOut)
            {
                given = [.. known, .. usual.Select(w => w.Word)];
                usual.AddRange(leftOut.Where(id => given.Add(wordNet[id].Words[0])).Select(id => (wordNet[id].Words[0], likeness.To(id))));
            }
            return usual;
        }
    }
}
