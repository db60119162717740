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
    private readonly int _classes;
    private readonly ProbeSettings _settings;
    private readonly bool _fitsOften;
    private readonly bool _hasOutliers;
    private readonly PlainRegression? _plain;
    private double _plainFailedAt;
    private RowSpace? _space;
    private SoftmaxRegression? _regression;
    private FloatBuffer? _expanded;
    private NewtonRegression? _newton;

    /// <param name="rows">The training rows; every class needs some, in the long run.</param>
    /// <param name="classes">The number of classes.</param>
    /// <param name="settings">How to train.</param>
    /// <param name="fitsOften">Whether <see cref="Fit"/> will be called more than once.</param>
    public ProbeSolver(ProbeRows rows, int classes, ProbeSettings settings, bool fitsOften)
    {
        (_original, _classes, _settings, _fitsOften) = (rows, classes, settings, fitsOften);
        _hasOutliers = HasOutliers(rows);
        // Where the rows' own space is small, its factor costs less than many passes over all values.
        _plain = _hasOutliers || RowSpace.Pays(rows) ? null : PlainRegression.Of(rows, classes, settings);
        if (_plain is null)
        {
            Prepare(start: null);
        }
    }

    /// <summary>The rows trained on.</summary>
    public ProbeRows Rows => _original;

    /// <summary>The weights, [k, stride], each row followed by its bias: the last fit's result and the next one's start.</summary>
    public FloatBuffer Weights => _plain?.Weights ?? Expanded;

    private ProbeRows Reduced => _space?.Rows ?? _original;

    private FloatBuffer Expanded
    {
        get
        {
            _space?.Expand(_regression!.Weights, _expanded!, _original.Stride);
            return _expanded ?? _regression!.Weights;
        }
    }

    /// <summary>Makes other weights the next fit's start.</summary>
    public void StartFrom(FloatBuffer weights)
    {
        if (_plain is not null)
        {
            _plain.StartFrom(weights);
        }
        else
        {
            _regression!.StartFrom(InSpace(weights));
        }
    }

    /// <summary>Minimises the objective for one strength.</summary>
    /// <param name="l2">The factor of |W|^2 / 2; positive.</param>
    /// <param name="tolerance">Where to stop, if that is more than <see cref="ProbeSettings.Tolerance"/>.</param>
    /// <param name="isFinal">Whether this fit makes the model: then it is checked where there is any doubt.</param>
    /// <param name="progress">Told after each iteration.</param>
    public ProbeFit Fit(double l2, double tolerance, bool isFinal, Action<ProbeFit>? progress)
    {
        if (_plain is null)
        {
            return FitPrecisely(l2, tolerance, isFinal, progress, before: 0);
        }
        int before = 0;
        // What was too weak once is too weak again.
        if (l2 > _plainFailedAt)
        {
            var plain = _plain.Fit(l2, Math.Max(tolerance, _settings.Tolerance), progress);
            if (plain.Converged || plain.Iterations >= _settings.MaximumIterations)
            {
                return plain;
            }
            (_plainFailedAt, before) = (l2, plain.Iterations);
        }
        if (_regression is null)
        {
            Prepare(_plain.Weights);
        }
        else
        {
            _regression.StartFrom(InSpace(_plain.Weights));
        }
        var fit = FitPrecisely(l2, tolerance, isFinal, progress, before);
        _plain.StartFrom(Expanded);
        return fit;
    }

    // The rows' own space where they are few, and the curvature.
    private void Prepare(FloatBuffer? start)
    {
        _space = RowSpace.Of(_original, _settings.Threads, _settings.CheckAlive);
        _expanded = _space is null ? null : new FloatBuffer(_classes * _original.Stride);
        var single = _settings with { MaximumIterations = Math.Min(_settings.MaximumIterations, MostSinglePrecisionIterations) };
        _regression = new SoftmaxRegression(Reduced, _classes, single, _fitsOften, start is null ? null : InSpace(start));
    }

    private FloatBuffer InSpace(FloatBuffer weights)
    {
        if (_space is null)
        {
            return weights;
        }
        var coordinates = new FloatBuffer(_classes * Reduced.Stride);
        _space.Project(weights, _original.Stride, coordinates);
        return coordinates;
    }

    private ProbeFit FitPrecisely(double l2, double tolerance, bool isFinal, Action<ProbeFit>? progress, int before)
    {
        var fit = _regression!.Fit(l2, tolerance, progress, before);
        bool isDoubtful = _hasOutliers || _regression.IsSingular || (double)Reduced.Count * Reduced.Dimension * _classes <= AlwaysChecked;
        if (fit.Iterations >= _settings.MaximumIterations || (fit.Converged && !(isFinal && isDoubtful)))
        {
            return fit;
        }
        _newton ??= new NewtonRegression(Reduced, _space, _classes, _settings);
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
