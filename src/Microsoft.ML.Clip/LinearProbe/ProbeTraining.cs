using System.Diagnostics;

namespace Microsoft.ML.Clip;

/// <summary>Trains a linear probe on rows in memory: one fit, or a sweep and a final fit on all rows.</summary>
/// <param name="classes">The number of classes, of which every one has a row.</param>
/// <param name="settings">How to train.</param>
/// <param name="progress">Told of every iteration and every trial.</param>
internal sealed class ProbeTraining(int classes, ProbeSettings settings, Action<ClipLinearProbeProgress>? progress)
{
    // A trial has to tell accuracies apart, not to be the model: at this distance to the optimum, hardly a prediction changes any more. The first
    // trials of a search lie two decades apart: for them it is enough that one or two predictions in a thousand still change.
    private const double TrialTolerance = 1e-6, CoarseTolerance = 1e-5;

    private readonly List<ClipLinearProbeTrial> _trials = [];

    /// <summary>The trials so far, the final fit not among them.</summary>
    public IReadOnlyList<ClipLinearProbeTrial> Trials => _trials;

    /// <summary>Finds the strength on <paramref name="validation"/>, starting each trial where its neighbour ended.</summary>
    /// <returns>The strength, and the weights that it gave.</returns>
    public (double L2, FloatBuffer Weights) Sweep(ProbeRows training, ProbeRows validation, ClipLinearProbeSweep mode)
    {
        var regression = new SoftmaxRegression(training, classes, settings, fitsOften: true);
        var scorer = new SoftmaxLoss(validation, classes, settings.Threads);

        Attempt Try(double l2, Attempt? near)
        {
            if (near is not null)
            {
                regression.StartFrom(near.Weights!);
            }
            bool isCoarse = mode == ClipLinearProbeSweep.Search && _trials.Count < RegularizationSweep.CoarseCount;
            var trial = Run(regression, l2, isCoarse ? CoarseTolerance : TrialTolerance, isFinal: false, scorer);
            _trials.Add(trial);
            var weights = new FloatBuffer(regression.Weights.Length, clear: false);
            regression.Weights.Span.CopyTo(weights.Span);
            return new Attempt(trial) { Weights = weights };
        }

        if (mode == ClipLinearProbeSweep.Search)
        {
            var best = RegularizationSweep.Search<Attempt>(Try, (a, b) => IsBetter(a.Trial, b.Trial), a => a.Weights = null);
            return (best.Trial.L2Regularization, best.Weights!);
        }
        Attempt? peak = null, last = null;
        foreach (double l2 in RegularizationSweep.Full)
        {
            last = Try(l2, last);
            if (peak is null || IsBetter(last.Trial, peak.Trial))
            {
                peak = last;
            }
        }
        return (peak!.Trial.L2Regularization, peak.Weights!);
    }

    /// <summary>The fit that makes the model.</summary>
    /// <param name="rows">All rows.</param>
    /// <param name="l2">The strength.</param>
    /// <param name="start">Where to start; null for zeros.</param>
    /// <param name="validation">Rows to score; null for none.</param>
    public (ClipLinearProbeTrial Trial, FloatBuffer Weights) Fit(ProbeRows rows, double l2, FloatBuffer? start, ProbeRows? validation = null)
    {
        var regression = new SoftmaxRegression(rows, classes, settings, fitsOften: false);
        if (start is not null)
        {
            regression.StartFrom(start);
        }
        return (Run(regression, l2, tolerance: 0, isFinal: true, validation is null ? null : new SoftmaxLoss(validation, classes, settings.Threads)),
            regression.Weights);
    }

    private ClipLinearProbeTrial Run(SoftmaxRegression regression, double l2, double tolerance, bool isFinal, SoftmaxLoss? scorer)
    {
        var watch = Stopwatch.StartNew();
        int number = _trials.Count;
        ClipLinearProbeProgress Progress(ProbeFit fit, ClipLinearProbeTrial? completed) => new()
        {
            Trial = number,
            IsFinal = isFinal,
            L2Regularization = l2,
            Iteration = fit.Iterations,
            Objective = fit.Objective / l2,
            RelativeGap = fit.Gap,
            Completed = completed,
        };
        var fit = regression.Fit(l2, tolerance, progress is null ? null : f => progress(Progress(f, completed: null)));
        double? accuracy = null, loss = null;
        if (scorer is not null)
        {
            var score = scorer.Score(regression.Weights);
            (accuracy, loss) = ((double)score.Right / scorer.Rows.Count, score.Loss / scorer.Rows.TotalWeight);
        }
        double trainingLoss = (fit.Objective - l2 / 2 * fit.Squares) / regression.Rows.TotalWeight;
        var trial = new ClipLinearProbeTrial
        {
            L2Regularization = l2,
            ValidationAccuracy = accuracy,
            ValidationLoss = loss,
            Loss = Math.Max(0, trainingLoss),
            Objective = fit.Objective / l2,
            Iterations = fit.Iterations,
            Converged = fit.Converged,
            Duration = watch.Elapsed,
        };
        progress?.Invoke(Progress(fit, trial));
        return trial;
    }

    // Equal accuracies are common on small validation sets: then the loss decides, and then the stronger regularisation.
    private static bool IsBetter(ClipLinearProbeTrial a, ClipLinearProbeTrial b) =>
        (a.ValidationAccuracy, -a.ValidationLoss, a.L2Regularization).CompareTo((b.ValidationAccuracy, -b.ValidationLoss, b.L2Regularization)) > 0;

    private sealed class Attempt(ClipLinearProbeTrial trial)
    {
        public ClipLinearProbeTrial Trial { get; } = trial;

        public FloatBuffer? Weights { get; set; }
    }
}
