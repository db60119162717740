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
        $": of equal ones the first would always win. A published list that has them all the same is taken with {nameof(ClipZeroShotOptions.AllowRepeatedLabels)}.";

    private readonly string[] _labels;
    private readonly Rows<float> _classWeights;

    /// <summary>Makes a classifier of class weights that are there already.</summary>
    /// <param name="labels">The class names, in the order of the weights.</param>
    /// <param name="classWeights">[classes, dimension], row-major: one vector per class. They are copied, and divided by their norms.</param>
    /// <param name="logitScale">exp(t), by which cosines are multiplied; positive.</param>
    /// <param name="scoreKind">What logits become.</param>
    /// <param name="logitBias">What is added to logit scale · cosine; matters only for <see cref="ClipScoreKind.Sigmoid"/>.</param>
    /// <param name="allowRepeatedLabels">Whether labels may be equal, as in <see cref="ClipZeroShotOptions.AllowRepeatedLabels"/>.</param>
    /// <exception cref="ArgumentException">
    /// Labels are missing, empty or repeated; the weights are not as many values for each of them; a row has no direction; or scale or bias is no number.
    /// </exception>
    public ClipZeroShotClassifier(IReadOnlyList<string> labels, ReadOnlySpan<float> classWeights, float logitScale,
        ClipScoreKind scoreKind = ClipScoreKind.Softmax, float logitBias = 0, bool allowRepeatedLabels = false)
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
        _labels = [.. labels];
        _classWeights = Rows.Of(classWeights.ToArray(), labels.Count);
        (LogitScale, LogitBias, ScoreKind) = (logitScale, logitBias, scoreKind);
        for (int i = 0; i < _labels.Length; i++)
        {
            Normalize(_labels[i], _classWeights[i]);
        }
    }

    private ClipZeroShotClassifier(string[] labels, Rows<float> unitWeights, float logitScale, ClipScoreKind scoreKind, float logitBias)
    {
        (_labels, _classWeights) = (labels, unitWeights);
        (LogitScale, LogitBias, ScoreKind) = (logitScale, logitBias, scoreKind);
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

    /// <summary>The dimension of the joint space.</summary>
    public int Dimension => _classWeights.Width;

    int IBatchHead.ResultLength => _labels.Length;

    /// <summary>Embeds every prompt of every class with a model's text encoder.</summary>
    /// <param name="model">The model; stays the caller's, and is not needed afterwards.</param>
    /// <param name="labels">The class names, as a person would write them. They have to differ.</param>
    /// <param name="templates">The prompt templates, each with <c>{}</c> where the class name goes; <see langword="null"/> means <see cref="ClipPrompts.Simple"/>.</param>
    /// <param name="logitScale">exp(t); <see langword="null"/> means the model's <see cref="ClipModel.LogitScale"/>.</param>
    /// <param name="progress">Told how many labels are done, from the threads that do them.</param>
    /// <param name="allowRepeatedLabels">Whether labels may be equal, as in <see cref="ClipZeroShotOptions.AllowRepeatedLabels"/>.</param>
    /// <param name="cancellationToken">Ends the work between two batches.</param>
    /// <returns>The classifier.</returns>
    /// <exception cref="ArgumentException">Labels or templates are empty, labels are repeated, or templates lack the placeholder.</exception>
    /// <exception cref="InvalidOperationException">The model has no text encoder, or the prompts of a label cancel out.</exception>
    /// <exception cref="OperationCanceledException">It was cancelled.</exception>
    public static ClipZeroShotClassifier Create(ClipModel model, IReadOnlyList<string> labels, IReadOnlyList<string>? templates = null,
        float? logitScale = null, IProgress<int>? progress = null, bool allowRepeatedLabels = false, CancellationToken cancellationToken = default)
    {
        ArgumentNullException.ThrowIfNull(model);
        templates ??= ClipPrompts.Simple;
        Check(labels, templates, allowRepeatedLabels);
        return Create(model, labels, templates, logitScale, progress, onPrompts: null, cancellationToken);
    }

    /// <summary>
    /// As above, with labels and templates that have been checked. Each run of the encoder tells how many prompts it did, from the thread that did them; what
    /// is thrown from there ends the work.
    /// </summary>
    internal static ClipZeroShotClassifier Create(ClipModel model, IReadOnlyList<string> labels, IReadOnlyList<string> templates, float? logitScale,
        IProgress<int>? progress, Action<int>? onPrompts, CancellationToken cancellationToken)
    {
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
        return new ClipZeroShotClassifier([.. labels], classWeights, logitScale ?? model.LogitScale, model.Family.Score, logitBias: 0);
    }

    /// <summary>For weights that are of unit length to the bit: dividing again would move them.</summary>
    internal static ClipZeroShotClassifier FromUnitWeights(string[] labels, float[] unitWeights, float logitScale, ClipScoreKind scoreKind, float logitBias) =>
        new(labels, Rows.Of(unitWeights, labels.Length), logitScale, scoreKind, logitBias);

    /// <summary>The scores of one image: softmax(logit scale · cosines), or a sigmoid of each logit.</summary>
    /// <param name="embedding">The image's joint embedding, [<see cref="Dimension"/>]; need not be of unit length.</param>
    /// <param name="scores">Receives a score in [0, 1] for each label.</param>
    /// <exception cref="ArgumentException">A span has another length, or the embedding is zero or not finite.</exception>
    public void Classify(ReadOnlySpan<float> embedding, Span<float> scores)
    {
        if (embedding.Length != Dimension)
        {
            throw new ArgumentException($"The embedding has {embedding.Length} values, but the classes have {Dimension}.", nameof(embedding));
        }
        Require.Length(scores.Length, _labels.Length, nameof(scores));
        float norm = TensorPrimitives.Norm(embedding);
        if (!(norm > 0) || !float.IsFinite(norm))
        {
            throw new ArgumentException($"The embedding has no direction to compare with the classes' (its norm is {norm}).", nameof(embedding));
        }
        Score(embedding, norm, scores);
    }

    /// <summary>The most probable class of one image; of equal scores the first.</summary>
    /// <param name="embedding">The image's joint embedding, [<see cref="Dimension"/>]; need not be of unit length.</param>
    /// <returns>The class, its score and those of all classes.</returns>
    /// <exception cref="ArgumentException">The embedding has another length, or is zero or not finite.</exception>
    public ClipZeroShotPrediction Classify(ReadOnlySpan<float> embedding)
    {
        float[] scores = new float[_labels.Length];
        Classify(embedding, scores);
        int best = TensorPrimitives.IndexOfMax<float>(scores);
        return new ClipZeroShotPrediction { Label = _labels[best], Index = best, Score = scores[best], Scores = scores };
    }

    void IBatchHead.Apply(ReadOnlySpan<float> embedding, Span<float> result) => Score(embedding, TensorPrimitives.Norm(embedding), result);

    /// <summary>Says what is wrong with labels or templates, before anything is computed.</summary>
    internal static void Check(IReadOnlyList<string> labels, IReadOnlyList<string> templates, bool allowRepeatedLabels)
    {
        CheckLabels(labels, allowRepeatedLabels);
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

    private void Score(ReadOnlySpan<float> embedding, float norm, Span<float> scores)
    {
        float scale = LogitScale / norm;
        for (int c = 0; c < scores.Length; c++)
        {
            scores[c] = scale * TensorPrimitives.Dot(embedding, _classWeights[c]);
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
