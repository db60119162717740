using System.Text;

namespace Microsoft.ML.Clip;

/// <summary>How <see cref="ClipModel.Quantize"/> makes a model of 8 bits, and what it is measured on.</summary>
public sealed record ClipQuantizationOptions
{
    internal const string Placeholder = "{}";

    /// <summary>Which of several exports in the source directory to quantise, as <see cref="ClipModelOptions.Variant"/>.</summary>
    /// <value>The default is <see langword="null"/>: the files without a suffix, or the only variant there is.</value>
    public string? SourceVariant { get; init; }

    /// <summary>The variant that is written: <c>"int8"</c> makes <c>vision_model_int8.onnx</c>. Letters, digits and underscores.</summary>
    /// <value>The default is <c>"int8"</c>.</value>
    public string Variant { get; init; } = "int8";

    /// <summary>
    /// Images of the kind that the model will see, without labels. At most 64, spread evenly over the list, are calibrated on; of the others at most 256
    /// are what cosines are measured on.
    /// </summary>
    /// <value>The default is none: patterns are drawn, which is weaker; the report says so.</value>
    public IReadOnlyList<ClipImageSource> Images { get; init; } = [];

    /// <summary>Texts of the kind that the model will see; likewise.</summary>
    /// <value>The default is none: captions of common things are made.</value>
    public IReadOnlyList<string> Captions { get; init; } = [];

    /// <summary>The names of classes, for zero-shot decisions of both models to be compared.</summary>
    /// <value>The default is none: the captions are the classes.</value>
    public IReadOnlyList<string> Labels { get; init; } = [];

    /// <summary>Sentences in which <c>{}</c> stands for a label; the mean of a label's sentences is its class weight (section 3.1.4 of the paper).</summary>
    /// <value>The default is <c>a photo of a {}.</c></value>
    public IReadOnlyList<string> Templates { get; init; } = ["a photo of a {}."];

    /// <summary>Images whose class is known, to measure the accuracy of both models on. They are not calibrated on. Each is read once.</summary>
    /// <value>The default is none.</value>
    public IReadOnlyList<ClipLabelledImage> LabelledImages { get; init; } = [];

    /// <summary>How activations get their scale.</summary>
    /// <value>The default is <see cref="ClipQuantizationMethod.Automatic"/>.</value>
    public ClipQuantizationMethod Method { get; init; }

    /// <summary>
    /// How much of the outliers of activations goes into the weights (Xiao et al. 2022, arXiv 2211.10438): 0 none, 1 all; the paper takes 0.5.
    /// </summary>
    /// <value>The default is <see langword="null"/>: for each layer what promises the least error.</value>
    public float? SmoothingStrength { get; init; }

    /// <summary>
    /// Whether weights have 7 bits instead of 8. Processors without VNNI (Intel before Cascade Lake, AMD before Zen 4) add products in 16 bits, which overflow
    /// with 8; a model for such processors needs it wherever it is made.
    /// </summary>
    /// <value>The default is <see langword="null"/>: where this processor is such a one.</value>
    public bool? ReducedRange { get; init; }

    /// <summary>Whether the table of token embeddings, a third of a text tower, is kept in 8 bits, too, with a scale for each token.</summary>
    /// <value>The default is <see langword="true"/>.</value>
    public bool QuantizeTokenEmbeddings { get; init; } = true;

    /// <summary>
    /// Layers are left in float, those that give most for their size first, until the mean cosine on the calibration inputs is this; 0 leaves none, 1 as
    /// many as <see cref="MaximumFloatShare"/> allows.
    /// </summary>
    /// <value>The default is 0.999.</value>
    public double TargetCosine { get; init; } = 0.999;

    /// <summary>Which part of a tower's weights, and of its products, may stay in float, 0 to 1.</summary>
    /// <value>The default is 0.2.</value>
    public double MaximumFloatShare { get; init; } = 0.2;

    /// <summary>The mean cosine to the original's embeddings below which a tower, and so the model, is refused; -1 to 1.</summary>
    /// <value>The default is 0.99.</value>
    public double MinimumCosine { get; init; } = 0.99;

    /// <summary>Whether the speed of both is measured, which takes some seconds.</summary>
    /// <value>The default is <see langword="true"/>.</value>
    public bool MeasureSpeed { get; init; } = true;

    /// <summary>Whether files of that variant that are there already are replaced.</summary>
    /// <value>The default is <see langword="false"/>: they are an error.</value>
    public bool Overwrite { get; init; }

    /// <summary>Told what is being done, a line at a time, on the calling thread.</summary>
    /// <value>The default is <see langword="null"/>.</value>
    public IProgress<string>? Progress { get; init; }

    /// <summary>Throws if a setting is out of range, or settings do not go together.</summary>
    internal void Validate()
    {
        if (string.IsNullOrEmpty(Variant) || !Variant.All(c => char.IsAsciiLetterOrDigit(c) || c == '_') || Variant.Trim('_').Length == 0)
        {
            throw new ArgumentException($"{nameof(Variant)} is '{Variant}'; expected letters, digits and underscores, as in \"int8\".", nameof(Variant));
        }
        Require.Defined<ClipQuantizationMethod>(Method, nameof(Method));
        Within(SmoothingStrength ?? 0, 0, 1, nameof(SmoothingStrength));
        Within(TargetCosine, 0, 1, nameof(TargetCosine));
        Within(MaximumFloatShare, 0, 1, nameof(MaximumFloatShare));
        Within(MinimumCosine, -1, 1, nameof(MinimumCosine));
        Require.NoNulls(Captions);
        Require.NoNulls(Labels);
        Require.NoNulls(Templates);
        Require.NoNulls(LabelledImages);
        ArgumentNullException.ThrowIfNull(Images);
        for (int i = 0; i < Images.Count; i++)
        {
            Present(Images[i], $"{nameof(Images)}[{i}]");
        }
        if (Labels.Count > 0 && (Templates.Count == 0 || Templates.FirstOrDefault(t => !t.Contains(Placeholder, StringComparison.Ordinal)) is not null))
        {
            throw new ArgumentException($"{nameof(Templates)} must be at least one, each with a {Placeholder} where the label goes.", nameof(Templates));
        }
        if (LabelledImages.Count > 0 && Labels.Count == 0)
        {
            throw new ArgumentException($"{nameof(LabelledImages)} need {nameof(Labels)}: the names of their classes.", nameof(Labels));
        }
        for (int i = 0; i < LabelledImages.Count; i++)
        {
            Present(LabelledImages[i].Image, $"{nameof(LabelledImages)}[{i}]");
            Require.Range(LabelledImages[i].Label, 0, Labels.Count - 1, $"{nameof(LabelledImages)}[{i}].{nameof(ClipLabelledImage.Label)}");
        }
    }

    private static void Present(ClipImageSource image, string name)
    {
        if (image.IsEmpty)
        {
            throw new ArgumentException($"{name} is null.", name);
        }
    }

    // NaN is within nothing.
    private static void Within(double value, double least, double most, string name)
    {
        if (!(value >= least && value <= most))
        {
            throw new ArgumentOutOfRangeException(name, value, FormattableString.Invariant($"{name} must be {least} to {most}."));
        }
    }

    private bool PrintMembers(StringBuilder builder) => RecordText.Append(builder, this);
}
