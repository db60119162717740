using System.Numerics.Tensors;

namespace Microsoft.ML.Clip;

/// <summary>
/// A data set as a model sees it: the features and the class of each image. Embedding takes minutes, and everything that is measured afterwards, with one
/// prompt or an ensemble, with these names or others, takes seconds. Immutable and thread-safe; holds nothing of the model.
/// </summary>
public sealed partial class ClipEmbeddedSet
{
    private readonly float[] _embeddings;

    /// <summary>A set of features that were made elsewhere.</summary>
    /// <param name="name">The name of the set.</param>
    /// <param name="classNames">The names of the classes, at least two.</param>
    /// <param name="features">What kind of features they are; joint embeddings are scaled to unit length here.</param>
    /// <param name="embeddings">[labels, dimension], row-major; copied.</param>
    /// <param name="labels">The class of each row, from 0.</param>
    /// <exception cref="ArgumentException">
    /// There are fewer than two classes, no rows, not as many values for each row, a label that is no class, a value that is not finite, or a joint
    /// embedding of zeros; the message has the row.
    /// </exception>
    public ClipEmbeddedSet(string name, IReadOnlyList<string> classNames, ClipFeatures features, ReadOnlySpan<float> embeddings, ReadOnlySpan<int> labels)
    {
        ArgumentException.ThrowIfNullOrWhiteSpace(name);
        ArgumentNullException.ThrowIfNull(classNames);
        if (classNames.Count < 2 || labels.Length == 0 || embeddings.Length == 0 || embeddings.Length % labels.Length != 0)
        {
            throw new ArgumentException($"'{name}' has {classNames.Count} classes, {labels.Length} labels and {embeddings.Length} values; expected at least two classes, and as many values for each label.", nameof(embeddings));
        }
        (Name, ClassNames, Features, Dimension) = (name, [.. classNames], features, embeddings.Length / labels.Length);
        (_embeddings, Labels, Failed) = (embeddings.ToArray(), Array.AsReadOnly(labels.ToArray()), []);
        for (int row = 0; row < labels.Length; row++)
        {
            var values = _embeddings.AsSpan(row * Dimension, Dimension);
            float largest = MathF.Abs(TensorPrimitives.MaxMagnitude<float>(values));
            float? norm = features == ClipFeatures.JointEmbedding ? Direction.ToUnit(values, values) : float.IsFinite(largest) ? null : largest;
            if ((uint)labels[row] >= (uint)classNames.Count || norm is not null)
            {
                norm ??= TensorPrimitives.Norm<float>(values);
                throw new ArgumentException($"Row {row} (counted from 0) of '{name}' has the label {labels[row]} and values of the norm {norm}; expected 0 to {classNames.Count - 1}, and finite values that are not all 0.", nameof(embeddings));
            }
        }
    }

    private ClipEmbeddedSet(ClipDataSet set, ClipFeatures features, EmbeddedRows rows, string? contentHash)
    {
        (Name, ClassNames, Templates, Skipped, ContentHash) = (set.Name, set.ClassNames, set.Templates, set.Skipped.Count, contentHash);
        (Features, Dimension, _embeddings) = (features, rows.Dimension, rows.Features);
        (Labels, Failed) = (Array.AsReadOnly(rows.Labels), Array.AsReadOnly(rows.Failed));
    }

    private ClipEmbeddedSet(ClipEmbeddedSet other, IReadOnlyList<string> classNames, float[] embeddings, int[] labels)
    {
        (Name, Templates, Skipped, Features, Dimension, Failed) = (other.Name, other.Templates, other.Skipped, other.Features, other.Dimension, other.Failed);
        (ClassNames, _embeddings, Labels) = (classNames, embeddings, Array.AsReadOnly(labels));
    }

    /// <summary>The name of the set.</summary>
    public string Name { get; }

    /// <summary>The names of the classes, in the order of the labels.</summary>
    public IReadOnlyList<string> ClassNames { get; }

