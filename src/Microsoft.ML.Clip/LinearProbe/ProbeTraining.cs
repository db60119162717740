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

    // Accuracies on the same rows differ by chance less than accuracies on other rows would: by about half of their standard error.
    private const double IndistinctShare = 0.5;

    private readonly List<ClipLinearProbeTrial> _trials = [];

    /// <summary>The trials so far, the final fit not among them.</summary>
    public IReadOnlyList<ClipLinearProbeTrial> Trials => _trials;

    /// <summary>Finds the strength on the validation rows of all folds together, starting each trial where its neighbour ended.</summary>
    /// <param name="folds">What to learn from and what to judge by.</param>
    /// <param name="mode">Which strengths to try.</param>
    /// <param name="usual">The strength to take unless the rows speak against it; null where they are enough to decide alone.</param>
    /// <returns>The strength, and the weights that it gave on the first fold, if they are still there.</returns>
    public (double L2, FloatBuffer? Weights) Sweep(IReadOnlyList<ProbeFold> folds, ClipLinearProbeSweep mode, double? usual = null)
    {
        ProbeSolver[] solvers = [.. folds.Select(f => new ProbeSolver(f.Training, classes, settings, fitsOften: true))];
        SoftmaxLoss[] scorers = [.. folds.Select(f => new SoftmaxLoss(f.Validation, classes, settings.Threads))];

        Attempt Try(double l2, Attempt? near)
        {
            bool isCoarse = mode == ClipLinearProbeSweep.Search && _trials.Count < RegularizationSweep.CoarseCount;
            var results = new ClipLinearProbeTrial[folds.Count];
            var weights = new FloatBuffer[folds.Count];
            for (int f = 0; f < folds.Count; f++)
            {
                if (near is not null)
                {
                    solvers[f].StartFrom(near.Weights![f]);
                }
                results[f] = Run(solvers[f], l2, isCoarse ? CoarseTolerance : TrialTolerance, isFinal: false, scorers[f], completes: folds.Count == 1);
                weights[f] = new FloatBuffer(solvers[f].Weights.Length, clear: false);
                solvers[f].Weights.Span.CopyTo(weights[f].Span);
            }
            var trial = folds.Count == 1 ? results[0] : Merge(folds, results);
            _trials.Add(trial);
            return new Attempt(trial) { Weights = weights };
        }

        if (usual is { } strength)
        {
            Try(strength, near: null);
        }
        if (mode == ClipLinearProbeSweep.Search)
        {
            var best = RegularizationSweep.Search<Attempt>(Try, (a, b) => IsBetter(a.Trial, b.Trial), a => a.Weights = null);
            return usual is null ? (best.Trial.L2Regularization, best.Weights![0]) : (NearestToUsual(folds), null);
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
        return usual is null ? (peak!.Trial.L2Regularization, peak.Weights![0]) : (NearestToUsual(folds), null);
    }

    // Few rows do not tell strengths apart: of all that are as good as the best but for chance, the one nearest to the first, which is the usual one.
    private double NearestToUsual(IReadOnlyList<ProbeFold> folds)
    {
        double best = _trials.Max(t => t.ValidationAccuracy!.Value), error = Math.Sqrt(best * (1 - best) / folds.Sum(f => f.Validation.Count));
        return _trials.Where(t => t.ValidationAccuracy >= best - (IndistinctShare * error))
            .MinBy(t => Math.Abs(Math.Log(t.L2Regularization / _trials[0].L2Regularization)))!.L2Regularization;
    }

    /// <summary>The fit that makes the model.</summary>
    /// <param name="rows">All rows.</param>
    /// <param name="l2">The strength.</param>
    /// <param name="start">Where to start; null for zeros.</param>
    /// <param name="validation">Rows to score; null for none.</param>
    public (ClipLinearProbeTrial Trial, FloatBuffer Weights) Fit(ProbeRows rows, double l2, FloatBuffer? start, ProbeRows? validation = null)
    {
        var solver = new ProbeSolver(rows, classes, settings, fitsOften: false);
        if (start is not null)
        {
            solver.StartFrom(start);
        }
        return (Run(solver, l2, tolerance: 0, isFinal: true,
            validation is null ? null : new SoftmaxLoss(validation, classes, settings.Threads), completes: true),
            solver.Weights);
    }

    private ClipLinearProbeTrial Run(ProbeSolver solver, double l2, double tolerance, bool isFinal, SoftmaxLoss? scorer, bool completes)
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
        var fit = solver.Fit(l2, tolerance, isFinal, progress is null ? null : f => progress(Progress(f, completed: null)));
        double? accuracy = null, loss = null;
        if (scorer is not null)
        {
            var score = scorer.Score(solver.Weights);
            (accuracy, loss) = ((double)score.Right / scorer.Rows.Count, score.Loss / scorer.Rows.TotalWeight);
        }
        double trainingLoss = (fit.Objective - l2 / 2 * fit.Squares) / solver.Rows.TotalWeight;
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
        if (completes)
        {
            progress?.Invoke(Progress(fit, trial));
        }
        return trial;
    }

    // The folds of a trial as one: means over all validation rows, sums of what it cost.
    private ClipLinearProbeTrial Merge(IReadOnlyList<ProbeFold> folds, ClipLinearProbeTrial[] results)
    {
        double Mean(Func<ClipLinearProbeTrial, double> value, Func<ProbeRows, double> weight) =>
            results.Zip(folds, (r, f) => value(r) * weight(f.Validation)).Sum() / folds.Sum(f => weight(f.Validation));
        var trial = new ClipLinearProbeTrial
        {
            L2Regularization = results[0].L2Regularization,
            ValidationAccuracy = Mean(r => r.ValidationAccuracy!.Value, v => v.Count),
            ValidationLoss = Mean(r => r.ValidationLoss!.Value, v => v.TotalWeight),
            Loss = results.Average(r => r.Loss),
            Objective = results.Average(r => r.Objective),
            Iterations = results.Sum(r => r.Iterations),
            Converged = results.All(r => r.Converged),
            Duration = new TimeSpan(results.Sum(r => r.Duration.Ticks)),
        };
        progress?.Invoke(new()
        {
            Trial = _trials.Count,
            IsFinal = false,
            L2Regularization = trial.L2Regularization,
            Iteration = trial.Iterations,
            Objective = trial.Objective,
            RelativeGap = 0,
            Completed = trial,
        });
        return trial;
    }

    // Equal accuracies are common on small validation sets: then the loss decides, and then the stronger regularisation.
    private static bool IsBetter(ClipLinearProbeTrial a, ClipLinearProbeTrial b) =>
        (a.ValidationAccuracy, -a.ValidationLoss, a.L2Regularization).CompareTo((b.ValidationAccuracy, -b.ValidationLoss, b.L2Regularization)) > 0;

    private sealed class Attempt(ClipLinearProbeTrial trial)
    {
        public ClipLinearProbeTrial Trial { get; } = trial;

        /// <summary>Those of every fold; null once no trial will start from them.</summary>
        public FloatBuffer[]? Weights { get; set; }
    }
}
