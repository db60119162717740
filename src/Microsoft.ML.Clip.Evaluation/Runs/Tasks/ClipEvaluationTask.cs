namespace Microsoft.ML.Clip;

/// <summary>
/// Something to measure models on: <see cref="ClipClassificationTask"/>, <see cref="ClipMultiLabelTask"/> or <see cref="ClipRetrievalTask"/>. Immutable.
/// </summary>
public abstract class ClipEvaluationTask
{
    private protected ClipEvaluationTask(string name)
    {
        ArgumentException.ThrowIfNullOrWhiteSpace(name);
        Name = name;
    }

    /// <summary>What reports call it; another name for each task.</summary>
    public string Name { get; }

    /// <summary>A task of the set at a path, whose kind is seen by its files.</summary>
    /// <remarks>
    /// A folder for each class, or <c>train</c> and <c>test</c> (<c>val</c>; in any case) with such folders, names in <c>classnames.txt</c> if it is there;
    /// CIFAR-10 and CIFAR-100 as published; MNIST's idx files; webdataset (<c>test/0.tar</c>); Parquet; Flickr's <c>captions.txt</c>, COCO's
    /// <c>annotations/captions_*.json</c>, Karpathy's <c>dataset_*.json</c> with their images. What else can be read has a method of
    /// <see cref="ClipDataSet"/> or <see cref="ClipCaptionSet"/>.
    /// </remarks>
    /// <param name="path">The folder or file.</param>
    /// <param name="name">What reports call it; <see langword="null"/> for the name of the folder or file. A published set of that name or key is taken for it.</param>
    /// <param name="settings">What the files do not say; <see langword="null"/> for the defaults.</param>
    /// <returns>The task.</returns>
    /// <exception cref="IOException">There is no such folder or file, or one of its files cannot be read.</exception>
    /// <exception cref="InvalidDataException">It holds no set of a known kind, or one that does not fit together; the message names the file.</exception>
    public static ClipEvaluationTask FromPath(string path, string? name = null, ClipTaskSettings? settings = null)
    {
        ArgumentException.ThrowIfNullOrWhiteSpace(path);
        return TaskFinder.Find(path, name ?? Path.GetFileName(Path.TrimEndingDirectorySeparator(Path.GetFullPath(path))), settings ?? new());
    }

    /// <summary>How many images there are to embed for one model, where that is known; 0 otherwise.</summary>
    internal abstract long Images(ClipEvaluationOptions options);

    /// <summary>Measures a model.</summary>
    internal abstract IEnumerable<ClipEvaluationRecord> Run(EvaluationContext context);

    /// <summary>What the result depends on besides the model and the library, as lines of text.</summary>
    internal abstract string Fingerprint(EvaluationContext context);
}
