using System.Numerics.Tensors;

namespace Microsoft.ML.Clip;

/// <summary>A side of a head that is learned: forwards, backwards, and the step of its parameters. What it trains is its own.</summary>
internal sealed class ContrastiveSide
{
    private readonly FloatMatrix? _weights, _hiddenWeights, _hiddenOutput;
    private readonly float[]? _bias, _hiddenBias;

    // Of the last batch.
    private FloatMatrix? _lifted, _before, _hidden;
    private float[] _norms = [];

    /// <param name="side">What it begins with: its mean and anchors stay.</param>
    /// <param name="kind">Whether a hidden layer is added where there are weights and none beside them.</param>
    /// <param name="units">How many units that has.</param>
    /// <param name="random">For what is new.</param>
    /// <param name="rescales">Whether weights take the size that new ones have.</param>
    public ContrastiveSide(HeadSide side, ClipLockedHeadKind kind, int units, Random random, bool rescales = true)
    {
        if (side.Weights is { } weights)
        {
            _weights = weights.Copy();
            (_bias, _hiddenWeights, _hiddenBias, _hiddenOutput) = (Copy(side.Bias), side.HiddenWeights?.Copy(), Copy(side.HiddenBias),
                side.HiddenOutput?.Copy());
            if (kind == ClipLockedHeadKind.Mlp && _hiddenWeights is null)
            {
                // Begins as the linear map alone.
                (_hiddenWeights, _hiddenBias, _hiddenOutput) = (Draw(weights.Rows, units, random), new float[units], new FloatMatrix(units, weights.Columns));
            }
            if (rescales)
            {
                Rescale();
            }
        }
        Side = side with { Weights = _weights, Bias = _bias, HiddenWeights = _hiddenWeights, HiddenBias = _hiddenBias, HiddenOutput = _hiddenOutput };
    }

    /// <summary>The side as it is now.</summary>
    public HeadSide Side { get; }

    /// <summary>Unit embeddings of the last batch.</summary>
    public FloatMatrix Embeddings { get; private set; } = new(0, 0);

    /// <summary>Random weights whose products have the size of what they are multiplied with.</summary>
    public static FloatMatrix Draw(int rows, int columns, Random random)
    {
        var matrix = new FloatMatrix(rows, columns);
        double deviation = 1 / Math.Sqrt(rows);
        for (int r = 0; r < rows; r++)
        {
            foreach (ref float value in matrix[r])
            {
                // Box and Muller.
                value = (float)(deviation * Math.Sqrt(-2 * Math.Log(1 - random.NextDouble())) * Math.Cos(2 * Math.PI * random.NextDouble()));
            }
        }
        return matrix;
    }

    public void Forward(IReadOnlyList<float[]> features, int threads) => Forward(Side.Lift(features, 0, features.Count, threads), threads);

    /// <param name="lifted">φ of a batch.</param>
    /// <param name="threads">How many threads may be used.</param>
    internal void Forward(FloatMatrix lifted, int threads)
    {
        _lifted = lifted;
        if (_weights is null)
        {
            Embeddings = lifted;
            Embeddings.NormalizeRows(threads);
            return;
        }
        var result = FloatMatrix.Product(lifted, _weights, threads);
        HeadSide.AddToRows(result, _bias);
        if (_hiddenWeights is not null)
        {
            _before = FloatMatrix.Product(lifted, _hiddenWeights, threads);
            HeadSide.AddToRows(_before, _hiddenBias);
            _hidden = new FloatMatrix(_before.Rows, _before.Columns);
            for (int r = 0; r < _hidden.Rows; r++)
            {
                Span<float> x = _before[r], y = _hidden[r];
                for (int c = 0; c < x.Length; c++)
                {
                    y[c] = x[c] / (1 + MathF.Exp(-HeadSide.Gelu * x[c]));
                }
            }
            var beside = FloatMatrix.Product(_hidden, _hiddenOutput!, threads);
            TensorPrimitives.Add(result.Padded, beside.Padded, result.Padded);
        }
        _norms = result.NormalizeRows(threads);
        Embeddings = result;
    }

    /// <summary>Takes the step of all parameters.</summary>
    /// <param name="gradient">By the embeddings of the last batch; used up.</param>
    /// <param name="optimizer">Takes it.</param>
    /// <param name="threads">How many threads may be used.</param>
    public void Backward(FloatMatrix gradient, HeadOptimizer optimizer, int threads)
    {
        foreach (var (values, slope, decays) in Gradients(gradient, threads))
        {
            optimizer.Update(values.Span, slope.Span, decays);
        }
    }

    /// <summary>The parameters, with the gradient by each, padding included.</summary>
    internal IReadOnlyList<(Memory<float> Values, Memory<float> Gradient, bool Decays)> Gradients(FloatMatrix gradient, int threads)
    {
        if (_weights is null)
        {
            return [];
        }
        // Through y / |y|: what is along the embedding changes nothing.
        for (int r = 0; r < gradient.Rows; r++)
        {
            Span<float> slope = gradient[r], unit = Embeddings[r];
            float along = (float)VectorMath.Dot(slope, unit);
            TensorPrimitives.MultiplyAdd(unit, -along, slope, slope);
            TensorPrimitives.Divide(slope, _norms[r] > 0 ? _norms[r] : 1, slope);
        }
        List<(Memory<float>, Memory<float>, bool)> all = [Of(_weights, FloatMatrix.Product(_lifted!, gradient, threads, transposeA: true))];
        if (_bias is not null)
        {
            all.Add((_bias, ColumnSums(gradient), false));
        }
        if (_hiddenWeights is not null)
        {
            all.Add(Of(_hiddenOutput!, FloatMatrix.Product(_hidden!, gradient, threads, transposeA: true)));
            var slopes = FloatMatrix.Product(gradient, _hiddenOutput!, threads, transposeB: true);
            for (int r = 0; r < slopes.Rows; r++)
            {
                Span<float> slope = slopes[r], x = _before![r];
                for (int c = 0; c < slope.Length; c++)
                {
                    float gate = 1 / (1 + MathF.Exp(-HeadSide.Gelu * x[c]));
                    slope[c] *= gate * (1 + (HeadSide.Gelu * x[c] * (1 - gate)));
                }
            }
            all.Add(Of(_hiddenWeights, FloatMatrix.Product(_lifted!, slopes, threads, transposeA: true)));
            if (_hiddenBias is not null)
            {
                all.Add((_hiddenBias, ColumnSums(slopes), false));
            }
        }
        return all;

        static (Memory<float>, Memory<float>, bool) Of(FloatMatrix values, FloatMatrix slope) => (values.Memory, slope.Memory, true);
    }

    private static float[] ColumnSums(FloatMatrix rows)
    {
        float[] sums = new float[rows.Columns];
        for (int r = 0; r < rows.Rows; r++)
        {
            TensorPrimitives.Add(sums, rows[r], sums);
        }
        return sums;
    }

    private static float[]? Copy(float[]? values) => values is null ? null : [.. values];

    // The length of what comes out does not matter, but that of a step relative to it does.
    private void Rescale()
    {
        float size = TensorPrimitives.Norm<float>(_weights!.Padded) / MathF.Sqrt(_weights.Columns);
        if (size > 0)
        {
            TensorPrimitives.Divide(_weights.Padded, size, _weights.Padded);
            var output = _hiddenOutput is { } hidden ? hidden.Padded : [];
            TensorPrimitives.Divide(output, size, output);
            TensorPrimitives.Divide<float>(_bias, size, _bias);
        }
    }
}
