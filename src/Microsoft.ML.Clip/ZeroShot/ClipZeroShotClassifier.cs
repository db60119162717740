using System.Numerics.Tensors;

namespace Microsoft.ML.Clip;

/// <summary>
/// A linear classifier whose weights are text embeddings: one unit vector per class, the normalised mean of the class's normalised prompt
/// embeddings. Source: section 3.1.4 of the paper; <c>zeroshot_classifier</c> in openai/CLIP's Prompt_Engineering_for_ImageNet.ipynb.
/// </summary>
/// <remarks>
/// The head of <see cref="ClipCatalog.ClipZeroShotClassification"/>, without ML.NET. Immutable and thread-safe; holds nothing of the model that made it.
/// </remarks>
public sealed class ClipZeroShotClassifier : IBatchHead
{
    private const int PromptsAtOnce = 2048;
    private const string RepeatedAreAllowed =
        $": of equal ones the first would always win. A published list that has them all the same is taken with {nameof(ClipZeroShotOptions)}.{nameof(ClipZeroShotOptions.AllowRepeatedLabels)}.";

    private readonly string[] _labels;
    private readonly Rows<float> _classWeights;

    /// <summary>Makes a classifier of class weights that are there already.</summary>
    /// <param name="labels">The class names, in the order of the weights.</param>
    /// <param name="classWeights">[classes, dimension], row-major: one vector per class. They are copied, and divided by their norms.</param>
    /// <param name="logitScale">exp(t), by which cosines are multiplied; positive.</param>
    /// <param name="scoreKind">What logits become.</param>
    /// <param name="logitBias">What is added to logit scale · cosine; matters only for <see cref="ClipScoreKind.Sigmoid"/>.</param>
    /// <param name="allowRepeatedLabels">Whether labels may be equal, as in <see cref="ClipZeroShotOptions.AllowRepeatedLabels"/>.</param>
    /// <param name="minimumCosine">Below it an image belongs to no class, as in <see cref="ClipZeroShotOptions.MinimumCosine"/>; -1 to 1.</param>
    /// <exception cref="ArgumentException">
    /// Labels are missing, empty or repeated; the weights are not as many values for each of them; a row has no direction; scale or bias is no number; or the
    /// minimum is no cosine.
    /// </exception>
    public ClipZeroShotClassifier(IReadOnlyList<string> labels, ReadOnlySpan<float> classWeights, float logitScale,
        ClipScoreKind scoreKind = ClipScoreKind.Softmax, float logitBias = 0, bool allowRepeatedLabels = false, float? minimumCosine = null)
    {
        CheckLabels(labels, allowRepeatedLabels);
        if (classWeights.IsEmpty || classWeights.Length % labels.Count != 0)
        {
            throw new ArgumentException($"There are {labels.Count} labels and {classWeights.Length} weights; expected as many weights for each label.", nameof(classWeights));
        }
        if (!(logitScale > 0) || !float.IsFinite(logitScale) || !float.IsFinite(logitBias) || !Enum.IsDefined(scoreKind))
        {
            throw new ArgumentException($"Expected a positive logit scale, a finite bias and a known score kind; found {logitScale}, {logitBias} and {scoreKind}.");
        }
        CheckMinimum(minimumCosine);
        _labels = [.. labels];
        _classWeights = Rows.Of(classWeights.ToArray(), labels.Count);
        (LogitScale, LogitBias, ScoreKind, MinimumCosine) = (logitScale, logitBias, scoreKind, minimumCosine);
        for (int i = 0; i < _labels.Length; i++)
        {
            Normalize(_labels[i], _classWeights[i]);
        }
    }

    private ClipZeroShotClassifier(string[] labels, Rows<float> unitWeights, float logitScale, ClipScoreKind scoreKind, float logitBias,
        float? minimumCosine)
    {
        CheckMinimum(minimumCosine);
        (_labels, _classWeights) = (labels, unitWeights);
        (LogitScale, LogitBias, ScoreKind, MinimumCosine) = (logitScale, logitBias, scoreKind, minimumCosine);
    }

    /// <summary>The class names, in the order of the scores.</summary>
    public IReadOnlyList<string> Labels => Array.AsReadOnly(_labels);

    /// <summary>[classes, <see cref="Dimension"/>], row-major, unit rows.</summary>
    public ReadOnlyMemory<float> ClassWeights => _classWeights.Values;

    /// <summary>exp(t), by which cosines are multiplied.</summary>
    public float LogitScale { get; }

