using System.Numerics.Tensors;

namespace Microsoft.ML.Clip;

/// <summary>
/// The space that a few rows of many values span. The best weights lie in it (the representer theorem): with X = L Q, the rows of Q orthonormal,
/// weights V on the rows of L are as good as W = V Q on those of X and as long, so a fit to n rows costs what n values cost, however many they have.
/// </summary>
/// <remarks>
/// Gram and Schmidt's process in float64, row by row, each twice: rows that are nearly alike keep all the digits they have. Immutable, and safe to
/// use from several threads.
/// </remarks>
internal sealed class RowSpace
{
    // What is left of a row that depends on others is rounding error, this share of it at most.
    private const double Dependence = 1e-13;

    // The change costs n^2 d, and saves a factor of d^3 where n is well below d. Where it costs next to nothing, it is made for its digits alone.
    private const double CheapWork = 1e9;
    private const int ShareOfValues = 4;

    private readonly List<double[]> _axes = [];
    private readonly List<double[]> _coordinates = [];
    private readonly int _dimension;

    private RowSpace(ProbeRows rows, int threads, Action? checkAlive)
    {
        _dimension = rows.Dimension;
        foreach (var block in rows.Blocks)
        {
            for (int r = 0; r < block.Count; r++)
            {
                checkAlive?.Invoke();
                double[] row = new double[_dimension];
                TensorPrimitives.ConvertTruncating<float, double>(block.Features.Span.Slice(r * rows.Stride, _dimension), row);
                _coordinates.Add(AddRow(row, threads));
            }
        }
        Rows = new ProbeRows(Math.Max(1, _axes.Count), rows.IsWeighted, rows.Count);
        int i = 0;
        foreach (var block in rows.Blocks)
        {
            for (int r = 0; r < block.Count; r++)
            {
                double[] coordinates = _coordinates[i++];
                var target = Rows.Add(block.Labels[r], block.Weights?[r] ?? 1);
                target.Clear();
                TensorPrimitives.ConvertTruncating<double, float>(coordinates, target[..coordinates.Length]);
            }
        }
    }

    /// <summary>The rows, as their coordinates in the space.</summary>
    public ProbeRows Rows { get; }

    /// <summary>The space of some rows, where it has so much fewer dimensions than they have values that the change pays; otherwise null.</summary>
    /// <param name="rows">The rows.</param>
    /// <param name="threads">How many threads may be used.</param>
    /// <param name="checkAlive">Called for each row; throws to stop.</param>
    public static RowSpace? Of(ProbeRows rows, int threads, Action? checkAlive) =>
        Pays(rows) ? new RowSpace(rows, threads, checkAlive) : null;

    /// <summary>Whether the change pays.</summary>
    public static bool Pays(ProbeRows rows) =>
        rows.Count < rows.Dimension && (rows.Count <= rows.Dimension / ShareOfValues || (double)rows.Count * rows.Count * rows.Dimension <= CheapWork);

    /// <summary>The coordinates of a row in float64; those that are left out are zero.</summary>
    public ReadOnlySpan<double> Coordinates(int row) => _coordinates[row];

    /// <summary>Weights on the values from weights on the coordinates.</summary>
    /// <param name="coordinates">[k, stride of <see cref="Rows"/>]; the bias stands behind the weights.</param>
    /// <param name="weights">[k, stride]; overwritten.</param>
    /// <param name="stride">The stride of the rows that the space was made from.</param>
    public void Expand(FloatBuffer coordinates, FloatBuffer weights, int stride)
    {
        double[] sum = new double[_dimension];
        for (int c = 0; c * stride < weights.Length; c++)
        {
            var from = coordinates.Span.Slice(c * Rows.Stride, Rows.Dimension + 1);
            var to = weights.Span.Slice(c * stride, stride);
            Array.Clear(sum);
            for (int a = 0; a < _axes.Count; a++)
            {
                TensorPrimitives.MultiplyAdd(_axes[a], from[a], sum, sum);
            }
            to.Clear();
            TensorPrimitives.ConvertTruncating<double, float>(sum, to[.._dimension]);
            to[_dimension] = from[^1];
        }
    }

    /// <summary>Weights on the coordinates from weights on the values, less what the rows do not feel.</summary>
    /// <param name="weights">[k, stride].</param>
    /// <param name="stride">The stride of the rows that the space was made from.</param>
    /// <param name="coordinates">[k, stride of <see cref="Rows"/>]; overwritten.</param>
    public void Project(FloatBuffer weights, int stride, FloatBuffer coordinates)
    {
        double[] row = new double[_dimension];
        for (int c = 0; c * stride < weights.Length; c++)
        {
            var from = weights.Span.Slice(c * stride, _dimension + 1);
            var to = coordinates.Span.Slice(c * Rows.Stride, Rows.Stride);
            TensorPrimitives.ConvertTruncating<float, double>(from[.._dimension], row);
            to.Clear();
            for (int a = 0; a < _axes.Count; a++)
            {
                to[a] = (float)TensorPrimitives.Dot(row, _axes[a]);
            }
            to[Rows.Dimension] = from[^1];
        }
    }

    // The coordinates of a row, and an axis for what no axis covers; the row is used up.
    private double[] AddRow(double[] row, int threads)
    {
        int count = _axes.Count;
        double whole = TensorPrimitives.Norm(row);
        double[] coordinates = new double[count + 1], part = new double[count];
        double left = whole;
        // What rounding leaves of the first pass, the second takes; where little was taken away, there is nothing to mend.
        for (int pass = 0; pass < 2 && count > 0; pass++)
        {
            double before = left;
            Threads.For(count, (double)count * _dimension < 1e6 ? 1 : threads, a => part[a] = TensorPrimitives.Dot(row, _axes[a]));
            for (int a = 0; a < count; a++)
            {
                TensorPrimitives.MultiplyAdd(_axes[a], -part[a], row, row);
                coordinates[a] += part[a];
            }
            left = TensorPrimitives.Norm(row);
            if (left > 0.5 * before)
            {
                break;
            }
        }
        if (!(left > Dependence * whole))
        {
            return coordinates[..count];
        }
        coordinates[count] = left;
        TensorPrimitives.Multiply(row, 1 / left, row);
        _axes.Add(row);
        return coordinates;
    }
}
