using System.Numerics.Tensors;

namespace Microsoft.ML.Clip;

/// <summary>
/// Heads that are the solution of a linear system. X are unit features of the images less their mean, Y says which text belongs to which image, S are the
/// texts' features (the same way) or φ of them: ridge (XᵀX + λI)⁻¹XᵀYS, bilinear (XᵀX + λI)⁻¹XᵀYS(SᵀS + μI)⁻¹.
/// </summary>
/// <remarks>Sums over images and the smaller systems are in float64, the kernel's products and its system in float32: docs/numerics.md.</remarks>
internal sealed class ClosedForm
{
    /// <summary>Up to this order a system is solved in float64.</summary>
    internal const int MostExact = 1024;

    private const int BlockTexts = 2048, ChunkImages = 256;

    private readonly LockedRelation _relation;
    private readonly ClipLockedTrainer.Options _options;
    private readonly int _threads, _width;
    private readonly CancellationToken _cancellation;
    private readonly float[] _imageMean, _textMean;

    private ClosedForm(LockedRelation relation, ClipLockedTrainer.Options options, CancellationToken cancellation)
    {
        (_relation, _options, _threads, _cancellation) = (relation, options, options.Threads, cancellation);
        _width = relation.Data.ImageFeatures[0].Length;
        _imageMean = UnitMean(relation.Data.ImageFeatures, relation.Weights);
        _textMean = UnitMean(relation.Data.TextFeatures, [.. relation.ByText.Select(t => t.Count > 0 ? 1f : 0f)]);
    }

    public static ClipLockedHead Fit(LockedRelation relation, ClipLockedTrainer.Options options, CancellationToken cancellation)
    {
        var form = new ClosedForm(relation, options, cancellation);
        return options.Method == ClipLockedMethod.Ridge ? form.Ridge() : form.Bilinear(options.Method == ClipLockedMethod.Kernel);
    }

    /// <summary>The mean of rows divided by their norms.</summary>
    public static float[] UnitMean(IReadOnlyList<float[]> rows, float[] weights)
    {
        double[] sum = new double[rows[0].Length];
        double total = 0;
        for (int i = 0; i < rows.Count; i++)
        {
            if (weights[i] > 0)
            {
                double scale = weights[i] / (double)TensorPrimitives.Norm<float>(rows[i]);
                for (int c = 0; c < sum.Length; c++)
                {
                    sum[c] += scale * rows[i][c];
                }
                total += weights[i];
            }
        }
        return [.. sum.Select(s => (float)(s / total))];
    }

    // Images to texts: each image's target is the mean of its texts.
    private ClipLockedHead Ridge()
    {
        var texts = Texts(0, _relation.Texts);
        int width = texts.Columns;
        double[] products = new double[_width * width];
        int[] images = [.. Enumerable.Range(0, _relation.Images).Where(i => _relation.Weights[i] > 0 && _relation.ByImage[i].Count > 0)];
        foreach (int[] chunk in images.Chunk(ChunkImages))
        {
            _cancellation.ThrowIfCancellationRequested();
            double[] targets = new double[chunk.Length * width], rows = new double[chunk.Length * _width];
            Threads.For(chunk.Length, _threads, i =>
            {
                ReadImage(chunk[i], rows.AsSpan(i * _width, _width));
                var own = _relation.ByImage[chunk[i]];
                double total = own.Sum(t => (double)t.Weight) / _relation.Weights[chunk[i]];
                foreach (var (text, weight) in own)
                {
                    var features = texts[text];
                    for (int c = 0; c < width; c++)
                    {
                        targets[(i * width) + c] += weight / total * features[c];
                    }
                }
            });
            // XᵀT, row by row.
            Threads.For(_width, _threads, r =>
            {
                var sum = products.AsSpan(r * width, width);
                for (int i = 0; i < chunk.Length; i++)
                {
                    TensorPrimitives.MultiplyAdd(targets.AsSpan(i * width, width), rows[(i * _width) + r], sum, sum);
                }
            });
        }
        SolveImages(products, width, onlyWithTexts: true);
        return Head(new HeadSide { Mean = _imageMean, Weights = ToMatrix(products, _width) }, new HeadSide { Mean = _textMean });
    }

