using System.Text;

namespace Microsoft.ML.Clip;

/// <summary>
/// How good a linear probe gets with 1, 2, 4 ... labelled images of each class, beside zero-shot with none. Radford et al. 2021, section 3.1.5, figures 6,
/// 7 and 15. Immutable.
/// </summary>
public sealed record ClipFewShotCurve
{
    /// <summary>The name of the test set.</summary>
    public required string SetName { get; init; }

    /// <summary>Zero-shot's score on the test set, 0 to 1; <see langword="null"/> if it was not given.</summary>
    public required double? ZeroShot { get; init; }

    /// <summary>The points, by images of each class; that of all images, if there is one, comes last.</summary>
    public required IReadOnlyList<ClipFewShotPoint> Points { get; init; }

    /// <summary>Measures a curve.</summary>
    /// <param name="train">The images to draw from.</param>
    /// <param name="test">The images to measure on, with the same features and classes.</param>
    /// <param name="zeroShot">Zero-shot's score on the test set, by the same metric; <see langword="null"/> for none.</param>
    /// <param name="options">How; <see langword="null"/> for the defaults.</param>
    /// <param name="score">What is measured of a probe; <see langword="null"/> for accuracy.</param>
    /// <param name="cancellationToken">Ends the work between two probes, and within one.</param>
    /// <returns>The curve.</returns>
    /// <exception cref="ArgumentException">
    /// The sets do not have the same features and classes, shots are not ascending from 1, there is no seed, or the images cannot be learned from.
    /// </exception>
    /// <exception cref="OperationCanceledException">It was cancelled.</exception>
    public static ClipFewShotCurve Measure(ClipEmbeddedSet train, ClipEmbeddedSet test, double? zeroShot = null, ClipFewShotOptions? options = null,
        Func<ClipSetPredictions, double>? score = null, CancellationToken cancellationToken = default)
    {
        ArgumentNullException.ThrowIfNull(train);
        ArgumentNullException.ThrowIfNull(test);
        options ??= new();
        score ??= predictions => predictions.Result.Accuracy;
        if (options.Seeds.Count == 0 || options.Shots.Any(s => s < 1) || !options.Shots.SequenceEqual(options.Shots.Distinct().Order()))
        {
            throw new ArgumentException($"The shots are {string.Join(", ", options.Shots)} with {options.Seeds.Count} seeds; expected numbers from 1, ascending, and at least one seed.", nameof(options));
        }
        var points = options.Shots.Select(shots => Point(shots, options.Seeds)).ToList();
        if (options.IncludesAll)
        {
            points.Add(Point(null, [options.Seeds[0]]));
        }
        return new ClipFewShotCurve { SetName = test.Name, ZeroShot = zeroShot, Points = points };

        ClipFewShotPoint Point(int? shots, IReadOnlyList<int> seeds)
        {
            var draws = seeds.Select(seed =>
            {
                cancellationToken.ThrowIfCancellationRequested();
                int[] rows = shots is { } count ? Draw(train, count, seed) : [.. Enumerable.Range(0, train.Count)];
                var probe = ClipSetProbe.Train(train.TakeRows(rows), options: options.Probe with { Seed = seed, CancellationToken = cancellationToken });
                double value = score(probe.Predict(test));
                options.Progress?.Report(FormattableString.Invariant($"{test.Name}: {(shots is null ? "all images" : shots == 1 ? "1 image" : $"{shots} images")} of each class, seed {seed}: {value:P1}"));
                return (rows.Length, Score: value);
            }).ToArray();
            return new ClipFewShotPoint
            {
                Shots = shots,
                ImagesPerClass = draws[0].Length / (double)train.Labels.Distinct().Count(),
                ShortClasses = shots is null ? 0 : train.Labels.CountBy(label => label).Count(c => c.Value < shots),
                Scores = [.. draws.Select(d => d.Score)],
            };
        }
    }

    /// <summary>Some images of each class, at random: the first of one order for each seed, so that more shots hold fewer.</summary>
    internal static int[] Draw(ClipEmbeddedSet set, int shots, int seed)
    {
        var random = new Random(seed);
        int[] order = [.. Enumerable.Range(0, set.Count)];
        random.Shuffle(order);
        int[] taken = new int[set.ClassNames.Count];
        int[] rows = [.. order.Where(row => taken[set.Labels[row]]++ < shots)];
        Array.Sort(rows);
        return rows;
    }

    private bool PrintMembers(StringBuilder builder) => RecordText.Append(builder, this);
}
