namespace Microsoft.ML.Clip;

/// <summary>How far two observers, people or models, agree on the images that both saw. Immutable.</summary>
public sealed record ClipAgreement
{
    /// <summary>How many images both saw.</summary>
    public required int Images { get; init; }

    /// <summary>The share of images to which both said the same, right or wrong.</summary>
    public required double SameAnswer { get; init; }

    /// <summary>
    /// Cohen's kappa of the answers: their agreement beyond what the frequencies of their answers alone would give, 1 at most; NaN where both always say
    /// the same one thing.
    /// </summary>
    public required double Kappa { get; init; }

    /// <summary>
    /// Error consistency (Geirhos et al. 2020): Cohen's kappa of being right: whether both fail on the same images, beyond what their accuracies alone
    /// would give; NaN where both are always right, or always wrong.
    /// </summary>
    public required double ErrorConsistency { get; init; }

    /// <summary>Compares two observers.</summary>
    /// <param name="answers">Answers of both, and perhaps of others, who are passed over.</param>
    /// <param name="first">One observer.</param>
    /// <param name="second">The other.</param>
    /// <returns>The comparison. "I don't know" is an answer like others, and is wrong.</returns>
    /// <exception cref="ArgumentException">
    /// They have no image in common, or the answers contradict each other as in <see cref="ClipHumanResult.Of"/>.
    /// </exception>
    public static ClipAgreement Of(IEnumerable<ClipHumanAnswer> answers, string first, string second)
    {
        var all = HumanAnswers.Check(answers);
        return Of(all.Where(a => a.Observer == first), all.Where(a => a.Observer == second).ToDictionary(a => a.Image, StringComparer.Ordinal))
            ?? throw new ArgumentException($"'{first}' and '{second}' have no image in common; {Example(first)}, {Example(second)}.", nameof(answers));

        string Example(string observer) => all.FirstOrDefault(a => a.Observer == observer) is { Image: not null } answer ? $"'{observer}' saw '{answer.Image}'" : $"'{observer}' saw none";
    }

    /// <summary>Compares answers that have been checked; <see langword="null"/> without an image in common.</summary>
    internal static ClipAgreement? Of(IEnumerable<ClipHumanAnswer> first, Dictionary<string, ClipHumanAnswer> second)
    {
        var pairs = first.Where(a => second.ContainsKey(a.Image)).Select(a => (First: a, Second: second[a.Image])).ToArray();
        return pairs.Length == 0 ? null : new ClipAgreement
        {
            Images = pairs.Length,
            SameAnswer = pairs.Average(p => p.First.Answer == p.Second.Answer ? 1.0 : 0),
            Kappa = Of(pairs, a => a.Answer ?? -1),
            ErrorConsistency = Of(pairs, a => (int)HumanAnswers.Right(a)),
        };
    }

    private static double Of((ClipHumanAnswer First, ClipHumanAnswer Second)[] pairs, Func<ClipHumanAnswer, int> category)
    {
        double count = pairs.Length;
        double observed = pairs.Count(p => category(p.First) == category(p.Second)) / count;
        var frequencies = pairs.CountBy(p => category(p.Second)).ToDictionary();
        double expected = pairs.CountBy(p => category(p.First)).Sum(c => c.Value / count * (frequencies.GetValueOrDefault(c.Key) / count));
        return expected == 1 ? double.NaN : (observed - expected) / (1 - expected);
    }
}
