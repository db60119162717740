using System.Numerics.Tensors;

namespace Microsoft.ML.Clip;

/// <summary>
/// The same minimum as <see cref="SoftmaxRegression"/>'s, without a change of variables but each value's scale: for rows of so many values that a factor of their
/// curvature costs more than many passes over the rows. Where the regularisation is strong enough, it is there before the factor would be.
/// </summary>
/// <remarks>
/// What is certain: the objective is l2-strongly convex in the weights, so it lies no farther above its minimum than |g|^2 / (2 l2), which is too much by a
/// factor of some ten to a hundred. It ends where two estimates, of the quadratic model and of the pace, say so with something to spare, and the certain bound
/// is no more than that factor away. Where that cannot be reached soon it gives up, and what it found is a start for the other. Not thread-safe.
/// </remarks>
internal sealed class PlainRegression
{
    // Half of what the factor costs, at most: then both together take at most half as long again as the factor's way alone. And where many steps do not
    // suffice, many more would not either.
    private const int MostSteps = 100;
    private const double ShareOfCost = 0.5, LeastCost = 60;

    // So few values, and the float64 check is made in any case.
    private const double LeastWork = 1e6;

    // Over so many steps the pace is measured.
    private const int PaceSteps = 8;

    // How much of the certain bound is too much, and how far the estimates are trusted.
    private const double BoundShare = 0.01, ModelFactor = 10, PaceFactor = 4;

    private readonly SoftmaxLoss _loss;
    private readonly ProbeSettings _settings;
    private readonly LbfgsMinimizer _minimizer;
    private readonly FloatBuffer _weights;
    private readonly FloatBuffer _trial;
    private readonly FloatBuffer _gradient;
    private readonly FloatBuffer _priorGradient;
    private readonly float[] _curvatures;
    private readonly float[] _scales;
    private readonly int _steps;
    private double _l2;
    private double _squares;
    private double _bound;

    private PlainRegression(ProbeRows rows, int classes, ProbeSettings settings, double cost)
    {
        (_loss, _settings) = (new SoftmaxLoss(rows, classes, settings.Threads), settings);
        int length = _loss.ParameterCount;
        (_weights, _trial, _gradient, _priorGradient) = (new(length), new(length), new(length), new(length));
        _minimizer = new LbfgsMinimizer(Evaluate, length, SoftmaxRegression.HistoryFor(rows, length, settings.HistorySize), settings.Threads);
        (_curvatures, _scales) = (new float[rows.Stride], new float[rows.Stride]);
        _steps = (int)Math.Min(MostSteps, cost * ShareOfCost);
        SoftmaxRegression.WritePrior(rows, classes, _weights);
        _loss.Evaluate(_weights, _priorGradient, settings.CheckAlive, scratch: _gradient);
        SumCurvatures();
    }

    /// <summary>The weights, [k, stride], each row followed by its bias: the last fit's result and the next one's start.</summary>
    public FloatBuffer Weights => _weights;

    /// <summary>The way for some rows, where a factor is dear enough; otherwise null.</summary>
    public static PlainRegression? Of(ProbeRows rows, int classes, ProbeSettings settings)
    {
        double cost = CurvatureSample.CostOfFirst(rows, classes);
        return cost >= LeastCost && (double)rows.Count * rows.Dimension * classes > LeastWork ? new PlainRegression(rows, classes, settings, cost) : null;
    }

    /// <summary>Makes other weights the next fit's start.</summary>
    public void StartFrom(FloatBuffer weights) => weights.Span.CopyTo(_weights.Span);