    /// <summary>Prompt templates that the set brings along; <see langword="null"/> if it has none.</summary>
    public IReadOnlyList<string>? Templates { get; }

    /// <summary>What kind of features it has: joint embeddings for zero-shot, or the encoder's own for the paper's linear probes.</summary>
    public ClipFeatures Features { get; }

    /// <summary>The length of an embedding.</summary>
    public int Dimension { get; }

    /// <summary>
    /// [<see cref="Count"/>, <see cref="Dimension"/>], row-major: the images that could be read, in the order of the set. Joint embeddings are of unit length; the encoder's
    /// own features are as they come, as the paper's are.
    /// </summary>
    public ReadOnlyMemory<float> Embeddings => _embeddings;

    /// <summary>The class of each of them.</summary>
    public IReadOnlyList<int> Labels { get; }

    /// <summary>How many images could be read.</summary>
    public int Count => Labels.Count;

    /// <summary>The images that could not be read. With <see cref="Count"/> they are all that the set has.</summary>
    public IReadOnlyList<ClipFailedImage> Failed { get; }

    /// <summary>How many files lie among the images of the set and are none by their name.</summary>
    public int Skipped { get; }

    /// <summary>The set's <see cref="ClipDataSet.ComputeContentHash"/>; <see langword="null"/> where it was embedded without a cache.</summary>
    public string? ContentHash { get; }

    /// <summary>Embeds a set: images are read and decoded in parallel, and encoded in batches.</summary>
    /// <param name="model">The model; stays the caller's.</param>
    /// <param name="set">The set.</param>
    /// <param name="features">
    /// Which features: <see cref="ClipFeatures.JointEmbedding"/> for zero-shot, scaled to unit length; <see cref="ClipFeatures.Encoder"/> for linear probes, unscaled.
    /// </param>
    /// <param name="cache">Where to look for what was embedded before, and to keep it; <see langword="null"/> for nowhere.</param>
    /// <param name="progress">Told from time to time how many rows are done; not where all come from the cache.</param>
    /// <param name="cancellationToken">Ends the work between two rows.</param>
    /// <returns>The embeddings, and which images could not be read.</returns>
    /// <exception cref="InvalidDataException">The set does not fit together, or has no row; the message names the file and the row.</exception>
    /// <exception cref="InvalidOperationException">The model has no image encoder, or ONNX Runtime failed.</exception>
    /// <exception cref="NotSupportedException">The model does not have these features.</exception>
    /// <exception cref="OperationCanceledException">It was cancelled.</exception>
    public static ClipEmbeddedSet Of(ClipModel model, ClipDataSet set, ClipFeatures features = ClipFeatures.JointEmbedding, ClipEmbeddingCache? cache = null,
        IProgress<ClipProgress>? progress = null, CancellationToken cancellationToken = default) =>
        Of(model, cache is null ? null : model.ComputeContentHash(cancellationToken), null, set, features, cache, progress, cancellationToken);

    internal static ClipEmbeddedSet Of(ClipModel model, string? modelHash, string? setHash, ClipDataSet set, ClipFeatures features, ClipEmbeddingCache? cache,
        IProgress<ClipProgress>? progress, CancellationToken cancellationToken)
    {
        ArgumentNullException.ThrowIfNull(model);
        ArgumentNullException.ThrowIfNull(set);
        cancellationToken.ThrowIfCancellationRequested();
        string? hash = setHash ?? cache?.HashOf(set, cancellationToken);
        string key = cache is null ? "" : ClipEmbeddingCache.Key(modelHash!, hash!, features);
        var rows = cache?.Read(key);
        if (rows is null || rows.Labels.Any(label => (uint)label >= (uint)set.ClassNames.Count))
        {
            rows = SetEmbedder.Embed(model, set, features, progress, cancellationToken);
            cache?.Write(key, rows);
        }
        return new(set, features, rows, hash);
    }

