using System.Text;

namespace Microsoft.ML.Clip;

/// <summary>
/// How far all pairs of observers agree: people with each other, people with models, models with each other. A model that fails as people do agrees with
/// them as they do among themselves (Geirhos et al. 2020). Immutable.
/// </summary>
public sealed record ClipAgreementTable
{
    /// <summary>The pairs that have images in common, in the order of the observers.</summary>
    public required IReadOnlyList<ClipAgreementPair> Pairs { get; init; }

    /// <summary>The people, in the order of their names.</summary>
    public required IReadOnlyList<string> People { get; init; }

    /// <summary>The models, in the order in which they were named.</summary>
    public required IReadOnlyList<string> Models { get; init; }

    /// <summary>How many pairs have no image in common, and are left out.</summary>
    public required int WithoutImages { get; init; }

    /// <summary>Of pairs of people.</summary>
    public ClipAgreementMean AmongPeople => Mean(p => !IsModel(p.First) && !IsModel(p.Second));

    /// <summary>Of pairs of a person and a model; <see cref="WithModel"/> for one model.</summary>
    public ClipAgreementMean BetweenPeopleAndModels => Mean(p => IsModel(p.First) != IsModel(p.Second));

    /// <summary>Of pairs of models.</summary>
    public ClipAgreementMean AmongModels => Mean(p => IsModel(p.First) && IsModel(p.Second));

    /// <summary>Compares all observers.</summary>
    /// <param name="answers">Answers of people and models (<see cref="ClipModelAnswers"/>), with one name for one image.</param>
    /// <param name="models">The observers that are models; all others are people.</param>
    /// <returns>The table.</returns>
    /// <exception cref="ArgumentException">
    /// There are not two observers, a model has no answer, or no image in common with anybody; or the answers contradict each other as in
    /// <see cref="ClipHumanResult.Of"/>.
    /// </exception>
    public static ClipAgreementTable Of(IEnumerable<ClipHumanAnswer> answers, params IReadOnlyList<string> models)
    {
        ArgumentNullException.ThrowIfNull(models);
        var byObserver = HumanAnswers.Check(answers).GroupBy(a => a.Observer, StringComparer.Ordinal)
            .ToDictionary(g => g.Key, g => g.ToArray(), StringComparer.Ordinal);
        if (models.FirstOrDefault(m => !byObserver.ContainsKey(m)) is { } silent)
        {
            throw new ArgumentException($"The model '{silent}' has no answer; observers are {string.Join(", ", byObserver.Keys)}.", nameof(models));
        }
        if (byObserver.Count < 2)
        {
            throw new ArgumentException($"There is one observer, '{byObserver.Keys.First()}'; nobody is there to agree with.", nameof(answers));
        }
        string[] people = [.. byObserver.Keys.Except(models, StringComparer.Ordinal).Order(StringComparer.Ordinal)];
        string[] all = [.. people, .. models.Distinct(StringComparer.Ordinal)];
        var pairs = new List<ClipAgreementPair>();
        int without = 0;
        for (int second = 1; second < all.Length; second++)
        {
            var others = byObserver[all[second]].ToDictionary(a => a.Image, StringComparer.Ordinal);
            for (int first = 0; first < second; first++)
            {
                if (ClipAgreement.Of(byObserver[all[first]], others) is { } agreement)
                {
                    pairs.Add(new(all[first], all[second], agreement));
                }
                else
                {
                    without++;
                }
            }
        }
        // Names that differ by a folder would otherwise make a table of NaN without a word.
        if (models.FirstOrDefault(m => !pairs.Any(p => p.First == m || p.Second == m)) is { } alone)
        {
            string other = all.First(o => o != alone);
            throw new ArgumentException($"The model '{alone}' has no image in common with anybody: its first is '{byObserver[alone][0].Image}', that of '{other}' is '{byObserver[other][0].Image}'.", nameof(answers));
        }
        return new ClipAgreementTable { Pairs = pairs, People = people, Models = all[people.Length..], WithoutImages = without };
    }

    /// <summary>Of pairs of one model and a person.</summary>
    /// <param name="model">The model.</param>
    /// <exception cref="ArgumentException">It is none of the models.</exception>
    public ClipAgreementMean WithModel(string model) => !IsModel(model) ? throw new ArgumentException($"'{model}' is none of the models {string.Join(", ", Models)}.", nameof(model))
        : Mean(p => (p.First == model && !IsModel(p.Second)) || (p.Second == model && !IsModel(p.First)));

    private bool IsModel(string observer) => Models.Contains(observer, StringComparer.Ordinal);

    private ClipAgreementMean Mean(Func<ClipAgreementPair, bool> isOfKind)
    {
        ClipAgreement[] some = [.. Pairs.Where(isOfKind).Select(p => p.Agreement)];
        double[] kappas = [.. some.Select(a => a.Kappa).Where(k => !double.IsNaN(k))];
        double[] consistencies = [.. some.Select(a => a.ErrorConsistency).Where(c => !double.IsNaN(c))];
        return new(some.Length, MeanOf([.. some.Select(a => a.SameAnswer)]), MeanOf(kappas), MeanOf(consistencies),
            some.Length - kappas.Length, some.Length - consistencies.Length);
    }

    private static double MeanOf(double[] values) => values.Length == 0 ? double.NaN : values.Average();

    private bool PrintMembers(StringBuilder builder) => RecordText.Append(builder, this);
}
