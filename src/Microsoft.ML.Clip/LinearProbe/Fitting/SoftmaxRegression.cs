namespace Microsoft.ML.Clip;

/// <summary>
/// Multinomial logistic regression: minimises sum of w_i nll_i + l2 / 2 |W|^2, the biases unpenalised, for one strength of the regularisation after
/// another. Each fit starts where the last one ended, or where it is told to.
/// </summary>
/// <remarks>Not thread-safe. Memory: 7 + 2 * history parameter vectors, and those of <see cref="SoftmaxLoss"/>.</remarks>
internal sealed class SoftmaxRegression
{
    // The curvature is sampled anew when the share of probability that is still misplaced has changed by this factor: it scales the curvature.
    private const double StaleFactor = 3;

    // ... but not before the fit has had a chance to move, nor before it has cost more than the new sample will.
    private const int LeastStepsBetweenSamples = 2;

    // A sample of a sweep serves some fits, and may cost as much more.
    private const int FitsOfASample = 3;

    // Strong regularisation makes the objective nearly constant, and predictions depend on weights that it hardly feels: so the gradient has to fall
    // by this factor from what it is without any features, whatever the objective says.
    public const double GradientReduction = 1e-3;

    // Remembered steps may take this share of the features' memory, or so many bytes where that is less; but a few are always kept.
    private const int HistoryShare = 20, LeastHistoryBytes = 1 << 20, LeastHistory = 4;

    // Where the line search ends for want of precision, this is still convergence.
    private const double PrecisionLimit = 1e-5;

    private readonly SoftmaxLoss _loss;
    private readonly ProbeSettings _settings;
    private readonly LbfgsMinimizer _minimizer;
    private readonly FloatBuffer _origin;
    private readonly FloatBuffer _weights;
    private readonly FloatBuffer _gradient;
    private readonly FloatBuffer _priorGradient;
    private readonly CurvatureSample _curvature;
    private readonly Preconditioner _preconditioner;
    private double _sampleDoubt;
    private readonly double _priorLoss;
    private readonly int _stepsBetweenSamples;
    private bool _isAtPrior = true;
    private double _l2;
    private double _squares;

    /// <param name="rows">The training rows; every class needs some, in the long run.</param>
    /// <param name="classes">The number of classes.</param>
    /// <param name="settings">How to train.</param>
    /// <param name="fitsOften">Whether <see cref="Fit"/> will be called more than once.</param>
    /// <param name="start">The first fit's start, near which the curvature is sampled; null for the prior.</param>
    public SoftmaxRegression(ProbeRows rows, int classes, ProbeSettings settings, bool fitsOften, FloatBuffer? start = null)
    {
        _loss = new SoftmaxLoss(rows, classes, settings.Threads);
        _settings = settings;
        int length = _loss.ParameterCount;
        (_origin, _weights, _gradient, _priorGradient) = (new(length), new(length), new(length), new(length));
        _minimizer = new LbfgsMinimizer(Evaluate, length, HistoryFor(rows, length, settings.HistorySize), settings.Threads);
        _curvature = new CurvatureSample(_loss, settings.Threads, serves: fitsOften ? FitsOfASample : 1);
        _stepsBetweenSamples = Math.Max(LeastStepsBetweenSamples, (int)_curvature.CostInPasses);
        WritePrior(rows, classes, _origin);
        _priorLoss = _loss.Evaluate(_origin, _priorGradient, settings.CheckAlive, scratch: _gradient);
        if (start is not null)
        {
            StartFrom(start);
            _loss.Evaluate(_origin, _gradient, settings.CheckAlive, scratch: _weights);
        }
        _preconditioner = new Preconditioner(rows.Dimension + 1, rows.Stride, settings.Threads, keepsSample: fitsOften);
        _preconditioner.Sample(_curvature);
        _sampleDoubt = _loss.Doubt;
    }

    /// <summary>The weights, [k, stride], each row followed by its bias: the last fit's result and the next one's start. Before the first fit: zeros,
    /// and biases that give the classes' shares.</summary>
    public FloatBuffer Weights => _origin;

    /// <summary>Whether the curvature was singular to the precision of float32: then the estimate of the distance to the minimum is not to be
    /// trusted.</summary>
    public bool IsSingular => _preconditioner.IsSingular;

    /// <summary>Makes other weights the next fit's start; if they are <see cref="Weights"/> themselves, they may have been written to.</summary>
    public void StartFrom(FloatBuffer weights)
    {
        weights.Span.CopyTo(_origin.Span);
        _isAtPrior = false;
    }

    /// <summary>The rows trained on.</summary>
    public ProbeRows Rows => _loss.Rows;

