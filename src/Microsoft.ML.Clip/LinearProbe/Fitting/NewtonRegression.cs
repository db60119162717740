using System.Numerics.Tensors;

namespace Microsoft.ML.Clip;

/// <summary>
/// The objective of <see cref="SoftmaxRegression"/>, minimised in float64 by Newton's method, from where float32 came to the end of its digits:
/// outliers, features of very different scale, rows that hardly differ, a regularisation far below them. Slower, and certain.
/// </summary>
/// <remarks>
/// Each step solves with the Hessian itself, by conjugate gradients (Nocedal and Wright, Numerical Optimization, 2nd edition, algorithm 7.1),
/// preconditioned as <see cref="Preconditioner"/> does, and looks for the minimum along it, where all that costs is the rows' logits. The objective
/// is convex, so this
/// ends at the optimum from any start, and half of step times gradient tells how far it is. Memory: 3 float64 values a row and class, 8 of the
/// size of the weights, one matrix of order d + 1. Not thread-safe.
/// </remarks>
internal sealed class NewtonRegression
{
    // How exactly a step is solved for, as the fall of the residual in the preconditioner's norm: roughly at first, and exactly when the end is near.
    private const double RoughSolution = 0.1, ExactSolution = 1e-3, NearTheEnd = 1e-3;

    // A preconditioner of this step's own pays where the last one needs so many products.
    private const int ProductsWorthAFactor = 25;
    private const int MostProducts = 2000;

    // The objective at strong regularisation hardly falls at all: then the distance has to fall, too.
    private const double GapReduction = 1e-6;

    // What the rounding of the weights to float32 may add to the objective, as a share of it.
    private const double RoundingLimit = 5e-5;

    // Where rounding ends the search, this is still convergence.
    private const double PrecisionLimit = 1e-7;

    // The search along a step: how far the slope has to fall, how many tries it has, and the objective's own rounding error.
    private const double SlopeReduction = 0.2, Noise = 1e-13;
    private const int MostProbes = 60;

    private const double LeastPivot = 1e-300;

    // Up to so much work the preconditioner is made by rotations, which keep the digits of rows that are much shorter than others.
    private const double CheapRotations = 3e7;

    private readonly ProbeRows _rows;
    private readonly int _classes;
    private readonly int _size;
    private readonly ProbeSettings _settings;
    private readonly ExactObjective _objective;
    private readonly PositiveMatrix _curvature;

    /// <param name="rows">The rows, in the coordinates of the space if there is one.</param>
    /// <param name="space">Where the rows come from, which has more digits of them; null if the rows are the features themselves.</param>
    /// <param name="classes">The number of classes, k.</param>
    /// <param name="settings">How to train.</param>
    public NewtonRegression(ProbeRows rows, RowSpace? space, int classes, ProbeSettings settings)
    {
        (_rows, _classes, _settings) = (rows, classes, settings);
        _size = rows.Dimension + 1;
        _objective = new ExactObjective(rows, space, classes, settings.Threads, settings.CheckAlive);
        _curvature = new PositiveMatrix(_size);
    }