    private ClipLockedHead Bilinear(bool isKernel)
    {
        var anchors = isKernel ? Anchors() : null;
        int inner = anchors?.Rows ?? _relation.Data.TextFeatures[0].Length;
        // SᵀS and SᵀYᵀX, over blocks of texts.
        FloatMatrix? gram = null, cross = null;
        HeadSide? image = null;
        FloatMatrix? directions = null;
        if (_options.HasJointSpace)
        {
            (image, directions) = JointSpace.Fit(_relation, _imageMean, _options, _cancellation);
        }
        else if (_options.EqualTexts)
        {
            directions = Directions();
        }
        int dimension = directions?.Columns ?? _width;
        for (int first = 0; first < _relation.Texts; first += BlockTexts)
        {
            _cancellation.ThrowIfCancellationRequested();
            int count = Math.Min(BlockTexts, _relation.Texts - first);
            var lifted = Texts(first, count);
            lifted = anchors is null ? lifted : HeadSide.Kernel(lifted, anchors, _options.Sharpness, _threads);
            for (int t = 0; t < count; t++)
            {
                if (_relation.ByText[first + t].Count == 0)
                {
                    lifted[t].Clear();
                }
            }
            gram = Sum(gram, FloatMatrix.Product(lifted, lifted, _threads, transposeA: true));
            _cancellation.ThrowIfCancellationRequested();
            var images = directions is null ? ImageSums(first, count) : Rows(directions, first, count);
            cross = Sum(cross, FloatMatrix.Product(lifted, images, _threads, transposeA: true));
        }
        _cancellation.ThrowIfCancellationRequested();
        Ridge(gram!, _options.TextRegularization);
        double[] solved = PositiveSystem.Solve(gram!, cross!, _threads, _cancellation);
        // [inner, images' width] to its transpose, which is what the other side is solved for, and back.
        double[] transposed = Transpose(solved, inner, dimension);
        if (directions is null)
        {
            SolveImages(transposed, inner, onlyWithTexts: false);
        }
        return Head(image ?? new HeadSide { Mean = _imageMean },
            new HeadSide
            {
                Mean = _textMean,
                Anchors = anchors,
                Sharpness = anchors is null ? 0 : _options.Sharpness,
                Weights = ToMatrix(Transpose(transposed, dimension, inner), inner)
            });
    }

    /// <summary>Yᵀ X (XᵀX + λI)⁻¹, each row of length 1: where among the images each text lies. [texts, images' width].</summary>
    private FloatMatrix Directions()
    {
        double[] columns = new double[_width * _relation.Texts];
        for (int first = 0; first < _relation.Texts; first += BlockTexts)
        {
            _cancellation.ThrowIfCancellationRequested();
            var sums = ImageSums(first, Math.Min(BlockTexts, _relation.Texts - first));
            for (int t = 0; t < sums.Rows; t++)
            {
                for (int c = 0; c < _width; c++)
                {
                    columns[(c * _relation.Texts) + first + t] = sums[t][c];
                }
            }
        }
        SolveImages(columns, _relation.Texts, onlyWithTexts: false);
        double[] rows = Transpose(columns, _width, _relation.Texts);
        var directions = new FloatMatrix(_relation.Texts, _width);
        for (int t = 0; t < _relation.Texts; t++)
        {
            var row = rows.AsSpan(t * _width, _width);
            double norm = TensorPrimitives.Norm<double>(row);
            for (int c = 0; c < _width; c++)
            {
                directions[t][c] = norm > 0 ? (float)(row[c] / norm) : 0;
            }
        }
        return directions;
    }

    private static FloatMatrix Rows(FloatMatrix matrix, int first, int count)
    {
        var rows = new FloatMatrix(count, matrix.Columns);
        for (int r = 0; r < count; r++)
        {
            matrix[first + r].CopyTo(rows[r]);
        }
        return rows;
    }

    private ClipLockedHead Head(HeadSide image, HeadSide text) => new(image, text, _options.LogitScale, _threads);

