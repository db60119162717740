using Microsoft.ML.Clip;
using Microsoft.ML.Data;
using Microsoft.ML.Transforms;

namespace Microsoft.ML;

/// <summary>Every way into Microsoft.ML.Clip from an <see cref="MLContext"/>.</summary>
public static class ClipCatalog
{
    /// <summary>Embeds images with a CLIP image encoder; see <see cref="ClipImageEmbeddingEstimator"/>.</summary>
    /// <param name="catalog">The transforms catalog.</param>
    /// <param name="outputColumnName">The column to add: a vector of <see cref="float"/> of known size.</param>
    /// <param name="inputColumnName">The column to read: <see cref="MLImage"/>, text (a file's path) or a vector of bytes (an encoded file).
    /// <see langword="null"/> means the name of the output.</param>
    /// <param name="model">The model; stays the caller's to dispose.</param>
    /// <param name="options">Further settings.</param>
    /// <returns>The estimator, to be appended to a pipeline.</returns>
    /// <exception cref="ArgumentNullException">The catalog or the model is null.</exception>
    /// <exception cref="InvalidOperationException">The model has no image encoder, or does not give the features asked for.</exception>
    public static ClipImageEmbeddingEstimator ClipImageEmbedding(this TransformsCatalog catalog, string outputColumnName, string? inputColumnName,
        ClipModel model, ClipImageEmbeddingOptions? options = null)
    {
        ArgumentNullException.ThrowIfNull(model);
        return new(CatalogUtils.GetEnvironment(catalog), outputColumnName, inputColumnName ?? outputColumnName, model, options ?? new());
    }

    /// <summary>Embeds texts with a CLIP text encoder; see <see cref="ClipTextEmbeddingEstimator"/>.</summary>
    /// <param name="catalog">The transforms catalog.</param>
    /// <param name="outputColumnName">The column to add: a vector of <see cref="float"/> of known size.</param>
    /// <param name="inputColumnName">The column to read: text. <see langword="null"/> means the name of the output.</param>
    /// <param name="model">The model; stays the caller's to dispose.</param>
    /// <param name="options">Further settings.</param>
    /// <returns>The estimator, to be appended to a pipeline.</returns>
    /// <exception cref="ArgumentNullException">The catalog or the model is null.</exception>
    /// <exception cref="InvalidOperationException">The model has no text encoder or no tokenizer.</exception>
    public static ClipTextEmbeddingEstimator ClipTextEmbedding(this TransformsCatalog catalog, string outputColumnName, string? inputColumnName,
        ClipModel model, ClipTextEmbeddingOptions? options = null)
    {
        ArgumentNullException.ThrowIfNull(model);
        return new(CatalogUtils.GetEnvironment(catalog), outputColumnName, inputColumnName ?? outputColumnName, model, options ?? new());
    }

    /// <summary>
    /// Classifies images without training, by the nearest class in the joint space; see <see cref="ClipZeroShotEstimator"/>. Adds <c>PredictedLabel</c>
    /// (a key whose values are the labels) and <c>Score</c> (probabilities, one slot per label).
    /// </summary>
    /// <param name="catalog">The transforms catalog.</param>
    /// <param name="inputColumnName">The column to read: joint embeddings, or images (<see cref="MLImage"/>, path or bytes).</param>
    /// <param name="model">The model that embeds the prompts; if the column holds images, also these. Stays the caller's to dispose.</param>
    /// <param name="labels">The class names, as a person would write them. They have to differ.</param>
    /// <param name="templates">The prompt templates, each with <c>{}</c> where the class name goes. <see langword="null"/> means
    /// <see cref="ClipPrompts.Simple"/>.</param>
    /// <param name="options">Further settings.</param>
    /// <returns>The estimator, to be appended to a pipeline. Its <c>Fit</c> embeds the prompts.</returns>
    /// <exception cref="ArgumentNullException">The catalog, the model or the labels are null.</exception>
    /// <exception cref="ArgumentException">Labels or templates are empty or repeated, or a template has no <c>{}</c>.</exception>
    /// <exception cref="InvalidOperationException">The model has no text encoder or no tokenizer.</exception>
    public static ClipZeroShotEstimator ClipZeroShotClassification(this TransformsCatalog catalog, string inputColumnName, ClipModel model,
        IReadOnlyList<string> labels, IReadOnlyList<string>? templates = null, ClipZeroShotOptions? options = null)
    {
        ArgumentNullException.ThrowIfNull(model);
        ArgumentNullException.ThrowIfNull(labels);
        return new(CatalogUtils.GetEnvironment(catalog), inputColumnName, model, labels, templates ?? ClipPrompts.Simple, options ?? new());
    }

