using System.Numerics.Tensors;

namespace Microsoft.ML.Clip;

/// <summary>
/// The space in which images and texts meet where the side of images has hidden units or is whitened. Z are the images as <see cref="ImageLift"/> gives
/// them, B = (ZᵀZ + λI)⁻¹ZᵀY where the texts lie among them, M = ZᵀZ + ρI (or I, not whitened) what lengths are measured by. The space is spanned by Q,
/// QᵀMQ = I, those directions that hold most of B; an image is zQ, a text QᵀMb, and the product of both what zb is.
/// </summary>
internal sealed class JointSpace
{
    /// <summary>How many images are read at once.</summary>
    public const int ChunkImages = 2048;

    // Rounds of the subspace iteration: the spectrum of B falls fast, and what is left over is among the least of its directions.
    private const int Rounds = 5;

    // How much what images are classified among, such as the names of classes, counts for the choice of directions, beside synonyms and more general names.
    private const float CandidateWeight = 4;

    // What is left of a vector of length 1, squared, where others hold all of it: rounding error of float32.
    private const double Nothing = 1e-11;

    private readonly LockedRelation _relation;
    private readonly ClipLockedTrainer.Options _options;
    private readonly ImageLift _lift;
    private readonly CancellationToken _cancellation;
    private readonly double[] _gram, _sums;
    private readonly int _width, _threads;

    private JointSpace(LockedRelation relation, ClipLockedTrainer.Options options, ImageLift lift, CancellationToken cancellation)
    {
        (_relation, _options, _lift, _width, _threads, _cancellation) = (relation, options, lift, lift.Width, options.Threads, cancellation);
        (_gram, _sums) = (new double[_width * _width], new double[relation.Texts * _width]);
    }

    /// <summary>Fits it.</summary>
    /// <returns>The side of the images, and the texts in the space, [texts, embedding]; texts without images are zero.</returns>
    public static (HeadSide Images, FloatMatrix Texts) Fit(LockedRelation relation, float[] imageMean, ClipLockedTrainer.Options options,
        CancellationToken cancellation)
    {
        var lift = new ImageLift(relation, imageMean, options.ImageHiddenUnits, options.Seed, options.Threads);
        return new JointSpace(relation, options, lift, cancellation).Fit();
    }

    private (HeadSide Images, FloatMatrix Texts) Fit()
    {
        Sum();
        double mean = Enumerable.Range(0, _width).Sum(i => _gram[(i * _width) + i]) / _width;
        var directions = Directions(mean);
        var measure = new FloatMatrix(_width, _width);
        for (int r = 0; r < _width; r++)
        {
            for (int c = 0; c < _width; c++)
            {
                // In units of the mean, in which float32 holds it whatever images count.
                measure[r][c] = (float)(((_options.ImageWhitening is null ? 0 : _gram[(r * _width) + c] / mean)) + (r == c ? _options.ImageWhitening ?? 1 : 0));
            }
        }
        var measured = FloatMatrix.Product(directions, measure, _threads);
        if (_options.EqualTexts)
        {
            for (int t = 0; t < directions.Rows; t++)
            {
                float norm = MathF.Sqrt(MathF.Max(0, TensorPrimitives.Dot<float>(directions[t], measured[t])));
                if (norm > 0)
                {
                    TensorPrimitives.Divide(directions[t], norm, directions[t]);
                    TensorPrimitives.Divide(measured[t], norm, measured[t]);
                }
            }
        }
        int dimension = Math.Min(_options.EmbeddingDimension ?? _lift.Features, _width);
        double[][] basis = Basis(directions, measured, measure, dimension);
        // Texts may span fewer.
        dimension = basis.Length;
        double[] columns = new double[_width * dimension];
        for (int r = 0; r < _width; r++)
        {
            for (int d = 0; d < dimension; d++)
            {
                columns[(r * dimension) + d] = basis[d][r];
            }
        }
        var texts = FloatMatrix.Product(measured, ToMatrix(basis), _threads, transposeB: true);
        return (_lift.Side(columns), texts);
    }

    /// <summary>ZᵀZ, and for each text the sum of its images.</summary>
    private void Sum()
    {
        double[] same = new double[_width];
        IReadOnlyList<(int Other, float Weight)>? texts = null;
        foreach (int[] chunk in _lift.Images.Chunk(ChunkImages))
        {
            _cancellation.ThrowIfCancellationRequested();
            var lifted = _lift.Read(chunk);
            var weighted = lifted.Copy();
            for (int i = 0; i < chunk.Length; i++)
            {
                float weight = _relation.Weights[chunk[i]];
                TensorPrimitives.Multiply(weighted[i], weight, weighted[i]);
                var own = _relation.ByImage[chunk[i]];
                if (texts is null || !own.SequenceEqual(texts))
                {
                    ShareOut(same, texts);
                    texts = own;
                }
                for (int c = 0; c < _width; c++)
                {
                    same[c] += weighted[i][c];
                }
            }
            var part = FloatMatrix.Product(weighted, lifted, _threads, transposeA: true);
            Threads.For(_width, _threads, r =>
            {
                for (int c = 0; c < _width; c++)
                {
                    _gram[(r * _width) + c] += part[r][c];
                }
            });
        }
        ShareOut(same, texts);
    }