    /// <summary>The name, and how many rows and classes there are, of which features.</summary>
    /// <returns>A text for people.</returns>
    public override string ToString() =>
        FormattableString.Invariant($"{Name}: {Count} images of {ClassNames.Count} classes, {Dimension} values each ({Features}){(Failed.Count == 0 ? "" : $"; {Failed.Count} could not be read")}");

    /// <summary>The rows of some classes, or with other classes: Tiny ImageNet's 200 as seven of CIFAR-10's ten, say.</summary>
    /// <param name="classNames">The names of the other classes.</param>
    /// <param name="classes">For each class of this set its place among the others, or -1 to leave its rows out.</param>
    /// <returns>The set with the other classes. Several classes may become one.</returns>
    /// <exception cref="ArgumentException">There is not a place for each class, one is none of the others, or no row is left.</exception>
    public ClipEmbeddedSet WithClasses(IReadOnlyList<string> classNames, IReadOnlyList<int> classes)
    {
        ArgumentNullException.ThrowIfNull(classNames);
        ArgumentNullException.ThrowIfNull(classes);
        if (classes.Count != ClassNames.Count || classes.Any(c => c < -1 || c >= classNames.Count))
        {
            throw new ArgumentException($"'{Name}' has {ClassNames.Count} classes and the list {classes.Count} places; expected one for each, from -1 to {classNames.Count - 1}.", nameof(classes));
        }
        int[] rows = [.. Enumerable.Range(0, Count).Where(i => classes[Labels[i]] >= 0)];
        return rows.Length == 0 ? throw new ArgumentException($"No row of '{Name}' is left.", nameof(classes))
            : new(this, [.. classNames], Gather(rows), [.. rows.Select(i => classes[Labels[i]])]);
    }

    /// <summary>Some of the rows.</summary>
    /// <param name="rows">Which, by their places from 0, in the order in which they are to stand.</param>
    /// <returns>The smaller set.</returns>
    /// <exception cref="ArgumentException">There are none, or one is not there.</exception>
    public ClipEmbeddedSet TakeRows(IReadOnlyList<int> rows)
    {
        ArgumentNullException.ThrowIfNull(rows);
        return rows.Count == 0 || rows.Any(r => (uint)r >= (uint)Count)
            ? throw new ArgumentException($"'{Name}' has {Count} rows; expected at least one place, each from 0 to {Count - 1}.", nameof(rows))
            : new(this, ClassNames, Gather(rows), [.. rows.Select(r => Labels[r])]);
    }

    private float[] Gather(IReadOnlyList<int> rows)
    {
        float[] gathered = new float[rows.Count * Dimension];
        for (int i = 0; i < rows.Count; i++)
        {
            _embeddings.AsSpan(rows[i] * Dimension, Dimension).CopyTo(gathered.AsSpan(i * Dimension));
        }
        return gathered;
    }

    /// <summary>
    /// A zero-shot classifier with several names for a class: an image may be nearest to what they have in common, their mean. With one name for each
    /// class it is that of <see cref="ClipZeroShotClassifier.Create"/>. Radford et al. 2021, section 3.1.4; FER2013 has several names for its classes.
    /// </summary>
    /// <param name="model">The model; stays the caller's, and is not needed afterwards.</param>
    /// <param name="classNames">For each class its names.</param>
    /// <param name="templates">The prompt templates, each with <c>{}</c> where the name goes; <see langword="null"/> means <see cref="ClipPrompts.Simple"/>.</param>
    /// <param name="cancellationToken">Ends the work between two batches.</param>
    /// <returns>The classifier, whose labels are the first names; they need not differ.</returns>
    /// <exception cref="ArgumentException">A class has no name, or a template no place for it.</exception>
    /// <exception cref="InvalidOperationException">The model has no text encoder, or nothing tells the scale that its scores need.</exception>
    /// <exception cref="OperationCanceledException">It was cancelled.</exception>
    public static ClipZeroShotClassifier CreateClassifier(ClipModel model, IReadOnlyList<IReadOnlyList<string>> classNames,
        IReadOnlyList<string>? templates = null, CancellationToken cancellationToken = default)
    {
        ArgumentNullException.ThrowIfNull(classNames);
        for (int i = 0; i < classNames.Count; i++)
        {
            if (classNames[i] is not { Count: > 0 })
            {
                throw new ArgumentException($"Class {i} (counted from 0) has no name.", nameof(classNames));
            }
        }
        var ofNames = ClipZeroShotClassifier.Create(model, [.. classNames.SelectMany(names => names)], templates, allowRepeatedLabels: true,
            cancellationToken: cancellationToken);
        float[] weights = new float[classNames.Count * ofNames.Dimension];
        int name = 0;
        for (int i = 0; i < classNames.Count; i++)
        {
            var weight = weights.AsSpan(i * ofNames.Dimension, ofNames.Dimension);
            for (int end = name + classNames[i].Count; name < end; name++)
            {
                TensorPrimitives.Add(weight, ofNames.ClassWeights.Span.Slice(name * ofNames.Dimension, ofNames.Dimension), weight);
            }
        }
        return new([.. classNames.Select(names => names[0])], weights, ofNames.LogitScale, ofNames.ScoreKind, ofNames.LogitBias, allowRepeatedLabels: true);
    }

