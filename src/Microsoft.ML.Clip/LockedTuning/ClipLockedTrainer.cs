namespace Microsoft.ML.Clip;

/// <summary>
/// Makes a CLIP of any two encoders: learns what joins features of images and features of texts, while the encoders stay as they are. Locked-image tuning
/// (LiT, Zhai et al. 2022, arXiv 2111.07991) with the text encoder locked, too; and the closed forms that were there before it, DeViSE (Frome et al. 2013)
/// and ESZSL (Romera-Paredes and Torr 2015).
/// </summary>
/// <remarks>
/// <para>Features are computed once, by <see cref="ClipLockedFeatures"/> or otherwise; a fit then takes seconds. Its <see cref="ClipLockedHead"/> is a small file, and <see
/// cref="ClipLockedHead.WriteModel"/> puts it behind the encoders. Encoders that are no CLIP become models by <see cref="ClipImageTower"/> and <see cref="ClipTextTower"/>.</para>
/// <para>| Trait | |
/// |---|---|
/// | Task | embeddings of images and texts in one space, for zero-shot classification and search |
/// | Is normalization required? | No |
/// | Is caching required? | No |
/// | Deterministic | Yes, by <see cref="Options.Seed"/>, on any number of threads |</para>
/// <para>Not thread-safe while it fits; trainers are cheap.</para>
/// </remarks>
/// <param name="options">Choices, or <see langword="null"/> for the defaults.</param>
public sealed partial class ClipLockedTrainer(ClipLockedTrainer.Options? options = null)
{
    // More tell no more of one number.
    private const int MostHeldBack = 4096;

    // Enough to see whether a head maps anything at all.
    private const int TriedRows = 64;

    private readonly Options _options = options ?? new();

    /// <summary>What came of the last <see cref="Fit"/>; null before, and where it failed.</summary>
    public ClipLockedReport? Report { get; private set; }

    /// <summary>Learns a head.</summary>
    /// <param name="data">Features, and which belong together.</param>
    /// <param name="cancellationToken">Ends it within a second or so.</param>
    /// <returns>The head, with the logit scale that is most likely on the images that were held back.</returns>
    /// <exception cref="ArgumentException">An option is out of range; features are not all numbers of one length, or are zero throughout; indices are
    /// none; nothing tells images or texts apart. The message says what was expected and found.</exception>
    /// <exception cref="InvalidOperationException">What was learned are no numbers any more, or nothing was learned: steps or weights were too large, or
    /// no batch had two texts. The message says so.</exception>
    /// <exception cref="OperationCanceledException">It was cancelled.</exception>
    public ClipLockedHead Fit(ClipLockedData data, CancellationToken cancellationToken = default)
    {
        ArgumentNullException.ThrowIfNull(data);
        _options.Validate();
        Report = null;
        var relation = LockedRelation.Of(data, _options.ClassWeightPower);
        var heldBack = HeldBack.Draw(relation, _options, MostHeldBack);
        List<double> losses = [];
        var head = Learn(heldBack is null ? relation : relation.Without(heldBack.Images), losses, cancellationToken);
        if (heldBack is null)
        {
            Report = new ClipLockedReport
            {
                HeldBackImages = 0,
                Candidates = 0,
                TopOneAccuracy = double.NaN,
                TopFiveAccuracy = double.NaN,
                NegativeLogLikelihood = double.NaN,
                LogitScale = head.LogitScale,
                Losses = losses,
                Anchors = head.Text.Anchors?.Rows ?? 0,
                WhyNoneHeldBack = _options.HeldBackShare == 0 ? null : FormattableString.Invariant(
                    $"{nameof(Options.HeldBackShare)} {_options.HeldBackShare} of {relation.Images} images is none, or leaves fewer than two texts among those held back or the others: nothing is measured, and the logit scale is {nameof(Options.LogitScale)}, {head.LogitScale:G4}. Hold back more, or see {nameof(FitLogitScale)}."),
            };
            return head;
        }
        Report = heldBack.Measure(head, _options.Threads) with { Losses = losses, Anchors = head.Text.Anchors?.Rows ?? 0 };
        if (_options.Method != ClipLockedMethod.Contrastive)
        {
            head = Learn(relation, losses, cancellationToken);
        }
        return head.WithLogitScale(Report.LogitScale);
    }

