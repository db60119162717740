using System.Numerics.Tensors;
using Microsoft.ML.Data;

namespace Microsoft.ML.Clip;

/// <summary>
/// A data set as a model sees it: the joint embedding and the class of each image. Embedding takes minutes, and everything that is measured afterwards,
/// with one prompt or an ensemble, with these names or others, takes seconds. Immutable and thread-safe; holds nothing of the model.
/// </summary>
public sealed class ClipEmbeddedSet
{
    private readonly float[] _embeddings;

    private ClipEmbeddedSet(ClipDataSet set, int dimension, float[] embeddings, int[] labels, ClipFailedImage[] failed) =>
        (Name, ClassNames, Templates, Dimension, _embeddings, Labels, Failed) =
            (set.Name, set.ClassNames, set.Templates, dimension, embeddings, Array.AsReadOnly(labels), Array.AsReadOnly(failed));

    /// <summary>The name of the set.</summary>
    public string Name { get; }

    /// <summary>The names of the classes, in the order of the labels.</summary>
    public IReadOnlyList<string> ClassNames { get; }

    /// <summary>Prompt templates that the set brings along; <see langword="null"/> if it has none.</summary>
    public IReadOnlyList<string>? Templates { get; }

    /// <summary>The length of an embedding.</summary>
    public int Dimension { get; }

    /// <summary>[<see cref="Count"/>, <see cref="Dimension"/>], row-major, of unit length: the images that could be read, in the order of the set.</summary>
    public ReadOnlyMemory<float> Embeddings => _embeddings;

    /// <summary>The class of each of them.</summary>
    public IReadOnlyList<int> Labels { get; }

    /// <summary>How many images could be read.</summary>
    public int Count => Labels.Count;

    /// <summary>The images that could not be read. With <see cref="Count"/> they are all that the set has.</summary>
    public IReadOnlyList<ClipFailedImage> Failed { get; }

    /// <summary>Embeds a set: images are read and decoded in parallel, and encoded in batches.</summary>
    /// <param name="model">The model; stays the caller's.</param>
    /// <param name="set">The set.</param>
    /// <param name="progress">Told from time to time how many rows are done.</param>
    /// <param name="cancellationToken">Ends the work between two rows.</param>
    /// <returns>The embeddings, and which images could not be read.</returns>
    /// <exception cref="InvalidDataException">The set does not fit together, or has no row; the message names the file and the row.</exception>
    /// <exception cref="InvalidOperationException">The model has no image encoder, or ONNX Runtime failed.</exception>
    /// <exception cref="OperationCanceledException">It was cancelled.</exception>
    public static ClipEmbeddedSet Of(ClipModel model, ClipDataSet set, IProgress<ClipProgress>? progress = null, CancellationToken cancellationToken = default)
    {
        ArgumentNullException.ThrowIfNull(model);
        ArgumentNullException.ThrowIfNull(set);
        cancellationToken.ThrowIfCancellationRequested();
        const string Embedding = "Embedding", Error = "Error", Image = "Image", Label = "Label", RowName = "Name";
        var ml = new MLContext();
        var rows = set.ToDataView(ml);
        var options = new ClipImageEmbeddingOptions { OnInvalidImage = ClipOnInvalidImage.Missing, ErrorColumnName = Error };
        using var step = ml.Transforms.ClipImageEmbedding(Embedding, Image, model, options).Fit(rows);
        var view = step.Transform(progress is null ? rows : ml.Data.ShowProgress(rows, progress));
        var embeddings = new List<float>();
        var labels = new List<int>();
        var failed = new List<ClipFailedImage>();
        using (var cursor = view.GetRowCursor([view.Schema[Embedding], view.Schema[Error], view.Schema[Label], view.Schema[RowName]]))
        {
            var getEmbedding = cursor.GetGetter<VBuffer<float>>(view.Schema[Embedding]);
            var getError = cursor.GetGetter<ReadOnlyMemory<char>>(view.Schema[Error]);
            var getName = cursor.GetGetter<ReadOnlyMemory<char>>(view.Schema[RowName]);
            var getLabel = cursor.GetGetter<uint>(view.Schema[Label]);
            VBuffer<float> embedding = default;
            ReadOnlyMemory<char> error = default, name = default;
            uint label = 0;
            while (cursor.MoveNext())
            {
                cancellationToken.ThrowIfCancellationRequested();
                getError(ref error);
                getLabel(ref label);
                if (error.IsEmpty)
                {
                    getEmbedding(ref embedding);
                    embeddings.AddRange(embedding.GetValues());
                    labels.Add((int)label - 1);
                }
                else
                {
                    getName(ref name);
                    failed.Add(new(name.ToString(), (int)label - 1, error.ToString()));
                }
            }
        }
        return labels.Count + failed.Count == 0 ? throw new InvalidDataException($"'{set.Name}' has no row.")
            : new(set, model.EmbeddingDimension, [.. embeddings], [.. labels], [.. failed]);
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
    /// <exception cref="InvalidOperationException">No image could be read.</exception>
    public ClipClassificationResult Classify(ClipZeroShotClassifier classifier)
    {
        ArgumentNullException.ThrowIfNull(classifier);
        if (classifier.Labels.Count != ClassNames.Count || classifier.Dimension != Dimension)
        {
            throw new ArgumentException($"The classifier has {classifier.Labels.Count} labels and {classifier.Dimension} dimensions; '{Name}' has {ClassNames.Count} classes and {Dimension}.", nameof(classifier));
        }
        var meter = new ClipClassificationMeter(ClassNames);
        float[] scores = new float[ClassNames.Count];
        for (int i = 0; i < Count; i++)
        {
            classifier.Classify(_embeddings.AsSpan(i * Dimension, Dimension), scores);
            meter.Add(Labels[i], scores);
        }
        return meter.ToResult();
    }
}
