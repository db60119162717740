namespace Microsoft.ML.Clip;

/// <summary>
/// Minimises the objective on some rows, for one strength after another: in the rows' own space where they are few, in float32 as far as that goes,
/// and in float64 from there.
/// </summary>
/// <remarks>Not thread-safe.</remarks>
internal sealed class ProbeSolver
{
    // Up to so many values times classes, a final fit is checked in float64 in any case: that takes a few milliseconds.
    private const double AlwaysChecked = 1e6;

    // Rows so much longer than the others leave nothing of these in float32 sums.
    private const double Outlier = 300;

    // Where float32 has not ended by then, it wanders.
    private const int MostSinglePrecisionIterations = 300;

    private readonly ProbeRows _original;
    private readonly RowSpace? _space;
    private readonly ProbeRows _rows;
    private readonly int _classes;
    private readonly ProbeSettings _settings;
    private readonly SoftmaxRegression _regression;
    private readonly bool _hasOutliers;
    private readonly FloatBuffer? _expanded;
    private NewtonRegression? _newton;

    /// <param name="rows">The training rows; every class needs some, in the long run.</param>
    /// <param name="classes">The number of classes.</param>
    /// <param name="settings">How to train.</param>
    /// <param name="fitsOften">Whether <see cref="Fit"/> will be called more than once.</param>
    public ProbeSolver(ProbeRows rows, int classes, ProbeSettings settings, bool fitsOften)
    {
        (_original, _classes, _settings) = (rows, classes, settings);
        _space = RowSpace.Of(rows, settings.Threads, settings.CheckAlive);
        _rows = _space?.Rows ?? rows;
        var single = settings with { MaximumIterations = Math.Min(settings.MaximumIterations, MostSinglePrecisionIterations) };
        _regression = new SoftmaxRegression(_rows, classes, single, fitsOften);
        _hasOutliers = HasOutliers(_rows);
        _expanded = _space is null ? null : new FloatBuffer(classes * rows.Stride);
    }

    /// <summary>The rows trained on.</summary>
    public ProbeRows Rows => _original;

    /// <summary>The weights, [k, stride], each row followed by its bias: the last fit's result and the next one's start.</summary>
    public FloatBuffer Weights
    {
        get
        {
            _space?.Expand(_regression.Weights, _expanded!, _original.Stride);
            return _expanded ?? _regression.Weights;
        }
    }

    /// <summary>Makes other weights the next fit's start.</summary>
    public void StartFrom(FloatBuffer weights)
    {
        if (_space is null)
        {
            _regression.StartFrom(weights);
            return;
        }
        var coordinates = new FloatBuffer(_classes * _rows.Stride);
        _space.Project(weights, _original.Stride, coordinates);
        _regression.StartFrom(coordinates);
    }

    /// <summary>Minimises the objective for one strength.</summary>
    /// <param name="l2">The factor of |W|^2 / 2; positive.</param>
    /// <param name="tolerance">Where to stop, if that is more than <see cref="ProbeSettings.Tolerance"/>.</param>
    /// <param name="isFinal">Whether this fit makes the model: then it is checked where there is any doubt.</param>
    /// <param name="progress">Told after each iteration.</param>
    public ProbeFit Fit(double l2, double tolerance, bool isFinal, Action<ProbeFit>? progress)
    {
        var fit = _regression.Fit(l2, tolerance, progress);
        bool isDoubtful = _hasOutliers || _regression.IsSingular || (double)_rows.Count * _rows.Dimension * _classes <= AlwaysChecked;
        if (fit.Iterations >= _settings.MaximumIterations || (fit.Converged && !(isFinal && isDoubtful)))
        {
            return fit;
        }
        _newton ??= new NewtonRegression(_rows, _space, _classes, _settings);
        fit = _newton.Fit(_regression.Weights, l2, Math.Max(tolerance, _settings.Tolerance), fit, progress);
        _regression.StartFrom(_regression.Weights);
        return fit;
    }

    private static bool HasOutliers(ProbeRows rows)
    {
        double sum = 0, most = 0;
        foreach (var block in rows.Blocks)
        {
            for (int r = 0; r < block.Count; r++)
            {
                var row = block.Features.Span.Slice(r * rows.Stride, rows.Dimension);
                double squares = VectorMath.Dot(row, row);
                (sum, most) = (sum + squares, Math.Max(most, squares));
            }
        }
        return !(most <= Outlier * Outlier * sum / rows.Count);
    }
}