    /// <summary>Minimises the objective for one strength.</summary>
    /// <param name="l2">The factor of |W|^2 / 2; positive.</param>
    /// <param name="tolerance">Where to stop, if that is more than <see cref="ProbeSettings.Tolerance"/>.</param>
    /// <param name="progress">Told after each iteration.</param>
    /// <param name="before">Iterations made before, otherwise than here.</param>
    public ProbeFit Fit(double l2, double tolerance = 0, Action<ProbeFit>? progress = null, int before = 0)
    {
        tolerance = Math.Max(tolerance, _settings.Tolerance);
        _l2 = l2;
        // At the prior, value and gradient are known: the weights are zero, and so is their penalty.
        if (_isAtPrior)
        {
            _priorGradient.Span.CopyTo(_gradient.Span);
            _squares = 0;
        }
        double reference = Precondition(_isAtPrior ? _priorLoss : null);
        _isAtPrior = false;
        int iterations = before;
        for (int steps = 0; ; steps++)
        {
            double norm = Math.Sqrt(VectorMath.Dot(_minimizer.Gradient, _minimizer.Gradient, _settings.Threads));
            double gap = _minimizer.Value == 0 ? 0 : _minimizer.ExpectedDecrease / Math.Abs(_minimizer.Value);
            var state = new ProbeFit(_minimizer.Value, _squares, iterations, gap, Converged: gap <= tolerance && norm <= GradientReduction * reference);
            progress?.Invoke(state);
            if (state.Converged || iterations >= _settings.MaximumIterations)
            {
                return Finish(state);
            }
            // At the very start there is no memory of steps to lose.
            if ((steps >= _stepsBetweenSamples || iterations == before) && IsStale)
            {
                KeepWeights();
                _preconditioner.Sample(_curvature);
                _sampleDoubt = _loss.Doubt;
                reference = Precondition(_minimizer.Value);
                steps = 0;
            }
            if (!_minimizer.Step())
            {
                return Finish(state with { Converged = gap <= PrecisionLimit });
            }
            iterations++;
        }
    }

    /// <summary>How many steps to remember.</summary>
    public static int HistoryFor(ProbeRows rows, int length, int wanted)
    {
        long budget = Math.Max(LeastHistoryBytes, (long)rows.Count * rows.Stride * sizeof(float) / HistoryShare);
        return (int)Math.Clamp(budget / (2L * length * sizeof(float)), Math.Min(LeastHistory, wanted), wanted);
    }

    private bool IsStale => _loss.Doubt * StaleFactor < _sampleDoubt || _loss.Doubt > StaleFactor * _sampleDoubt;

    private ProbeFit Finish(ProbeFit fit)
    {
        KeepWeights();
        return fit;
    }

    private void KeepWeights() => _preconditioner.ToWeights(_minimizer.Point, _origin, _loss.Classes, accumulate: true);

    // Changes the variables, and starts at the origin. Returns the norm that the gradient has there without any features.
    private double Precondition(double? value)
    {
        _preconditioner.Update(_l2);
        _preconditioner.ToGradient(_priorGradient, _minimizer.Gradient, _loss.Classes);
        double reference = Math.Sqrt(VectorMath.Dot(_minimizer.Gradient, _minimizer.Gradient, _settings.Threads));
        _minimizer.Point.Span.Clear();
        if (value is not null)
        {
            _preconditioner.ToGradient(_gradient, _minimizer.Gradient, _loss.Classes);
        }
        _minimizer.Start(value);
        return reference;
    }

    // The objective in terms of the new variables.
    private double Evaluate(FloatBuffer point, FloatBuffer gradient)
    {
        int classes = _loss.Classes, stride = _loss.Rows.Stride, dimension = _loss.Rows.Dimension;
        _origin.Span.CopyTo(_weights.Span);
        _preconditioner.ToWeights(point, _weights, classes, accumulate: true);
        double loss = _loss.Evaluate(_weights, _gradient, _settings.CheckAlive, scratch: gradient);
        _squares = 0;
        for (int c = 0; c < classes; c++)
        {
            var w = _weights.Span.Slice(c * stride, dimension);
            _squares += VectorMath.Dot(w, w);
            VectorMath.Add(w, (float)_l2, _gradient.Span.Slice(c * stride, dimension));
        }
        _preconditioner.ToGradient(_gradient, gradient, classes);
        return loss + _l2 / 2 * _squares;
    }

    /// <summary>
    /// Writes a start: weights of zero, and the biases that are best with them, the logarithms of the classes' shares. A class without rows, which validation
    /// rows may have, gets a share too small to matter: its best bias would be minus infinity.
    /// </summary>
    public static void WritePrior(ProbeRows rows, int classes, FloatBuffer weights)
    {
        const double LeastShare = 1e-9;
        double[] counts = new double[classes];
        foreach (var block in rows.Blocks)
        {
            for (int i = 0; i < block.Count; i++)
            {
                counts[block.Labels[i]] += block.Weights?[i] ?? 1;
            }
        }
        double total = counts.Sum();
        weights.Span.Clear();
        for (int c = 0; c < counts.Length; c++)
        {
            weights.Span[(c * rows.Stride) + rows.Dimension] = (float)Math.Log(Math.Max(LeastShare, counts[c] / total));
        }
    }
}

/// <summary>Where a fit stands.</summary>
/// <param name="Objective">sum of w_i nll_i + l2 / 2 |W|^2.</param>
/// <param name="Squares">|W|^2.</param>
/// <param name="Iterations">The steps taken.</param>
/// <param name="Gap">The estimated distance to the minimum, relative to the objective.</param>
/// <param name="Converged">Whether the tolerance is reached.</param>
internal readonly record struct ProbeFit(double Objective, double Squares, int Iterations, double Gap, bool Converged);

/// <summary>How a <see cref="SoftmaxRegression"/> trains.</summary>
/// <param name="Threads">How many threads may be used.</param>
/// <param name="HistorySize">How many steps the quasi-Newton method remembers.</param>
/// <param name="MaximumIterations">After how many iterations to give up.</param>
/// <param name="Tolerance">The estimated distance to the minimum, relative to the objective, at which to stop.</param>
/// <param name="CheckAlive">Called many times an iteration; throws to stop.</param>
internal sealed record ProbeSettings(int Threads, int HistorySize, int MaximumIterations, double Tolerance, Action? CheckAlive = null);
