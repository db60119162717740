namespace TrainTinyClip;

/// <summary>How much of each group an image is taught to show: its own class, what the teacher makes of it, and what the class is a kind of.</summary>
internal static class Lessons
{
    // Classes of Tiny ImageNet by what they are a kind of among CIFAR-10's: else a sharp cat would be no cat.
    private static readonly Dictionary<string, string[]> Kinds = new()
    {
        ["cat"] = ["tabby", "Persian cat", "Egyptian cat"],
        ["dog"] = ["Chihuahua", "Yorkshire terrier", "golden retriever", "Labrador retriever", "German shepherd", "standard poodle"],
        ["frog"] = ["bullfrog", "tailed frog"],
        ["bird"] = ["goose", "black stork", "king penguin", "albatross"],
        ["automobile"] = ["beach wagon", "convertible", "limousine", "sports car"],
        ["truck"] = ["moving van"],
        ["ship"] = ["lifeboat"],
    };

    /// <summary>Gives the rows their shares.</summary>
    /// <param name="rows">The rows of both sets.</param>
    /// <param name="cifar">CIFAR-10.</param>
    /// <param name="tiny">Tiny ImageNet.</param>
    /// <param name="work">Where what the teacher says is kept.</param>
    /// <param name="trust">How much of a share is the teacher's, in [0, 1], for images of CIFAR-10 and of Tiny ImageNet.</param>
    /// <param name="kind">How much of it is that of what the class is a kind of, in [0, 1].</param>
    /// <param name="regularization">Of the teacher's probes.</param>
    public static void Give(IReadOnlyList<TrainingRow> rows, ImageFolder cifar, ImageFolder tiny, string work, (double Cifar, double Tiny) trust, double kind,
        double regularization)
    {
        string[] groups = [.. cifar.Classes.Select(cifar.Group).Concat(tiny.Classes.Select(tiny.Group)).Order(StringComparer.Ordinal)];
        using var teacher = new Teacher(work, regularization);
        foreach (var set in new[] { cifar, tiny })
        {
            int[] places = [.. set.Classes.Select(c => Array.IndexOf(groups, set.Group(c)))];
            int[] kinds = [.. set.Classes.Select(c => Kinds.FirstOrDefault(k => set == tiny && k.Value.Contains(c.Name)).Key is { } name
                ? Array.IndexOf(groups, cifar.Group(cifar.Classes.Single(k => k.Name == name))) : -1)];
            var told = teacher.Ask(set);
            double trusted = set == tiny ? trust.Tiny : trust.Cifar;
            var classOfGroup = set.Classes.Select((c, i) => (Group: set.Group(c), i)).ToDictionary(p => p.Group, p => p.i);
            foreach (var row in rows.Where(r => classOfGroup.ContainsKey(r.Group)))
            {
                float[] shares = new float[groups.Length], probabilities = told[row.Path];
                int own = classOfGroup[row.Group];
                double sum = probabilities.Sum(p => (double)p);
                for (int c = 0; c < places.Length; c++)
                {
                    double share = trusted * probabilities[c] / sum + (c == own ? 1 - trusted : 0);
                    shares[places[c]] += (float)(kinds[c] < 0 ? share : (1 - kind) * share);
                    if (kinds[c] >= 0)
                    {
                        shares[kinds[c]] += (float)(kind * share);
                    }
                }
                row.Shares = shares;
            }
        }
    }
}