    /// <summary>What is added to logit scale · cosine before a sigmoid.</summary>
    public float LogitBias { get; }

    /// <summary>What logits become.</summary>
    public ClipScoreKind ScoreKind { get; }

    /// <summary>The cosine below which an image belongs to no class; <see langword="null"/> if every image belongs to the nearest.</summary>
    public float? MinimumCosine { get; }

    /// <summary>The dimension of the joint space.</summary>
    public int Dimension => _classWeights.Width;

    int IBatchHead.ResultLength => _labels.Length;

    /// <summary>
    /// Embeds every prompt of every class with a model's text encoder. <see cref="ClipModel.Message"/> warns of labels that become the same tokens, of prompts
    /// that are cut, and of labels in a script of which the vocabulary has no words.
    /// </summary>
    /// <param name="model">The model; stays the caller's, and is not needed afterwards.</param>
    /// <param name="labels">The class names, as a person would write them. They have to differ.</param>
    /// <param name="templates">The prompt templates, each with <c>{}</c> where the class name goes; <see langword="null"/> means <see cref="ClipPrompts.Simple"/>.</param>
    /// <param name="logitScale">exp(t); <see langword="null"/> means the model's <see cref="ClipModel.LogitScale"/>.</param>
    /// <param name="progress">Told how many labels are done, from the threads that do them.</param>
    /// <param name="allowRepeatedLabels">Whether labels may be equal, as in <see cref="ClipZeroShotOptions.AllowRepeatedLabels"/>.</param>
    /// <param name="onTooLong">What to do with a prompt that is longer than the model's context, as in <see cref="ClipZeroShotOptions.OnTooLong"/>.</param>
    /// <param name="minimumCosine">Below it an image belongs to no class, as in <see cref="ClipZeroShotOptions.MinimumCosine"/>; -1 to 1.</param>
    /// <param name="cancellationToken">Ends the work between two batches.</param>
    /// <returns>The classifier.</returns>
    /// <exception cref="ArgumentException">
    /// Labels or templates are empty, labels are repeated, templates lack the placeholder, a prompt is too long and not to be cut, or the minimum is no cosine.
    /// </exception>
    /// <exception cref="InvalidOperationException">The model has no text encoder, or the prompts of a label cancel out.</exception>
    /// <exception cref="OperationCanceledException">It was cancelled.</exception>
    public static ClipZeroShotClassifier Create(ClipModel model, IReadOnlyList<string> labels, IReadOnlyList<string>? templates = null,
        float? logitScale = null, IProgress<int>? progress = null, bool allowRepeatedLabels = false, ClipOnTooLong onTooLong = ClipOnTooLong.Truncate,
        float? minimumCosine = null, CancellationToken cancellationToken = default)
    {
        ArgumentNullException.ThrowIfNull(model);
        templates ??= ClipPrompts.Simple;
        Check(labels, templates, allowRepeatedLabels);
        var options = new ClipZeroShotOptions { LogitScale = logitScale, OnTooLong = onTooLong, MinimumCosine = minimumCosine };
        return CreateChecked(model, labels, templates, options, model.Warn, progress, onPrompts: null, cancellationToken);
    }

    /// <summary>
    /// As above, with labels and templates that have been checked, and somebody to be warned of what is odd with them. Each run of the encoder tells how
    /// many prompts it did, from the thread that did them; what is thrown from there ends the work.
    /// </summary>
    internal static ClipZeroShotClassifier CreateChecked(ClipModel model, IReadOnlyList<string> labels, IReadOnlyList<string> templates,
        ClipZeroShotOptions options, Action<string> warn, IProgress<int>? progress, Action<int>? onPrompts, CancellationToken cancellationToken)
    {
        CheckMinimum(options.MinimumCosine);
        CheckChoice(options.OnTooLong);
        model.CheckTextEncoder();
        new PromptCheck(model.Tokenizer, labels, templates).Run(options.OnTooLong, warn, cancellationToken);
        int dimension = model.EmbeddingDimension;
        float[] weights = new float[labels.Count * dimension];
        var classWeights = Rows.Of(weights, labels.Count);
        // Many labels at a time, so that prompts of like length meet, but not the 80,000 embeddings of ImageNet's ensemble at once.
        int labelsAtOnce = Math.Max(1, PromptsAtOnce / templates.Count);
        float[] prompts = new float[Math.Min(labelsAtOnce, labels.Count) * templates.Count * dimension];
        for (int first = 0; first < labels.Count; first += labelsAtOnce)
        {
            string[] some = [.. labels.Skip(first).Take(labelsAtOnce)];
            var embeddings = prompts.AsMemory(0, some.Length * templates.Count * dimension);
            model.EncodeTexts([.. some.SelectMany(label => templates.Select(t => ClipPrompts.Fill(t, label)))], embeddings.Span, normalize: true,
                progress: null, onPrompts, cancellationToken);
            for (int i = 0; i < some.Length; i++)
            {
                Combine(some[i], new Rows<float>(embeddings, dimension).Slice(i * templates.Count, templates.Count), classWeights[first + i]);
            }
            progress?.Report(first + some.Length);
        }
        return new ClipZeroShotClassifier([.. labels], classWeights, options.LogitScale ?? model.LogitScale, model.ScoreFunction, model.LogitBias,
            options.MinimumCosine);
    }