    /// <summary>Minimises the objective, from given weights.</summary>
    /// <param name="weights">[k, stride]: the start, and in the end the result.</param>
    /// <param name="l2">The factor of |W|^2 / 2; positive.</param>
    /// <param name="tolerance">The estimated distance to the minimum, relative to the objective, at which to stop.</param>
    /// <param name="before">Where the fit stands that this one goes on with.</param>
    /// <param name="progress">Told after each iteration.</param>
    public ProbeFit Fit(FloatBuffer weights, double l2, double tolerance, ProbeFit before, Action<ProbeFit>? progress)
    {
        double[] w = new double[_classes * _size], gradient = new double[w.Length], step = new double[w.Length];
        double first = StartAt(weights, w, l2, out double value);
        int iterations = before.Iterations, products = int.MaxValue;
        ProbeFit state;
        while (true)
        {
            double squares = _objective.Squares(w);
            _objective.Gradient(w, l2, gradient);
            if (products > ProductsWorthAFactor)
            {
                SampleCurvature(l2);
            }
            double rough = HalfNorm(gradient);
            (double gap, products) = Solve(gradient, l2, step, rough <= NearTheEnd * value ? ExactSolution : RoughSolution);
            if (rough > 2 * (_classes - 1) * gap)
            {
                // The Hessian is at most k - 1 times the mean curvature, so this cannot be: the curvature was that of an earlier step, or lacks digits.
                SampleCurvature(l2);
                rough = HalfNorm(gradient);
                (gap, products) = Solve(gradient, l2, step, ExactSolution);
                gap = Math.Max(gap, rough / (2 * (_classes - 1)));
            }
            double relative = value == 0 ? 0 : gap / value;
            state = new ProbeFit(value, squares, iterations, relative, Converged: relative <= tolerance && gap <= GapReduction * first);
            if (iterations > before.Iterations)
            {
                progress?.Invoke(state);
            }
            if (state.Converged || iterations >= _settings.MaximumIterations)
            {
                break;
            }
            if (!Move(w, step, l2, ref value))
            {
                state = state with { Converged = relative <= PrecisionLimit };
                break;
            }
            iterations++;
        }
        Write(w, weights);
        return AfterRounding(state, weights, w, l2);
    }

    // A model's weights are float32. Where that changes the objective, it is what this fit has reached.
    private ProbeFit AfterRounding(ProbeFit fit, FloatBuffer weights, double[] w, double l2)
    {
        for (int c = 0; c < _classes; c++)
        {
            TensorPrimitives.ConvertTruncating<float, double>(weights.Span.Slice(c * _rows.Stride, _size), w.AsSpan(c * _size, _size));
        }
        double squares = _objective.Squares(w), rounded = _objective.Evaluate(w) + (l2 / 2 * squares), loss = (rounded - fit.Objective) / fit.Objective;
        return loss <= RoundingLimit ? fit : fit with { Objective = rounded, Squares = squares, Gap = loss, Converged = false };
    }

    // Takes the weights given, or those without features where they are no better or no numbers. Returns half the gradient's norm at the latter.
    private double StartAt(FloatBuffer weights, double[] w, double l2, out double value)
    {
        double[] gradient = new double[w.Length], prior = Prior();
        value = _objective.Evaluate(prior);
        _objective.Gradient(prior, l2, gradient);
        SampleCurvature(l2);
        double first = HalfNorm(gradient);
        for (int c = 0; c < _classes; c++)
        {
            TensorPrimitives.ConvertTruncating<float, double>(weights.Span.Slice(c * _rows.Stride, _size), w.AsSpan(c * _size, _size));
        }
        if (!w.AsSpan().ContainsAnyExceptInRange(double.MinValue, double.MaxValue))
        {
            _objective.Centre(w);
            double given = _objective.Evaluate(w) + l2 / 2 * _objective.Squares(w);
            if (given < value)
            {
                value = given;
                return first;
            }
        }
        prior.CopyTo(w, 0);
        value = _objective.Evaluate(w);
        return first;
    }

    // Weights of zero, and biases that give the classes' shares.
    private double[] Prior()
    {
        double[] w = new double[_classes * _size], shares = _objective.ClassWeights();
        double total = shares.Sum();
        for (int c = 0; c < _classes; c++)
        {
            w[(c * _size) + _size - 1] = Math.Log(Math.Max(1e-9, shares[c] / total));
        }
        _objective.Centre(w);
        return w;
    }

    // S + l2 I with S the mean curvature of the rows at the probabilities of now, and its factor.
    private void SampleCurvature(double l2)
    {
        double[] diagonal = new double[_size];
        Array.Fill(diagonal, l2);
        // The bias is not penalised; what keeps its pivot from zero is far below any row.
        diagonal[^1] = LeastPivot;
        if ((double)_rows.Count * _size * _size <= CheapRotations)
        {
            _curvature.Rotate(_objective.Curvatures(), diagonal);
        }
        else
        {
            _curvature.Sum(_objective.Curvatures(), diagonal, _settings.Threads);
        }
    }

