using System.Numerics.Tensors;

namespace Microsoft.ML.Clip;

/// <summary>
/// Learns the sides of a head by the symmetric contrastive loss, on batches, by AdamW: what CLIP and locked-image tuning do behind their encoders. The
/// gradient is written out (<see cref="ContrastiveStep"/>), as two linear maps need no library for it.
/// </summary>
internal sealed class ContrastiveFit
{
    private const int DefaultDimension = 256, WarmupShare = 20;
    private const float MostLogitScale = 100;

    private readonly LockedRelation _relation;
    private readonly ClipLockedTrainer.Options _options;
    private readonly Random _random;
    private readonly ContrastiveSide _image, _text;
    private readonly HeadOptimizer _optimizer;

    // t, of which exp is the logit scale.
    private readonly float[] _scale;

    private ContrastiveFit(LockedRelation relation, ClipLockedTrainer.Options options)
    {
        (_relation, _options, _random) = (relation, options, SeededRandom.Create(options.Seed));
        var data = relation.Data;
        int imageWidth = data.ImageFeatures[0].Length, textWidth = data.TextFeatures[0].Length;
        HeadSide image, text;
        if (options.StartFrom is { } start)
        {
            RequireWidth(start.ImageFeatureLength, imageWidth, "images");
            RequireWidth(start.TextFeatureLength, textWidth, "texts");
            if (options.EmbeddingDimension is { } wanted && wanted != start.EmbeddingDimension)
            {
                throw new ArgumentException($"{nameof(options.EmbeddingDimension)} is {wanted}, but {nameof(options.StartFrom)} has {start.EmbeddingDimension}.", nameof(options));
            }
            (image, text) = (start.Image, start.Text);
            if (image.Weights is null && text.Weights is null)
            {
                throw new ArgumentException($"{nameof(options.StartFrom)} has no weights on either side, of which nothing can be learned.", nameof(options));
            }
        }
        else
        {
            image = new HeadSide { Mean = ClosedForm.UnitMean(data.ImageFeatures, relation.Weights) };
            text = new HeadSide { Mean = ClosedForm.UnitMean(data.TextFeatures, [.. relation.ByText.Select(t => t.Count > 0 ? 1f : 0f)]) };
            int dimension = Dimension(imageWidth, textWidth);
            image = options.ImageHead == ClipLockedHeadKind.None ? image : image with { Weights = ContrastiveSide.Draw(imageWidth, dimension, _random) };
            text = options.TextHead == ClipLockedHeadKind.None ? text : text with { Weights = ContrastiveSide.Draw(textWidth, dimension, _random) };
        }
        (_image, _text) = (new(image, options.ImageHead, options.HiddenUnits, _random), new(text, options.TextHead, options.HiddenUnits, _random));
        _scale = [MathF.Log(options.StartFrom?.LogitScale ?? options.LogitScale)];
        _optimizer = new HeadOptimizer(options.WeightDecay);
    }

    /// <param name="relation">What belongs together.</param>
    /// <param name="options">The caller's choices.</param>
    /// <param name="losses">Takes the mean loss of each epoch.</param>
    /// <param name="cancellation">Ends it between two steps.</param>
    public static ClipLockedHead Fit(LockedRelation relation, ClipLockedTrainer.Options options, List<double> losses, CancellationToken cancellation)
    {
        var fit = new ContrastiveFit(relation, options);
        int[] images = [.. Enumerable.Range(0, relation.Images).Where(i => relation.Weights[i] > 0 && relation.ByImage[i].Count > 0)];
        int steps = Math.Max(1, (images.Length + options.BatchSize - 1) / options.BatchSize), step = 0;
        for (int epoch = 0; epoch < options.NumberOfEpochs; epoch++)
        {
            fit._random.Shuffle(images);
            double sum = 0;
            int taken = 0;
            for (int first = 0; first < images.Length; first += options.BatchSize)
            {
                cancellation.ThrowIfCancellationRequested();
                float rate = options.LearningRate * Schedule(step++, steps * options.NumberOfEpochs);
                if (fit.Step(images[first..Math.Min(first + options.BatchSize, images.Length)], rate) is { } loss)
                {
                    sum += loss;
                    taken++;
                }
            }
            if (!double.IsFinite(sum))
            {
                throw new InvalidOperationException($"The loss of epoch {epoch + 1} is {sum / taken}: the steps are too long. Choose a smaller {nameof(options.LearningRate)}; it is {options.LearningRate}.");
            }
            losses.Add(taken > 0 ? sum / taken : double.NaN);
            options.Progress?.Report(losses[^1]);
        }
        if (losses.TrueForAll(double.IsNaN))
        {
            throw new InvalidOperationException($"No batch of {nameof(options.BatchSize)} = {options.BatchSize} images had two different texts, so that nothing was learned. Choose a larger one.");
        }
        return new ClipLockedHead(fit._image.Side, fit._text.Side, MathF.Exp(fit._scale[0]), options.Threads);
    }