    /// <summary>
    /// The exp(t) with which softmax(exp(t) · cosine) is most likely: for images of one's own, on which probabilities are to be believed. For <see
    /// cref="ClipLockedHead.WithLogitScale"/>.
    /// </summary>
    /// <param name="imageEmbeddings">Embeddings of images that nothing was learned from.</param>
    /// <param name="textEmbeddings">Embeddings of the texts that they are classified among.</param>
    /// <param name="texts">The text of each image, as an index.</param>
    /// <returns>exp(t), from 0.1 to 100.</returns>
    /// <exception cref="ArgumentException">There are not as many texts as images, an index is none, there are fewer than two texts, or embeddings are not
    /// all numbers of one length.</exception>
    public static float FitLogitScale(IReadOnlyList<float[]> imageEmbeddings, IReadOnlyList<float[]> textEmbeddings, IReadOnlyList<int> texts)
    {
        FeatureCheck.Rows(imageEmbeddings, null, nameof(imageEmbeddings));
        int width = imageEmbeddings.Count > 0 ? imageEmbeddings[0].Length : throw new ArgumentException("There are no images.", nameof(imageEmbeddings));
        FeatureCheck.Rows(textEmbeddings, width, nameof(textEmbeddings));
        ArgumentNullException.ThrowIfNull(texts);
        if (texts.Count != imageEmbeddings.Count || textEmbeddings.Count < 2)
        {
            throw new ArgumentException($"There are {imageEmbeddings.Count} images, {texts.Count} indices and {textEmbeddings.Count} texts; expected an index for each image, and at least 2 texts.", nameof(texts));
        }
        for (int i = 0; i < texts.Count; i++)
        {
            if ((uint)texts[i] >= (uint)textEmbeddings.Count)
            {
                throw new ArgumentException($"{nameof(texts)}[{i}] is {texts[i]}; expected the index of one of {textEmbeddings.Count} texts.", nameof(texts));
            }
        }
        int threads = PhysicalCores.Count;
        return LogitScaleFit.Fit(Unit(imageEmbeddings), Unit(textEmbeddings), [.. texts.Select(t => (int[])[t])], threads).LogitScale;

        FloatMatrix Unit(IReadOnlyList<float[]> rows)
        {
            var matrix = FloatMatrix.Of(rows, width);
            matrix.NormalizeRows(threads);
            return matrix;
        }
    }

    private ClipLockedHead Learn(LockedRelation relation, List<double> losses, CancellationToken cancellationToken)
    {
        bool isContrastive = _options.Method == ClipLockedMethod.Contrastive;
        var head = isContrastive ? ContrastiveFit.Fit(relation, _options, losses, cancellationToken) : ClosedForm.Fit(relation, _options, cancellationToken);
        string? what = Failure(head.Image, relation.Data.ImageFeatures) is { } bad ? $"images {bad}"
            : Failure(head.Text, relation.Data.TextFeatures) is { } other ? $"texts {other}" : null;
        return what is null ? head : throw new InvalidOperationException($"The head that was learned makes of {what}. {(isContrastive
            ? $"Choose a smaller {nameof(Options.LearningRate)} or {nameof(Options.WeightDecay)}; they are {_options.LearningRate} and {_options.WeightDecay}."
            : "Weights or regularization are too far from 1, or nothing in the features tells images or texts apart.")}");
    }

    // Vectors that have no length, or none that float32 could hold: a few rows tell, as all go through the same map.
    private string? Failure(HeadSide side, IReadOnlyList<float[]> features)
    {
        if (!side.IsFinite())
        {
            return "values that are no numbers";
        }
        float[][] embeddings = side.Embed([.. features.Take(TriedRows)], _options.Threads);
        return embeddings.Any(row => row.Any(v => !float.IsFinite(v))) ? "values that are no numbers"
            : embeddings.All(row => row.AsSpan().IndexOfAnyExcept(0f) < 0) ? "nothing but zeros" : null;
    }
}
