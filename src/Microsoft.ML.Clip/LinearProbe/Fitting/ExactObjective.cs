using System.Numerics.Tensors;

namespace Microsoft.ML.Clip;

/// <summary>
/// The objective of <see cref="SoftmaxRegression"/> in float64: value, gradient, products with the Hessian and the way along a direction, at the weights that
/// <see cref="Evaluate"/> was last called with. Weights are [k, d + 1], the bias last.
/// </summary>
/// <remarks>Memory: 3 values a row and class, and the size of the weights per thread. Not thread-safe.</remarks>
internal sealed class ExactObjective
{
    private const int ChunkRows = 64;

    private readonly ProbeRows _rows;
    private readonly RowSpace? _space;
    private readonly int _classes;
    private readonly int _size;
    private readonly Action? _checkAlive;
    private readonly int _parts;
    private readonly (RowBlock Block, int Row)[] _index;
    private readonly double[] _logits, _changes, _shares;
    private readonly double[] _losses;
    private readonly double[][] _sums;

    /// <param name="rows">The rows, in the coordinates of the space if there is one.</param>
    /// <param name="space">Where the rows come from, which has more digits of them; null if the rows are the features themselves.</param>
    /// <param name="classes">The number of classes, k.</param>
    /// <param name="threads">How many threads may be used.</param>
    /// <param name="checkAlive">Called several times an evaluation; throws to stop.</param>
    public ExactObjective(ProbeRows rows, RowSpace? space, int classes, int threads, Action? checkAlive)
    {
        (_rows, _space, _classes, _checkAlive) = (rows, space, classes, checkAlive);
        _size = rows.Dimension + 1;
        _index = [.. rows.Blocks.SelectMany(b => Enumerable.Range(0, b.Count).Select(r => (b, r)))];
        _parts = (int)Math.Clamp((double)rows.Count * _size * classes / 1e5, 1, Math.Min(threads, rows.Count));
        int cells = checked(rows.Count * classes);
        (_logits, _changes, _shares) = (new double[cells], new double[cells], new double[cells]);
        _losses = new double[_parts];
        _sums = [.. Enumerable.Range(0, _parts).Select(_ => new double[classes * _size])];
    }

    /// <summary>The weight of each class in the rows.</summary>
    public double[] ClassWeights()
    {
        double[] sums = new double[_classes];
        foreach (var (block, row) in _index)
        {
            sums[block.Labels[row]] += block.Weights?[row] ?? 1;
        }
        return sums;
    }

    /// <summary>The loss at other weights, without the penalty; the logits and probabilities there are kept.</summary>
    public double Evaluate(double[] w)
    {
        ForEachPart((part, x) =>
        {
            double loss = 0;
            for (int i = Start(part); i < Start(part + 1); i++)
            {
                Read(i, x);
                var z = _logits.AsSpan(i * _classes, _classes);
                Products(w, x, z);
                loss += Loss(i, z, _shares.AsSpan(i * _classes, _classes));
            }
            _losses[part] = loss;
        });
        return _losses.Sum();
    }

    /// <summary>The gradient, [k, d + 1], the penalty's included.</summary>
    public void Gradient(double[] w, double l2, double[] gradient) => Accumulate(w, l2, gradient, (i, _, residuals) => Residuals(i, residuals));

    /// <summary>The Hessian times a vector: sum of w (diag(p) - p p^T) (v x) x^T + l2 v.</summary>
    public void Multiply(double[] v, double l2, double[] result) => Accumulate(v, l2, result, (i, x, residuals) =>
    {
        Products(v, x, residuals);
        var shares = _shares.AsSpan(i * _classes, _classes);
        TensorPrimitives.Subtract(residuals, TensorPrimitives.Dot<double>(shares, residuals), residuals);
        TensorPrimitives.Multiply(residuals, shares, residuals);
        var (block, row) = _index[i];
        if (block.Weights is { } weights)
        {
            TensorPrimitives.Multiply(residuals, weights[row], residuals);
        }
    });

    /// <summary>Sets the direction of <see cref="Along"/>.</summary>
    public void SetDirection(double[] step) => ForEachPart((part, x) =>
    {
        for (int i = Start(part); i < Start(part + 1); i++)
        {
            Read(i, x);
            Products(step, x, _changes.AsSpan(i * _classes, _classes));
        }
    });

    /// <summary>The loss at w + t step, and its slope there; after <see cref="SetDirection"/>.</summary>
    public (double Loss, double Slope) Along(double t)
    {
        double[] slopes = new double[_parts];
        ForEachPart((part, _) =>
        {
            double loss = 0, slope = 0;
            double[] logits = new double[_classes], residuals = new double[_classes];
            for (int i = Start(part); i < Start(part + 1); i++)
            {
                var change = _changes.AsSpan(i * _classes, _classes);
                TensorPrimitives.MultiplyAdd(change, t, _logits.AsSpan(i * _classes, _classes), logits);
                loss += Loss(i, logits, _shares.AsSpan(i * _classes, _classes));
                Residuals(i, residuals);
                slope += TensorPrimitives.Dot<double>(residuals, change);
            }
            (_losses[part], slopes[part]) = (loss, slope);
        });
        return (_losses.Sum(), slopes.Sum());
    }