    /// <summary>
    /// Maps a column of class names (text) to keys in the order of <paramref name="labels"/>, so that evaluators compare them with the scores of
    /// <see cref="ClipZeroShotClassification"/> class by class. Names that are not among the labels become missing.
    /// </summary>
    /// <param name="catalog">The transforms catalog.</param>
    /// <param name="outputColumnName">The column to add: a key whose values are the labels.</param>
    /// <param name="inputColumnName">The column to read. <see langword="null"/> means the name of the output.</param>
    /// <param name="labels">The class names that zero-shot classification was given, in the same order.</param>
    /// <returns>The estimator, to be appended to a pipeline.</returns>
    /// <exception cref="ArgumentNullException">The catalog or the labels are null.</exception>
    /// <exception cref="ArgumentException">
    /// There are no labels, one is empty, or two are equal: a name cannot tell them. Map what does, such as the classes' ids, with
    /// <see cref="ConversionsExtensionsCatalog.MapValueToKey(TransformsCatalog.ConversionTransforms, string, string, int, ValueToKeyMappingEstimator.KeyOrdinality, bool, IDataView)"/>.
    /// </exception>
    public static ValueToKeyMappingEstimator ClipLabelKey(this TransformsCatalog catalog, string outputColumnName, string? inputColumnName,
        IReadOnlyList<string> labels)
    {
        ArgumentNullException.ThrowIfNull(catalog);
        ArgumentNullException.ThrowIfNull(labels);
        ZeroShotColumns.CheckKeys(labels);
        var env = CatalogUtils.GetEnvironment(catalog);
        var builder = new ArrayDataViewBuilder(env);
        builder.AddColumn("Label", [.. labels]);
        return catalog.Conversion.MapValueToKey(outputColumnName, inputColumnName ?? outputColumnName, keyData: builder.GetDataView());
    }

    /// <summary>
    /// Allows saved models that keep their CLIP model by reference (<see cref="ClipModelStorage.Reference"/>) to refer to a directory and to all that lies below
    /// it. Without this, <see cref="ModelOperationsCatalog.Load(string, out DataViewSchema)"/> refuses them, unless this process has itself loaded a model from the directory with
    /// that setting: a saved model from elsewhere could name any directory.
    /// </summary>
    /// <remarks>Holds for this <see cref="MLContext"/> alone. Links within the directory are followed. Thread-safe.</remarks>
    /// <param name="catalog">The model operations of the context that is to load.</param>
    /// <param name="directory">The directory; need not exist yet.</param>
    /// <exception cref="ArgumentNullException">The catalog is null.</exception>
    /// <exception cref="ArgumentException">The directory is null, empty or white space, or no path.</exception>
    public static void AllowClipModelDirectory(this ModelOperationsCatalog catalog, string directory)
    {
        ArgumentNullException.ThrowIfNull(catalog);
        ArgumentException.ThrowIfNullOrWhiteSpace(directory);
        AllowedDirectories.Add(CatalogUtils.GetEnvironment(catalog).ComponentCatalog, directory);
    }

    /// <summary>
    /// Gives a decoder of the application's own to the CLIP models that this context loads with <c>mlContext.Model.Load</c> from now on, as a saved pipeline
    /// does not keep <see cref="ClipImagePreprocessorOptions.Decoder"/>.
    /// </summary>
    /// <param name="catalog">The model catalog.</param>
    /// <param name="decoder">The decoder; it takes the place of one given before. <see langword="null"/> for none.</param>
    /// <exception cref="ArgumentNullException">The catalog is null.</exception>
    public static void UseClipImageDecoder(this ModelOperationsCatalog catalog, ClipImageDecoder? decoder)
    {
        ArgumentNullException.ThrowIfNull(catalog);
        GivenDecoders.Set(CatalogUtils.GetEnvironment(catalog).ComponentCatalog, decoder);
    }

    /// <summary>Trains the linear probe of the CLIP paper, logistic regression on frozen features; see <see cref="ClipLinearProbeTrainer"/>.</summary>
    /// <param name="catalog">The trainers catalog.</param>
    /// <param name="labelColumnName">The column to learn: a key.</param>
    /// <param name="featureColumnName">The column to learn from: a vector of <see cref="float"/> of known size.</param>
    /// <param name="options">Further settings; <see langword="null"/> means a sweep for the regularisation, on a fifth of the rows.</param>
    /// <returns>The trainer, to be appended to a pipeline after features and label.</returns>
    /// <exception cref="ArgumentNullException">The catalog is null.</exception>
    /// <exception cref="ArgumentOutOfRangeException">An option is out of its range.</exception>
    public static ClipLinearProbeTrainer ClipLinearProbe(this MulticlassClassificationCatalog.MulticlassClassificationTrainers catalog,
        string labelColumnName = DefaultColumnNames.Label, string featureColumnName = DefaultColumnNames.Features,
        ClipLinearProbeTrainer.Options? options = null)
    {
        ArgumentNullException.ThrowIfNull(catalog);
        return new(CatalogUtils.GetEnvironment(catalog), labelColumnName, featureColumnName, options ?? new());
    }