    private void Precondition(double[] vector) => Threads.For(_classes, (double)_classes * _size * _size < 1e5 ? 1 : _settings.Threads,
        c => _curvature.Solve(vector.AsSpan(c * _size, _size)));

    private double HalfNorm(double[] gradient)
    {
        double[] z = [.. gradient];
        Precondition(z);
        return 0.5 * TensorPrimitives.Dot<double>(z, gradient);
    }

    // H step = -gradient, by conjugate gradients. Returns the fall that the quadratic model promises, and the products it took.
    private (double Gap, int Products) Solve(double[] gradient, double l2, double[] step, double exactness)
    {
        Array.Clear(step);
        double[] residual = new double[step.Length], z = new double[step.Length], product = new double[step.Length];
        TensorPrimitives.Negate<double>(gradient, residual);
        residual.CopyTo(z, 0);
        Precondition(z);
        double[] direction = [.. z];
        double norm = TensorPrimitives.Dot<double>(residual, z), target = exactness * exactness * norm;
        int products = 0;
        while (norm > target && products < MostProducts)
        {
            _settings.CheckAlive?.Invoke();
            _objective.Multiply(direction, l2, product);
            products++;
            double curvature = TensorPrimitives.Dot<double>(direction, product);
            if (!(curvature > 0))
            {
                break;
            }
            double length = norm / curvature;
            TensorPrimitives.MultiplyAdd(direction, length, step, step);
            TensorPrimitives.MultiplyAdd(product, -length, residual, residual);
            residual.CopyTo(z, 0);
            Precondition(z);
            double next = TensorPrimitives.Dot<double>(residual, z);
            TensorPrimitives.MultiplyAdd(direction, next / norm, z, direction);
            norm = next;
        }
        return (-0.5 * TensorPrimitives.Dot<double>(gradient, step), products);
    }

    // To the minimum along the step, or nearly. Returns false where the objective falls no further.
    private bool Move(double[] w, double[] step, double l2, ref double value)
    {
        _objective.SetDirection(step);
        double slack = Noise * value, start = l2 / 2 * _objective.Squares(w), along = l2 * _objective.Inner(w, step), squares = l2 * _objective.Squares(step);
        (double Value, double Slope) At(double t)
        {
            var (loss, slope) = _objective.Along(t);
            return (loss + start + (t * along) + (t * t / 2 * squares), slope + along + (t * squares));
        }
        double slope0 = At(0).Slope, low = 0, high = double.PositiveInfinity, best = 0, bestValue = value;
        double t = 1;
        for (int probe = 0; probe < MostProbes; probe++)
        {
            var (found, slope) = At(t);
            bool isLower = found < bestValue || (best == 0 && found <= value + slack && slope <= 0);
            if (isLower)
            {
                (best, bestValue) = (t, found);
            }
            if (Math.Abs(slope) <= SlopeReduction * Math.Abs(slope0) && found <= value + slack)
            {
                break;
            }
            // The objective is convex: its slope tells on which side the minimum lies.
            (low, high) = slope < 0 ? (t, high) : (low, t);
            t = double.IsPositiveInfinity(high) ? 2 * t : low + ((high - low) / 2);
        }
        TensorPrimitives.MultiplyAdd(step, best, w, w);
        // Logits anew from the weights: sums of sums would gather rounding errors.
        double before = value;
        value = _objective.Evaluate(w) + (l2 / 2 * _objective.Squares(w));
        return before - value > slack;
    }

    private void Write(double[] w, FloatBuffer weights)
    {
        for (int c = 0; c < _classes; c++)
        {
            TensorPrimitives.ConvertTruncating<double, float>(w.AsSpan(c * _size, _size), weights.Span.Slice(c * _rows.Stride, _size));
        }
    }
}