    /// <summary>The rows in chunks, [count, d + 1], and the mean curvature of each: w (1 - |p|^2) / (k - 1). The arrays are used again.</summary>
    public IEnumerable<(double[] Vectors, double[] Factors)> Curvatures()
    {
        double[] vectors = new double[ChunkRows * _size], factors = new double[ChunkRows];
        for (int start = 0; start < _rows.Count; start += ChunkRows)
        {
            _checkAlive?.Invoke();
            Array.Clear(factors);
            for (int r = 0; r < Math.Min(ChunkRows, _rows.Count - start); r++)
            {
                Read(start + r, vectors.AsSpan(r * _size, _size));
                var (block, row) = _index[start + r];
                // sum of p (1 - p), without cancellation where one p is nearly 1.
                double doubt = 0;
                var shares = _shares.AsSpan((start + r) * _classes, _classes);
                double sum = TensorPrimitives.Sum<double>(shares);
                foreach (double p in shares)
                {
                    doubt += p * (p < 0.5 ? 1 - p : OthersThan(p, shares, sum));
                }
                factors[r] = Math.Max(0, doubt) / (_classes - 1) * (block.Weights?[row] ?? 1);
            }
            yield return (vectors, factors);
        }
    }

    /// <summary>Takes away what all classes share: it changes no probability, and the best weights have none of it. Rounding brings it in, and the
    /// Hessian does not see it.</summary>
    public void Centre(double[] vector)
    {
        double[] mean = new double[_size];
        for (int c = 0; c < _classes; c++)
        {
            TensorPrimitives.Add<double>(mean, vector.AsSpan(c * _size, _size), mean);
        }
        TensorPrimitives.Divide(mean, _classes, mean);
        for (int c = 0; c < _classes; c++)
        {
            var part = vector.AsSpan(c * _size, _size);
            TensorPrimitives.Subtract<double>(part, mean, part);
        }
    }

    /// <summary>|W|^2, without the biases.</summary>
    public double Squares(double[] w) => Inner(w, w);

    /// <summary>The inner product, without the biases: they are not penalised.</summary>
    public double Inner(double[] a, double[] b)
    {
        double sum = 0;
        for (int c = 0; c < _classes; c++)
        {
            sum += TensorPrimitives.Dot<double>(a.AsSpan(c * _size, _size - 1), b.AsSpan(c * _size, _size - 1));
        }
        return sum;
    }

    // The weighted loss of a row, and its classes' probabilities; both keep their digits where one class has nearly everything.
    private double Loss(int i, ReadOnlySpan<double> logits, Span<double> shares)
    {
        var (block, row) = _index[i];
        int label = block.Labels[row];
        double largest = TensorPrimitives.Max(logits);
        TensorPrimitives.Subtract(logits, largest, shares);
        double shifted = shares[label];
        TensorPrimitives.Exp<double>(shares, shares);
        double own = shares[label];
        shares[label] = 0;
        double others = TensorPrimitives.Sum<double>(shares), total = own + others;
        shares[label] = own;
        TensorPrimitives.Divide(shares, total, shares);
        double loss = own > 0.1 ? SoftmaxRows.LogOnePlus(others / own) : Math.Log(total) - shifted;
        return loss * (block.Weights?[row] ?? 1);
    }

    // w (p - y) of a row; the true class has minus what the others have.
    private void Residuals(int i, Span<double> residuals)
    {
        var (block, row) = _index[i];
        _shares.AsSpan(i * _classes, _classes).CopyTo(residuals);
        residuals[block.Labels[row]] = 0;
        residuals[block.Labels[row]] = -TensorPrimitives.Sum<double>(residuals);
        if (block.Weights is { } weights)
        {
            TensorPrimitives.Multiply(residuals, weights[row], residuals);
        }
    }

    private delegate void RowWork(int row, ReadOnlySpan<double> features, Span<double> residuals);

    // sum of r_i x_i^T over the rows, + l2 v but for the biases.
    private void Accumulate(double[] v, double l2, double[] result, RowWork work)
    {
        ForEachPart((part, x) =>
        {
            double[] sum = _sums[part], residuals = new double[_classes];
            Array.Clear(sum);
            for (int i = Start(part); i < Start(part + 1); i++)
            {
                Read(i, x);
                work(i, x, residuals);
                for (int c = 0; c < _classes; c++)
                {
                    if (residuals[c] != 0)
                    {
                        var target = sum.AsSpan(c * _size, _size);
                        TensorPrimitives.MultiplyAdd(x, residuals[c], target, target);
                    }
                }
            }
        });
        TensorPrimitives.Multiply(v, l2, result);
        for (int c = 0; c < _classes; c++)
        {
            result[(c * _size) + _size - 1] = 0;
        }
        foreach (double[] sum in _sums)
        {
            TensorPrimitives.Add(result, sum, result);
        }
        Centre(result);
    }

    private static double OthersThan(double p, ReadOnlySpan<double> shares, double sum)
    {
        if (sum - p > 1e-3)
        {
            return sum - p;
        }
        double others = 0;
        bool skipped = false;
        foreach (double q in shares)
        {
            if (q == p && !skipped)
            {
                skipped = true;
            }
            else
            {
                others += q;
            }
        }
        return others;
    }

    private int Start(int part) => (int)((long)_rows.Count * part / _parts);

    private void ForEachPart(Action<int, double[]> work) => Threads.For(_parts, _parts, part =>
    {
        _checkAlive?.Invoke();
        work(part, new double[_size]);
    });

    // The features of a row, and the constant 1.
    private void Read(int i, Span<double> features)
    {
        if (_space is not null)
        {
            var coordinates = _space.Coordinates(i);
            coordinates.CopyTo(features);
            features[coordinates.Length..].Clear();
        }
        else
        {
            var (block, row) = _index[i];
            TensorPrimitives.ConvertTruncating<float, double>(block.Features.Span.Slice(row * _rows.Stride, _size - 1), features);
        }
        features[_size - 1] = 1;
    }

    private void Products(double[] w, ReadOnlySpan<double> features, Span<double> result)
    {
        for (int c = 0; c < _classes; c++)
        {
            result[c] = TensorPrimitives.Dot(w.AsSpan(c * _size, _size), features);
        }
    }
}
