using System.Text;

namespace Microsoft.ML.Clip;

/// <summary>
/// Where further examples help: on images of which somebody was unsure, or of which they were sure. Almost all of what people gain from the first example is on
/// images to which they had said "I don't know": they know what they do not know (Radford et al. 2021, section 4). Immutable.
/// </summary>
public sealed record ClipGainSplit
{
    /// <summary>The answers that were sure.</summary>
    public required ClipGainPart Sure { get; init; }

    /// <summary>The answers that were unsure.</summary>
    public required ClipGainPart Unsure { get; init; }

    /// <summary>How many answers have no other by the same observer to the same image, before or after, and are left out.</summary>
    public required int Unmatched { get; init; }

    /// <summary>All answers.</summary>
    public ClipGainPart All => new(Sum(Sure.Before, Unsure.Before), Sum(Sure.After, Unsure.After));

    /// <summary>
    /// The share of all answers gained that were gained where somebody was unsure; above 1 where sure ones were lost, and <see langword="null"/> where
    /// nothing was
    /// gained.
    /// </summary>
    public double? ShareOfUnsure
    {
        get
        {
            long gained = All.After.Hits - All.Before.Hits;
            return gained > 0 ? (Unsure.After.Hits - Unsure.Before.Hits) / (double)gained : null;
        }
    }

    /// <summary>Splits by each person's own "I don't know" before.</summary>
    /// <param name="before">Answers with fewer examples.</param>
    /// <param name="after">Answers of the same people to the same images, with more.</param>
    /// <returns>The split.</returns>
    /// <exception cref="ArgumentException">
    /// Nobody answered to an image both times, or answers contradict each other as in <see cref="ClipHumanResult.Of"/>.
    /// </exception>
    public static ClipGainSplit Of(IEnumerable<ClipHumanAnswer> before, IEnumerable<ClipHumanAnswer> after) => Of(before, after, a => a.Answer is null);

    /// <summary>Splits by images: for models and probes, which always answer, by what people were unsure of (<see cref="UnsureImages"/>).</summary>
    /// <param name="before">Answers with fewer examples.</param>
    /// <param name="after">Answers of the same observers to the same images, with more.</param>
    /// <param name="unsureImages">The images that are unsure.</param>
    /// <returns>The split.</returns>
    /// <exception cref="ArgumentException">
    /// Nobody answered to an image both times, or answers contradict each other as in <see cref="ClipHumanResult.Of"/>.
    /// </exception>
    public static ClipGainSplit Of(IEnumerable<ClipHumanAnswer> before, IEnumerable<ClipHumanAnswer> after, IReadOnlySet<string> unsureImages)
    {
        ArgumentNullException.ThrowIfNull(unsureImages);
        return Of(before, after, a => unsureImages.Contains(a.Image));
    }

    /// <summary>The images to which people said "I don't know".</summary>
    /// <param name="answers">What people answered.</param>
    /// <param name="minimumShare">Which share of an image's people has to, above 0 and up to 1.</param>
    /// <returns>The names of the images.</returns>
    /// <exception cref="ArgumentException">There are no answers, or they contradict each other as in <see cref="ClipHumanResult.Of"/>.</exception>
    /// <exception cref="ArgumentOutOfRangeException">The share is not above 0 and up to 1.</exception>
    public static IReadOnlySet<string> UnsureImages(IEnumerable<ClipHumanAnswer> answers, double minimumShare = 0.5)
    {
        if (minimumShare is not (> 0 and <= 1))
        {
            throw new ArgumentOutOfRangeException(nameof(minimumShare), minimumShare, "The share of people lies above 0 and is 1 at most.");
        }
        return HumanAnswers.Check(answers).GroupBy(a => a.Image, StringComparer.Ordinal)
            .Where(i => i.Count(a => a.Answer is null) >= minimumShare * i.Count()).Select(i => i.Key).ToHashSet(StringComparer.Ordinal);
    }

    private static ClipGainSplit Of(IEnumerable<ClipHumanAnswer> before, IEnumerable<ClipHumanAnswer> after, Func<ClipHumanAnswer, bool> isUnsure)
    {
        ClipHumanAnswer[] first = HumanAnswers.Check(before), second = HumanAnswers.Check(after);
        var later = second.ToDictionary(a => (a.Observer, a.Image));
        long[] counts = new long[2], rightBefore = new long[2], rightAfter = new long[2];
        foreach (var answer in first)
        {
            if (later.TryGetValue((answer.Observer, answer.Image), out var then))
            {
                if (then.Label != answer.Label)
                {
                    throw new ArgumentException($"The image '{answer.Image}' has the label {answer.Label} before and {then.Label} after.", nameof(after));
                }
                int part = isUnsure(answer) ? 1 : 0;
                counts[part]++;
                rightBefore[part] += (long)HumanAnswers.Right(answer);
                rightAfter[part] += (long)HumanAnswers.Right(then);
            }
        }
        int matched = (int)counts.Sum();
        return matched == 0 ? throw new ArgumentException("Nobody answered to one image both before and after.", nameof(after)) : new ClipGainSplit
        {
            Sure = Part(0),
            Unsure = Part(1),
            Unmatched = first.Length + second.Length - (2 * matched),
        };

        ClipGainPart Part(int part) => new(new(rightBefore[part], counts[part]), new(rightAfter[part], counts[part]));
    }

    private static ClipHits Sum(ClipHits first, ClipHits second) => new(first.Hits + second.Hits, first.Count + second.Count);

    private bool PrintMembers(StringBuilder builder) => RecordText.Append(builder, this);
}