    /// <summary>For weights that are of unit length to the bit: dividing again would move them.</summary>
    internal static ClipZeroShotClassifier FromUnitWeights(string[] labels, float[] unitWeights, float logitScale, ClipScoreKind scoreKind, float logitBias,
        float? minimumCosine) =>
        new(labels, Rows.Of(unitWeights, labels.Length), logitScale, scoreKind, logitBias, minimumCosine);

    /// <summary>The scores of one image: softmax(logit scale · cosines), or a sigmoid of each logit.</summary>
    /// <param name="embedding">The image's joint embedding, [<see cref="Dimension"/>]; need not be of unit length.</param>
    /// <param name="scores">Receives a score in [0, 1] for each label.</param>
    /// <exception cref="ArgumentException">A span has another length, or the embedding is zero or not finite.</exception>
    public void Classify(ReadOnlySpan<float> embedding, Span<float> scores)
    {
        float norm = NormOf(embedding);
        Require.Length(scores.Length, _labels.Length, nameof(scores));
        Score(embedding, norm, scores, cosines: default);
    }

    /// <summary>The most probable class of one image, of equal scores the first; no class if its cosine is below <see cref="MinimumCosine"/>.</summary>
    /// <param name="embedding">The image's joint embedding, [<see cref="Dimension"/>]; need not be of unit length.</param>
    /// <returns>The class, its score and those of all classes.</returns>
    /// <exception cref="ArgumentException">The embedding has another length, or is zero or not finite.</exception>
    public ClipZeroShotPrediction Classify(ReadOnlySpan<float> embedding)
    {
        float[] scores = new float[_labels.Length], cosines = new float[_labels.Length];
        Score(embedding, NormOf(embedding), scores, cosines);
        int best = TensorPrimitives.IndexOfMax<float>(scores);
        return new ClipZeroShotPrediction
        {
            Label = IsNone(cosines[best]) ? null : _labels[best],
            Index = best,
            Score = scores[best],
            Scores = scores,
            Cosine = cosines[best],
            Cosines = cosines,
        };
    }

    void IBatchHead.Apply(ReadOnlySpan<float> embedding, Span<float> result) =>
        Score(embedding, TensorPrimitives.Norm(embedding), result, cosines: default);

    /// <summary>Whether an image whose nearest class has such a cosine belongs to none.</summary>
    internal bool IsNone(float cosine) => cosine < MinimumCosine;

    /// <summary>Says what is wrong with labels or templates, before anything is computed.</summary>
    internal static void Check(IReadOnlyList<string> labels, IReadOnlyList<string> templates, bool allowRepeatedLabels)
    {
        CheckLabels(labels, allowRepeatedLabels);
        Require.NoNulls(templates);
        if (templates.Count == 0)
        {
            throw new ArgumentException($"Zero-shot classification needs at least one prompt template, such as \"{ClipPrompts.Simple[0]}\"; the list is empty.", nameof(templates));
        }
        foreach (string template in templates)
        {
            ClipPrompts.Fill(template, "");
        }
    }

