using System.Numerics.Tensors;

namespace Microsoft.ML.Clip;

/// <summary>
/// Minimises a smooth function with limited-memory BFGS (Nocedal 1980; Nocedal and Wright, Numerical Optimization, 2nd edition, algorithm 7.4 and
/// 7.5). Knows nothing of what it minimises.
/// </summary>
/// <remarks>
/// Vectors are float32, inner products and values float64. The memory is 2 * history + 3 vectors: what a step leaves becomes what is remembered of it.
/// </remarks>
internal sealed class LbfgsMinimizer
{
    private readonly Func<FloatBuffer, FloatBuffer, double> _function;
    private readonly int _history;
    private readonly int _threads;
    private readonly List<(FloatBuffer Step, FloatBuffer Change, double Inverse)> _pairs = [];
    private readonly Stack<FloatBuffer> _free = [];
    private readonly WolfeLineSearch _search;
    private readonly FloatBuffer _direction;
    private FloatBuffer _point, _gradient;
    private FloatBuffer? _trial, _trialGradient;

    /// <param name="function">The function: reads a point, writes the gradient there, returns the value.</param>
    /// <param name="length">The number of variables.</param>
    /// <param name="history">How many steps to remember.</param>
    /// <param name="threads">How many threads the vectors' arithmetic may use.</param>
    public LbfgsMinimizer(Func<FloatBuffer, FloatBuffer, double> function, int length, int history, int threads = 1)
    {
        (_function, _history, _threads) = (function, history, threads);
        (_point, _gradient, _direction) = (new(length), new(length), new(length));
        _search = new WolfeLineSearch(Probe);
    }

    /// <summary>The point reached; start by writing the first one and calling <see cref="Start"/>.</summary>
    public FloatBuffer Point => _point;

    /// <summary>The gradient at <see cref="Point"/>.</summary>
    public FloatBuffer Gradient => _gradient;

    /// <summary>The value at <see cref="Point"/>.</summary>
    public double Value { get; private set; }

    /// <summary>
    /// The fall that the quadratic model still promises: half of g^T H g. Close to the minimum it is the distance to it. Valid after
    /// <see cref="Start"/> and each step.
    /// </summary>
    public double ExpectedDecrease { get; private set; }

    /// <summary>Begins at <see cref="Point"/> and forgets all earlier steps.</summary>
    /// <param name="value">The value there, if <see cref="Gradient"/> already holds the gradient there; null to evaluate the function.</param>
    public void Start(double? value = null)
    {
        Forget();
        Value = value ?? _function(_point, _gradient);
        ComputeDirection();
    }

    /// <summary>Takes one step.</summary>
    /// <returns>False where no point lower than this one can be found: the limit of the precision.</returns>
    public bool Step()
    {
        bool hasMemory = _pairs.Count > 0;
        // The direction is known: the oldest step has served, and its memory takes the next point.
        if (_pairs.Count == _history)
        {
            Forget(1);
        }
        (_trial, _trialGradient) = (_trial ?? Take(), _trialGradient ?? Take());
        bool found = _search.TryFind(Value, -2 * ExpectedDecrease, out double value);
        if (!found && hasMemory)
        {
            // Give the memory up and try along the gradient before giving up altogether.
            Forget();
            ComputeDirection();
            found = _search.TryFind(Value, -2 * ExpectedDecrease, out value);
        }
        if (!found)
        {
            return false;
        }
        Remember(_trial, _trialGradient);
        (_point, _gradient, _trial, _trialGradient) = (_trial, _trialGradient, null, null);
        Value = value;
        ComputeDirection();
        return true;
    }

    private (double Value, double Slope) Probe(double t)
    {
        VectorMath.Add(_direction, (float)t, _point, _trial!, _threads);
        double value = _function(_trial!, _trialGradient!);
        return (value, VectorMath.Dot(_trialGradient!, _direction, _threads));
    }

    // Point and gradient turn into the step away from them and the gradient's change.
    private void Remember(FloatBuffer next, FloatBuffer nextGradient)
    {
        var (step, change) = (_point, _gradient);
        VectorMath.Subtract(next, step, step, _threads);
        VectorMath.Subtract(nextGradient, change, change, _threads);
        double curvature = VectorMath.Dot(step, change, _threads);
        _pairs.Add((step, change, 1 / curvature));
        // The Wolfe conditions make the curvature positive, but for rounding; such a pair would spoil the memory.
        if (!(curvature > 0) || !double.IsFinite(1 / curvature))
        {
            ForgetLast();
        }
    }

    private FloatBuffer Take() => _free.TryPop(out var buffer) ? buffer : new(_direction.Length, clear: false);

    private void Forget(int count = int.MaxValue)
    {
        count = Math.Min(count, _pairs.Count);
        for (int i = 0; i < count; i++)
        {
            _free.Push(_pairs[i].Step);
            _free.Push(_pairs[i].Change);
        }
        _pairs.RemoveRange(0, count);
    }

    private void ForgetLast()
    {
        _free.Push(_pairs[^1].Step);
        _free.Push(_pairs[^1].Change);
        _pairs.RemoveAt(_pairs.Count - 1);
    }

    // The two-loop recursion: direction = -H gradient.
    private void ComputeDirection()
    {
        var d = _direction;
        TensorPrimitives.Negate(_gradient.Span, d.Span);
        Span<double> alpha = stackalloc double[_pairs.Count];
        for (int i = _pairs.Count - 1; i >= 0; i--)
        {
            alpha[i] = _pairs[i].Inverse * VectorMath.Dot(_pairs[i].Step, d, _threads);
            VectorMath.Add(_pairs[i].Change, (float)-alpha[i], d, d, _threads);
        }
        if (_pairs.Count > 0)
        {
            var change = _pairs[^1].Change;
            TensorPrimitives.Multiply(d.Span, (float)(1 / (_pairs[^1].Inverse * VectorMath.Dot(change, change, _threads))), d.Span);
        }
        for (int i = 0; i < _pairs.Count; i++)
        {
            double beta = _pairs[i].Inverse * VectorMath.Dot(_pairs[i].Change, d, _threads);
            VectorMath.Add(_pairs[i].Step, (float)(alpha[i] - beta), d, d, _threads);
        }
        ExpectedDecrease = -0.5 * VectorMath.Dot(_gradient, d, _threads);
        if (!(ExpectedDecrease > 0) && _pairs.Count > 0)
        {
            Forget();
            ComputeDirection();
        }
    }
}