    /// <summary>The share of the learning rate that a step has: up over a twentieth of them, then down as half a cosine.</summary>
    internal static float Schedule(int step, int steps)
    {
        int warmup = Math.Max(1, steps / WarmupShare);
        return step < warmup ? (step + 1f) / warmup : 0.5f * (1 + MathF.Cos(MathF.PI * (step - warmup) / Math.Max(1, steps - warmup)));
    }

    // Null where all images have the same text.
    private double? Step(int[] images, float rate)
    {
        var places = new Dictionary<int, int>();
        List<int> texts = [];
        foreach (int image in images)
        {
            int text = DrawText(_relation.ByImage[image]);
            if (places.TryAdd(text, texts.Count))
            {
                texts.Add(text);
            }
        }
        if (texts.Count < 2)
        {
            return null;
        }
        var targets = new FloatMatrix(images.Length, texts.Count);
        float[] weights = new float[images.Length];
        for (int i = 0; i < images.Length; i++)
        {
            weights[i] = _relation.Weights[images[i]];
            foreach (var (text, weight) in _relation.ByImage[images[i]])
            {
                if (places.TryGetValue(text, out int place))
                {
                    targets[i][place] += weight;
                }
            }
        }
        int threads = _options.Threads;
        _image.Forward([.. images.Select(i => _relation.Data.ImageFeatures[i])], threads);
        _text.Forward([.. texts.Select(t => _relation.Data.TextFeatures[t])], threads);
        var result = ContrastiveStep.Compute(_image.Embeddings, _text.Embeddings, MathF.Exp(_scale[0]), targets, weights, threads);
        _optimizer.Begin(rate);
        _image.Backward(result.ImageGradient, _optimizer, threads);
        _text.Backward(result.TextGradient, _optimizer, threads);
        _optimizer.Update(_scale, [result.LogScaleGradient], decays: false);
        _scale[0] = Math.Clamp(_scale[0], 0, MathF.Log(MostLogitScale));
        return result.Loss;
    }

    private int DrawText(IReadOnlyList<(int Text, float Weight)> own)
    {
        if (own.Count == 1)
        {
            return own[0].Text;
        }
        double place = _random.NextDouble() * own.Sum(t => (double)t.Weight);
        foreach (var (text, weight) in own)
        {
            place -= weight;
            if (place < 0)
            {
                return text;
            }
        }
        return own[^1].Text;
    }

    private int Dimension(int imageWidth, int textWidth)
    {
        var (image, text) = (_options.ImageHead == ClipLockedHeadKind.None, _options.TextHead == ClipLockedHeadKind.None);
        if (image && text)
        {
            throw new ArgumentException($"{nameof(_options.ImageHead)} and {nameof(_options.TextHead)} are both {ClipLockedHeadKind.None}, of which nothing can be learned.", nameof(_options));
        }
        int? given = image ? imageWidth : text ? textWidth : null;
        return given is null || _options.EmbeddingDimension is null || given == _options.EmbeddingDimension
            ? given ?? _options.EmbeddingDimension ?? DefaultDimension
            : throw new ArgumentException($"{nameof(_options.EmbeddingDimension)} is {_options.EmbeddingDimension}, but the side that has {ClipLockedHeadKind.None} gives {given}.", nameof(_options));
    }

    private static void RequireWidth(int found, int expected, string what)
    {
        if (found != expected)
        {
            throw new ArgumentException($"{nameof(ClipLockedTrainer.Options.StartFrom)} takes {found} features of {what}; there are {expected}.", nameof(ClipLockedTrainer.Options.StartFrom));
        }
    }
}

/// <summary>AdamW (Loshchilov and Hutter 2019) on arrays, in the order in which they come at each step.</summary>
/// <param name="decay">By what matrices shrink, relative to the step size.</param>
internal sealed class HeadOptimizer(float decay)
{
    private const float First = 0.9f, Second = 0.98f, Epsilon = 1e-6f;

    private readonly List<(float[] First, float[] Second)> _moments = [];
    private float _rate, _firstBias = 1, _secondBias = 1;
    private int _next;

    /// <summary>Begins a step.</summary>
    public void Begin(float rate)
    {
        (_rate, _next) = (rate, 0);
        _firstBias *= First;
        _secondBias *= Second;
    }

    /// <summary>Takes the step for one array.</summary>
    public void Update(Span<float> values, ReadOnlySpan<float> gradient, bool decays)
    {
        if (_next == _moments.Count)
        {
            _moments.Add((new float[values.Length], new float[values.Length]));
        }
        var (first, second) = _moments[_next++];
        float shrink = decays ? 1 - (_rate * decay) : 1, size = _rate / (1 - _firstBias), root = MathF.Sqrt(1 - _secondBias);
        for (int i = 0; i < values.Length; i++)
        {
            float g = gradient[i];
            first[i] = (First * first[i]) + ((1 - First) * g);
            second[i] = (Second * second[i]) + ((1 - Second) * g * g);
            values[i] = (values[i] * shrink) - (size * first[i] / ((MathF.Sqrt(second[i]) / root) + Epsilon));
        }
    }
}