    /// <summary>
    /// Tells how far a view has been read, while it is: rows, speed, the time that is left. The view given back is the same otherwise, and nothing of this is
    /// saved with a pipeline. Put it around the data that a pipeline is fitted to or reads, <c>pipeline.Fit(ml.Data.ShowProgress(data))</c>, or around the
    /// result that is to be read, <c>ml.Data.ShowProgress(model.Transform(data))</c>.
    /// </summary>
    /// <remarks>
    /// <para>A pass begins with its first row, and each is counted by itself (<see cref="ClipProgress.Pass"/>); cursors that read one pass in parallel are
    /// counted together. Within a pipeline rows are counted when they are read, some batches before they are embedded.</para>
    /// <para>Reports come from the thread that reads, one at a time. Mind that <see cref="Progress{T}"/> hands them on to other threads where there is no
    /// synchronization context, so that in a console some may come late or in another order.</para>
    /// </remarks>
    /// <param name="catalog">The data catalog.</param>
    /// <param name="input">The rows.</param>
    /// <param name="progress">Who is told; <see langword="null"/> for ML.NET's log, <see cref="MLContext.Log"/>. What it throws ends the reading.</param>
    /// <param name="total">How many rows there are; <see langword="null"/> means what the view says, which an enumerable that is no list, or a text file, does
    /// not.</param>
    /// <param name="interval">The least time between two reports, the last excepted, which always comes; <see langword="null"/> for a second.</param>
    /// <returns>The view.</returns>
    /// <exception cref="ArgumentNullException">The catalog or the input is null.</exception>
    /// <exception cref="ArgumentOutOfRangeException">The total or the interval is negative.</exception>
    public static IDataView ShowProgress(this DataOperationsCatalog catalog, IDataView input, IProgress<ClipProgress>? progress = null, long? total = null,
        TimeSpan? interval = null)
    {
        ArgumentNullException.ThrowIfNull(catalog);
        ArgumentNullException.ThrowIfNull(input);
        ArgumentOutOfRangeException.ThrowIfNegative(total.GetValueOrDefault(), nameof(total));
        ArgumentOutOfRangeException.ThrowIfLessThan(interval.GetValueOrDefault(), TimeSpan.Zero, nameof(interval));
        var host = CatalogUtils.GetEnvironment(catalog).Register(nameof(ShowProgress));
        return new ProgressView(host, input, progress ?? new LoggedProgress(host), total, interval ?? ProgressMeter.DefaultInterval);
    }

    /// <summary>
    /// Takes some rows of each class, at random, for few-shot experiments: with 1, 2, 4, 8 and 16 it gives the training sets of the paper's figure 6.
    /// The rows keep their order; other columns stay uncomputed, so it belongs before an expensive step such as <see cref="ClipImageEmbedding"/>.
    /// </summary>
    /// <param name="catalog">The data catalog.</param>
    /// <param name="input">The rows; their labels are read once, now. Has to give the same rows in the same order each time it is read.</param>
    /// <param name="count">How many rows of each class, at least 1. Of a class that has fewer, all are taken, with a warning.</param>
    /// <param name="labelColumnName">The column of classes: a key or text. Rows without a label are not taken.</param>
    /// <param name="seed">Decides which rows; <see langword="null"/> means drawn from the <see cref="MLContext"/>, which has a seed of its own.</param>
    /// <returns>A view of the rows taken; they are read from the input when it is.</returns>
    /// <exception cref="ArgumentNullException">The catalog or the input is null.</exception>
    /// <exception cref="ArgumentOutOfRangeException">The count is below 1, or the label column is missing or neither key nor text.</exception>
    public static IDataView TakePerClass(this DataOperationsCatalog catalog, IDataView input, int count, string labelColumnName = DefaultColumnNames.Label,
        int? seed = null)
    {
        ArgumentNullException.ThrowIfNull(catalog);
        ArgumentNullException.ThrowIfNull(input);
        ArgumentOutOfRangeException.ThrowIfLessThan(count, 1);
        return SelectedRowsView.TakePerClass(CatalogUtils.GetEnvironment(catalog), input, count, labelColumnName, seed);
    }
}
