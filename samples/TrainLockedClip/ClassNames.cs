using Microsoft.ML.Clip;

namespace TrainLockedClip;

/// <summary>What the images of a class are called: its name, synonyms, what it is a kind of, and what WordNet says of all these.</summary>
internal static class ClassNames
{
    /// <summary>CIFAR-10's classes and their meanings.</summary>
    public static readonly IReadOnlyList<(string Name, string Id)> Cifar10 =
    [
        ("airplane", "n02691156"), ("automobile", "n02958343"), ("bird", "n01503061"), ("cat", "n02121808"), ("deer", "n02430045"),
        ("dog", "n02084071"), ("frog", "n01639765"), ("horse", "n02374451"), ("ship", "n04194289"), ("truck", "n04490091"),
    ];

    /// <summary>The texts for a class.</summary>
    /// <param name="wordNet">Where they come from.</param>
    /// <param name="id">The number of its meaning.</param>
    /// <param name="recipe">How much each kind of text counts.</param>
    /// <param name="name">Its name, where it is not the meaning's first word.</param>
    public static ClipLockedClass Of(WordNet wordNet, string id, Recipe recipe, string? name = null)
    {
        var noun = wordNet[id];
        name ??= noun.Words[0];
        List<ClipLockedText> others =
        [
            .. noun.Words.Where(w => w != name).Select(w => new ClipLockedText(w, recipe.Synonym)),
            new(noun.Gloss, recipe.Gloss, IsSentence: true),
        ];
        foreach (var (kind, steps) in wordNet.Kinds(noun))
        {
            float weight = MathF.Pow(recipe.KindDecay, steps - 1);
            others.AddRange(kind.Words.Select(w => new ClipLockedText(w, recipe.Kind * weight)));
            others.Add(new(kind.Gloss, recipe.Gloss * weight, IsSentence: true));
        }
        // What counts for nothing needs no anchor.
        return new(name) { Others = [.. others.Where(o => o.Weight > 0)] };
    }
}