    private FloatMatrix Anchors()
    {
        int[] named = [.. Enumerable.Range(0, _relation.Texts).Where(t => _relation.ByText[t].Count > 0)];
        if (named.Length > _options.MaximumAnchors)
        {
            SeededRandom.Create(_options.Seed).Shuffle(named);
            named = [.. named.Take(_options.MaximumAnchors).Order()];
        }
        return HeadSide.Center([.. named.Select(t => _relation.Data.TextFeatures[t])], 0, named.Length, _textMean, _threads);
    }

    private FloatMatrix Texts(int first, int count) => HeadSide.Center(_relation.Data.TextFeatures, first, count, _textMean, _threads);

    /// <summary>YᵀX of some texts.</summary>
    private FloatMatrix ImageSums(int first, int count)
    {
        var sums = new FloatMatrix(count, _width);
        Threads.For(count, _threads, t =>
        {
            double[] sum = new double[_width], row = new double[_width];
            foreach (var (image, weight) in _relation.ByText[first + t])
            {
                if (_relation.Weights[image] > 0)
                {
                    ReadImage(image, row);
                    TensorPrimitives.MultiplyAdd(row, weight * (double)_relation.Weights[image], sum, sum);
                }
            }
            TensorPrimitives.ConvertTruncating<double, float>(sum, sums[t]);
        });
        return sums;
    }

    /// <summary>An image's unit features less the mean.</summary>
    private void ReadImage(int image, Span<double> row)
    {
        float[] features = _relation.Data.ImageFeatures[image];
        double norm = TensorPrimitives.Norm<float>(features);
        for (int c = 0; c < row.Length; c++)
        {
            row[c] = (features[c] / norm) - _imageMean[c];
        }
    }

    /// <summary>Replaces B, [features, columns], by (XᵀX + λI)⁻¹B.</summary>
    private void SolveImages(double[] b, int columns, bool onlyWithTexts)
    {
        int[] images = [.. Enumerable.Range(0, _relation.Images).Where(i => _relation.Weights[i] > 0 && (!onlyWithTexts || _relation.ByImage[i].Count > 0))];
        double[] row = new double[_width];
        double trace = 0;
        foreach (int image in images)
        {
            ReadImage(image, row);
            trace += _relation.Weights[image] * TensorPrimitives.Dot<double>(row, row);
        }
        double[] diagonal = new double[_width];
        Array.Fill(diagonal, _options.ImageRegularization * trace / _width);
        var system = new PositiveMatrix(_width);
        system.Sum(images.Chunk(ChunkImages).Select(chunk =>
        {
            _cancellation.ThrowIfCancellationRequested();
            double[] vectors = new double[chunk.Length * _width];
            for (int i = 0; i < chunk.Length; i++)
            {
                ReadImage(chunk[i], vectors.AsSpan(i * _width, _width));
            }
            return (vectors, chunk.Select(i => (double)_relation.Weights[i]).ToArray());
        }), diagonal, _threads);
        PositiveSystem.SolveColumns(system, b, columns, _threads);
    }

    private static void Ridge(FloatMatrix gram, float strength)
    {
        double trace = 0;
        for (int i = 0; i < gram.Rows; i++)
        {
            trace += gram[i][i];
        }
        for (int i = 0; i < gram.Rows; i++)
        {
            gram[i][i] += (float)(strength * trace / gram.Rows);
        }
    }

    private static FloatMatrix Sum(FloatMatrix? sum, FloatMatrix part)
    {
        if (sum is null)
        {
            return part;
        }
        TensorPrimitives.Add(sum.Padded, part.Padded, sum.Padded);
        return sum;
    }

    private static double[] Transpose(double[] values, int rows, int columns)
    {
        double[] result = new double[values.Length];
        for (int r = 0; r < rows; r++)
        {
            for (int c = 0; c < columns; c++)
            {
                result[(c * rows) + r] = values[(r * columns) + c];
            }
        }
        return result;
    }

    // What a map is multiplied with does not matter, so that it is at most 1: whatever holds it has room for that.
    private static FloatMatrix ToMatrix(double[] values, int rows)
    {
        double most = values.Max(Math.Abs);
        return FloatMatrix.Of([.. values.Select(v => (float)(most > 0 ? v / most : v))], rows);
    }
}