    /// <summary>Says what is wrong with labels.</summary>
    /// <param name="labels">The labels.</param>
    /// <param name="allowRepeated">Whether they may be equal.</param>
    /// <param name="wayOut">What to do where they must not be, and are.</param>
    internal static void CheckLabels(IReadOnlyList<string> labels, bool allowRepeated, string wayOut = RepeatedAreAllowed)
    {
        ArgumentNullException.ThrowIfNull(labels);
        if (labels.Count == 0)
        {
            throw new ArgumentException("Zero-shot classification needs at least one label; the list is empty.", nameof(labels));
        }
        var seen = new Dictionary<string, int>(StringComparer.Ordinal);
        for (int i = 0; i < labels.Count; i++)
        {
            if (string.IsNullOrWhiteSpace(labels[i]))
            {
                throw new ArgumentException($"Label {i} (counted from 0) is empty.", nameof(labels));
            }
            if (!seen.TryAdd(labels[i], i) && !allowRepeated)
            {
                throw new ArgumentException($"The label '{labels[i]}' is there twice, at {seen[labels[i]]} and {i} (counted from 0). Labels have to differ{wayOut}", nameof(labels));
            }
        }
    }

    /// <summary>Says what is wrong with a minimum, before anything is computed.</summary>
    internal static void CheckMinimum(float? minimumCosine)
    {
        if (minimumCosine is not (null or (>= -1 and <= 1)))
        {
            throw new ArgumentException($"Expected a cosine, -1 to 1, or null for no minimum; found {minimumCosine}.", nameof(minimumCosine));
        }
    }

    /// <summary>Says what is wrong with a choice, before anything is computed.</summary>
    internal static void CheckChoice(ClipOnTooLong onTooLong)
    {
        Require.Defined<ClipOnTooLong>(onTooLong, nameof(ClipZeroShotOptions.OnTooLong));
    }

    private static void Combine(string label, Rows<float> prompts, Span<float> weight)
    {
        for (int i = 0; i < prompts.Count; i++)
        {
            TensorPrimitives.Add(weight, prompts[i], weight);
        }
        // The mean and the sum point the same way, and only the direction is kept.
        Normalize(label, weight);
    }

    private static void Normalize(string label, Span<float> weight)
    {
        float norm = TensorPrimitives.Norm<float>(weight);
        if (!(norm > 0) || !float.IsFinite(norm))
        {
            throw new InvalidOperationException($"The label '{label}' has no direction: its prompt embeddings cancel out or are not finite (norm {norm}).");
        }
        TensorPrimitives.Divide(weight, norm, weight);
    }

    private float NormOf(ReadOnlySpan<float> embedding)
    {
        if (embedding.Length != Dimension)
        {
            throw new ArgumentException($"The embedding has {embedding.Length} values, but the classes have {Dimension}.", nameof(embedding));
        }
        float norm = TensorPrimitives.Norm(embedding);
        return Direction.IsPlain(norm) || !float.IsNaN(Direction.FarCosine(embedding, embedding)) ? norm
            : throw new ArgumentException($"The embedding has no direction to compare with the classes' (its norm is {norm}).", nameof(embedding));
    }

    // Cosines are for who wants them; otherwise there is no room for any.
    internal void Score(ReadOnlySpan<float> embedding, float norm, Span<float> scores, Span<float> cosines)
    {
        if (!Direction.IsPlain(norm))
        {
            float[] unit = new float[embedding.Length];
            Direction.ToUnit(embedding, unit);
            embedding = unit;
            norm = 1;
        }
        float scale = LogitScale / norm;
        for (int c = 0; c < scores.Length; c++)
        {
            float product = TensorPrimitives.Dot(embedding, _classWeights[c]);
            scores[c] = scale * product;
            if (!cosines.IsEmpty)
            {
                // Rounding may lead a little beyond.
                cosines[c] = Math.Clamp(product / norm, -1, 1);
            }
        }
        if (ScoreKind == ClipScoreKind.Sigmoid)
        {
            TensorPrimitives.Add(scores, LogitBias, scores);
            TensorPrimitives.Sigmoid(scores, scores);
            return;
        }
        // Shifted by the maximum: exp(100) alone would already overflow.
        TensorPrimitives.Subtract(scores, TensorPrimitives.Max<float>(scores), scores);
        TensorPrimitives.Exp(scores, scores);
        TensorPrimitives.Divide(scores, TensorPrimitives.Sum<float>(scores), scores);
    }
}

/// <summary>The head that tells cosines, too: a result is the scores, and behind them the cosines.</summary>
internal sealed class CosineHead(ClipZeroShotClassifier classifier) : IBatchHead
{
    int IBatchHead.ResultLength => 2 * classifier.Labels.Count;

    void IBatchHead.Apply(ReadOnlySpan<float> embedding, Span<float> result) =>
        classifier.Score(embedding, TensorPrimitives.Norm(embedding), result[..classifier.Labels.Count], result[classifier.Labels.Count..]);
}