    private void ShareOut(double[] same, IReadOnlyList<(int Other, float Weight)>? texts)
    {
        foreach (var (text, weight) in texts ?? [])
        {
            var sum = _sums.AsSpan(text * _width, _width);
            TensorPrimitives.MultiplyAdd(same, weight, sum, sum);
        }
        Array.Clear(same);
    }

    /// <summary>Bᵀ, [texts, width].</summary>
    private FloatMatrix Directions(double mean)
    {
        var system = new PositiveMatrix(_width);
        double[] regularized = [.. _gram];
        for (int i = 0; i < _width; i++)
        {
            regularized[(i * _width) + i] += _options.ImageRegularization * mean;
        }
        system.Factor(regularized, _threads);
        double largest = 0;
        Threads.For(_relation.Texts, _threads, t =>
        {
            if (_relation.ByText[t].Count > 0)
            {
                system.Solve(_sums.AsSpan(t * _width, _width));
            }
        });
        _cancellation.ThrowIfCancellationRequested();
        largest = _sums.Max(Math.Abs);
        return FloatMatrix.Of([.. _sums.Select(v => (float)(largest > 0 ? v / largest : v))], _relation.Texts);
    }

    /// <summary>The directions Q that hold most of B, by repeated products with BBᵀM.</summary>
    private double[][] Basis(FloatMatrix directions, FloatMatrix measured, FloatMatrix measure, int dimension)
    {
        var random = SeededRandom.Create(_options.Seed + 1);
        float[] weights = [.. Enumerable.Repeat(1f, _relation.Texts)];
        foreach (int candidate in (_relation.Data.Candidates ?? []).Where(c => (uint)c < (uint)_relation.Texts))
        {
            weights[candidate] = CandidateWeight;
        }
        double[][] basis = [.. Enumerable.Range(0, dimension).Select(_ => Enumerable.Range(0, _width).Select(_ => random.NextDouble() - 0.5).ToArray())];
        for (int round = 0; round <= Rounds; round++)
        {
            _cancellation.ThrowIfCancellationRequested();
            basis = Orthogonalize(basis, measure);
            if (round < Rounds && dimension < _width)
            {
                var shares = FloatMatrix.Product(ToMatrix(basis), measured, _threads, transposeB: true);
                for (int d = 0; d < shares.Rows; d++)
                {
                    TensorPrimitives.Multiply(shares[d], weights, shares[d]);
                }
                var next = FloatMatrix.Product(shares, directions, _threads);
                for (int d = 0; d < basis.Length; d++)
                {
                    TensorPrimitives.ConvertTruncating<float, double>(next[d], basis[d]);
                }
            }
        }
        return basis;
    }

    /// <summary>QᵀMQ = I: Gram and Schmidt, twice, which is enough. Directions that others hold already are left out.</summary>
    private double[][] Orthogonalize(double[][] basis, FloatMatrix measure)
    {
        for (int pass = 0; pass < 2; pass++)
        {
            var products = FloatMatrix.Product(ToMatrix(basis), measure, _threads);
            double[][] measured = [.. Enumerable.Range(0, basis.Length).Select(d =>
            {
                double[] row = new double[_width];
                TensorPrimitives.ConvertTruncating<float, double>(products[d], row);
                return row;
            })];
            for (int d = 0; d < basis.Length; d++)
            {
                Divide(d, Math.Sqrt(Math.Max(0, TensorPrimitives.Dot<double>(basis[d], measured[d]))));
            }
            List<double[]> kept = [];
            for (int d = 0; d < basis.Length; d++)
            {
                double left = TensorPrimitives.Dot<double>(basis[d], measured[d]);
                if (!(left > Nothing))
                {
                    continue;
                }
                Divide(d, Math.Sqrt(left));
                kept.Add(basis[d]);
                int from = d;
                Threads.For(basis.Length - d - 1, (basis.Length - d) * (long)_width < 1 << 17 ? 1 : _threads, k =>
                {
                    int other = from + 1 + k;
                    double share = TensorPrimitives.Dot<double>(basis[other], measured[from]);
                    TensorPrimitives.MultiplyAdd(basis[from], -share, basis[other], basis[other]);
                    TensorPrimitives.MultiplyAdd(measured[from], -share, measured[other], measured[other]);
                });
            }
            basis = [.. kept];

            void Divide(int row, double length)
            {
                if (length > 0)
                {
                    TensorPrimitives.Divide(basis[row], length, basis[row]);
                    TensorPrimitives.Divide(measured[row], length, measured[row]);
                }
            }
        }
        return basis;
    }

    private FloatMatrix ToMatrix(double[][] rows)
    {
        var matrix = new FloatMatrix(rows.Length, _width);
        for (int r = 0; r < rows.Length; r++)
        {
            TensorPrimitives.ConvertTruncating<double, float>(rows[r], matrix[r]);
        }
        return matrix;
    }
}
