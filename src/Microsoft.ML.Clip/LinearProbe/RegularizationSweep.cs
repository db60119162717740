namespace Microsoft.ML.Clip;

/// <summary>
/// The search for the regularisation of the CLIP paper (appendix A.3). Knows nothing of models: it asks for the merit of a strength and says which
/// to start from.
/// </summary>
/// <remarks>
/// The paper sweeps "the range between 1e-6 and 1e6, with 96 logarithmically spaced steps", by "a parametric binary search that starts with
/// [1e-6, 1e-4, 1e-2, 1, 1e2, 1e4, 1e6] and iteratively halves the interval around the peak until it reaches a resolution of 8 steps per decade".
/// 96 steps of an eighth of a decade have 97 ends, so the search runs on the grid 10^(i / 8 - 6), i = 0..96: 7 strengths, then the two
/// neighbours of the peak at distances 8, 4, 2 and 1, which makes 15 at most.
/// </remarks>
internal static class RegularizationSweep
{
    /// <summary>The least strength.</summary>
    public const double Least = 1e-6;

    /// <summary>The greatest.</summary>
    public const double Greatest = 1e6;

    /// <summary>How many strengths the full sweep tries.</summary>
    public const int FullCount = 96;

    /// <summary>How many strengths a search tries first, two decades apart.</summary>
    public const int CoarseCount = LastStep / FirstInterval + 1;

    private const int StepsPerDecade = 8;
    private const int LastStep = 12 * StepsPerDecade;
    private const int FirstInterval = 2 * StepsPerDecade;

    /// <summary>The 96 strengths of a full sweep, evenly spaced in the logarithm, both ends included; from the greatest to the least.</summary>
    public static IEnumerable<double> Full => Enumerable.Range(0, FullCount).Select(i => Math.Pow(10, 6 - 12.0 * i / (FullCount - 1)));

    /// <summary>Searches as the paper does.</summary>
    /// <typeparam name="T">What a trial gives.</typeparam>
    /// <param name="attempt">Tries a strength, given the result of the nearest one tried before it, or nothing.</param>
    /// <param name="better">Whether the first result is better than the second.</param>
    /// <param name="release">Told of results that no later trial will start from.</param>
    /// <returns>The best.</returns>
    public static T Search<T>(Func<double, T?, T> attempt, Func<T, T, bool> better, Action<T>? release = null)
        where T : class
    {
        var tried = new SortedDictionary<int, T>();
        int peak = LastStep;

        void Try(int step)
        {
            if (step is < 0 or > LastStep || tried.ContainsKey(step))
            {
                return;
            }
            int? nearest = tried.Count == 0 ? null : tried.Keys.MinBy(t => (Math.Abs(t - step), -t));
            var result = attempt(StrengthOf(step), nearest is { } n ? tried[n] : null);
            bool isBetter = tried.Count == 0 || better(result, tried[peak]);
            tried[step] = result;
            if (isBetter)
            {
                peak = step;
            }
        }

        // From strong to weak: each start is then close to its goal, and the first goal is close to zero.
        for (int step = LastStep; step >= 0; step -= FirstInterval)
        {
            Try(step);
        }
        for (int interval = FirstInterval / 2; interval >= 1; interval /= 2)
        {
            int centre = peak;
            foreach (int far in tried.Keys.Where(t => Math.Abs(t - centre) > 2 * interval).ToArray())
            {
                release?.Invoke(tried[far]);
            }
            Try(centre + interval);
            Try(centre - interval);
        }
        return tried[peak];
    }

    /// <summary>The strength at a step of the grid.</summary>
    public static double StrengthOf(int step) => Math.Pow(10, step / (double)StepsPerDecade - 6);
}