    /// <summary>Measures a classifier on the images that could be read.</summary>
    /// <param name="classifier">The classifier, with one label for each class of the set, in its order.</param>
    /// <returns>What it got right.</returns>
    /// <exception cref="ArgumentException">It has another number of classes, or embeddings of another length.</exception>
    /// <exception cref="InvalidOperationException">No image could be read, or the set does not hold joint embeddings.</exception>
    public ClipClassificationResult Classify(ClipZeroShotClassifier classifier) => Predict(classifier).Result;

    /// <summary>Classifies the images that could be read, and keeps what was said of each.</summary>
    /// <param name="classifier">The classifier, with one label for each class of the set, in its order.</param>
    /// <param name="keepScores">Whether to keep all scores, [rows, classes]; 4 bytes each.</param>
    /// <returns>The predictions.</returns>
    /// <exception cref="ArgumentException">It has another number of classes, or embeddings of another length.</exception>
    /// <exception cref="InvalidOperationException">No image could be read, or the set does not hold joint embeddings.</exception>
    public ClipSetPredictions Predict(ClipZeroShotClassifier classifier, bool keepScores = false)
    {
        ArgumentNullException.ThrowIfNull(classifier);
        // First, as features and joint embeddings mostly differ in length, too.
        if (Features != ClipFeatures.JointEmbedding)
        {
            throw new InvalidOperationException($"'{Name}' holds the encoder's own features; texts are compared with joint embeddings.");
        }
        if (classifier.Labels.Count != ClassNames.Count || classifier.Dimension != Dimension)
        {
            throw new ArgumentException($"The classifier has {classifier.Labels.Count} labels and {classifier.Dimension} dimensions; '{Name}' has {ClassNames.Count} classes and {Dimension}.", nameof(classifier));
        }
        var weights = new PackedRows(classifier.ClassWeights.Span, Dimension);
        float scale = classifier.LogitScale, bias = classifier.LogitBias;
        bool isSoftmax = classifier.ScoreKind == ClipScoreKind.Softmax;
        return SetScorer.Collect(Name, ClassNames, Labels, keepScores, (first, rows, logits) =>
        {
            Multiply(weights, first, rows, logits);
            TensorPrimitives.Multiply(logits, scale, logits);
            TensorPrimitives.Add(logits, bias, logits);
        }, isSoftmax ? SetScorer.Softmax : logits => TensorPrimitives.Sigmoid(logits, logits));
    }

    /// <summary>Products of some rows with the classes' weights, [rows, <see cref="PackedRows.Width"/>].</summary>
    internal void Multiply(PackedRows weights, int first, int rows, Span<float> products) =>
        weights.Multiply(_embeddings.AsSpan(first * Dimension, rows * Dimension), 0, weights.Width, products);
}