    /// <summary>Minimises the objective for one strength, or gives up.</summary>
    /// <param name="l2">The factor of |W|^2 / 2; positive.</param>
    /// <param name="tolerance">How far from the minimum to stop, as a share of the objective.</param>
    /// <param name="progress">Told after each iteration.</param>
    public ProbeFit Fit(double l2, double tolerance, Action<ProbeFit>? progress)
    {
        _l2 = l2;
        for (int j = 0; j < _scales.Length; j++)
        {
            double curvature = _curvatures[j] + (j < _loss.Rows.Dimension ? l2 : 0);
            _scales[j] = curvature > 0 ? (float)(1 / Math.Sqrt(curvature)) : 1;
        }
        ForEachClass(row => TensorPrimitives.Divide(_weights.Span.Slice(row, _scales.Length), _scales, _minimizer.Point.Span.Slice(row, _scales.Length)));
        _minimizer.Start();
        double reference = 0;
        ForEachClass(row =>
        {
            TensorPrimitives.Multiply(_priorGradient.Span.Slice(row, _scales.Length), _scales, _trial.Span.Slice(row, _scales.Length));
            reference += VectorMath.Dot(_trial.Span.Slice(row, _scales.Length), _trial.Span.Slice(row, _scales.Length));
        });
        List<double> gaps = [], values = [];
        for (int iterations = 0; ; iterations++)
        {
            double norm = Math.Sqrt(VectorMath.Dot(_minimizer.Gradient, _minimizer.Gradient, _settings.Threads));
            values.Add(_minimizer.Value);
            double gap = _minimizer.Value == 0 ? 0 : Distance(values) / Math.Abs(_minimizer.Value);
            var state = new ProbeFit(_minimizer.Value, _squares, iterations, gap,
                Converged: gap <= tolerance && norm <= SoftmaxRegression.GradientReduction * Math.Sqrt(reference));
            progress?.Invoke(state);
            gaps.Add(gap);
            if (state.Converged || iterations == _settings.MaximumIterations || !IsWorthAnother(gaps, tolerance) || !_minimizer.Step())
            {
                Scale(_minimizer.Point, _weights);
                return state;
            }
        }
    }

    // How far above the minimum.
    private double Distance(List<double> values)
    {
        if (values.Count <= PaceSteps)
        {
            return _bound;
        }
        double before = values[^(PaceSteps + 1)] - values[^((PaceSteps / 2) + 1)], last = values[^((PaceSteps / 2) + 1)] - values[^1];
        // A series of falls, each as much smaller than the one before.
        double pace = last < before ? last * last / (before - last) : double.PositiveInfinity;
        double estimate = Math.Max(ModelFactor * _minimizer.ExpectedDecrease, PaceFactor * pace);
        return Math.Min(_bound, Math.Max(BoundShare * _bound, estimate));
    }

    // Whether the tolerance comes into reach at the pace of the last steps.
    private bool IsWorthAnother(List<double> gaps, double tolerance)
    {
        int steps = gaps.Count - 1;
        if (steps >= _steps || !double.IsFinite(gaps[^1]))
        {
            return false;
        }
        if (steps < 2 * PaceSteps)
        {
            return true;
        }
        double pace = Math.Log(gaps[^(PaceSteps + 1)] / gaps[^1]) / PaceSteps, left = Math.Log(gaps[^1] / tolerance);
        return left <= 0 || steps + (left / pace) is >= 0 and var end && end <= _steps;
    }

    // The objective in terms of the scaled weights.
    private double Evaluate(FloatBuffer point, FloatBuffer gradient)
    {
        Scale(point, _trial);
        double loss = _loss.Evaluate(_trial, _gradient, _settings.CheckAlive, scratch: gradient), slopes = 0, biasSlopes = 0;
        int dimension = _loss.Rows.Dimension;
        _squares = 0;
        ForEachClass(row =>
        {
            Span<float> w = _trial.Span.Slice(row, dimension), g = _gradient.Span.Slice(row, dimension);
            _squares += VectorMath.Dot(w, w);
            VectorMath.Add(w, (float)_l2, g);
            slopes += VectorMath.Dot(g, g);
            biasSlopes += (double)_gradient.Span[row + dimension] * _gradient.Span[row + dimension];
        });
        // The biases are not regularised; they curve the loss as the constant does.
        _bound = (slopes / (2 * _l2)) + (biasSlopes / Math.Max(double.Epsilon, 2 * _curvatures[dimension]));
        Scale(_gradient, gradient);
        return loss + (_l2 / 2 * _squares);
    }

    private void Scale(FloatBuffer from, FloatBuffer to) =>
        ForEachClass(row => TensorPrimitives.Multiply(from.Span.Slice(row, _scales.Length), _scales, to.Span.Slice(row, _scales.Length)));

    private void ForEachClass(Action<int> action)
    {
        for (int c = 0; c < _loss.Classes; c++)
        {
            action(c * _loss.Rows.Stride);
        }
    }

    // How the loss curves along each value, of the softmax's k - 1 free directions the mean: the diagonal of what CurvatureSample samples.
    private void SumCurvatures()
    {
        var rows = _loss.Rows;
        float[] squares = new float[rows.Stride];
        int i = 0;
        foreach (var block in rows.Blocks)
        {
            for (int r = 0; r < block.Count; r++)
            {
                var features = block.Features.Span.Slice(r * rows.Stride, rows.Stride);
                TensorPrimitives.Multiply(features, features, squares);
                TensorPrimitives.MultiplyAdd(squares, _loss.Curvatures[i++] / Math.Max(1, _loss.Classes - 1), _curvatures, _curvatures);
            }
        }
    }
}
