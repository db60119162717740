using System.Text;

namespace Microsoft.ML.Clip;

/// <summary>
/// An image encoder of any kind in an ONNX file, and what it takes: made into an ordinary model of one tower, which <see cref="ClipModel.Load(string,
/// ClipModelOptions?)"/> opens, so that its features come from <see cref="ClipModel.EncodeImages(IReadOnlyList{string}, bool, IProgress{int}?, CancellationToken)"/>
/// and pipeline, cache and preprocessing are those of every other model.
/// </summary>
/// <remarks>
/// <para>What the encoder wants of its pixels is put into the graph: their scale, the order of the planes, a mean image, pooling, and unit length. An axis
/// for the batch that the export fixed is freed, and that is tried out.</para>
/// <para>CNTK's ResNet-18 of the package Microsoft.ML.DnnImageFeaturizer.ResNet18, for example, takes blue, green, red in 0 to 255, less a mean image that
/// another file holds: <c>new ClipImageTower("ResNet18.onnx") { PixelScale = 255, Channels = ClipChannelOrder.Bgr, MeanImage =
/// ClipImageTower.ReadConstant("ResNetPreprocess.onnx") }</c>. An encoder trained with ImageNet's means has them in <see cref="Mean"/> and
/// <see cref="StandardDeviation"/>.</para>
/// </remarks>
/// <param name="OnnxFile">The encoder: float32 or float16, weights inside or in files beside it.</param>
public sealed record ClipImageTower(string OnnxFile)
{
    /// <summary>The tensor to take features from: an output, or any other that the graph computes.</summary>
    /// <value>The default, <see langword="null"/>, is the only output, or else the one with a usual name.</value>
    public string? Output { get; init; }

    /// <summary>How it becomes one vector.</summary>
    public ClipTowerPooling Pooling { get; init; }

    /// <summary>The edge of the square image, in pixels.</summary>
    /// <value>The default, <see langword="null"/>, is what the graph fixes.</value>
    public int? ImageSize { get; init; }

    /// <summary>To what the shorter edge of an image is resized before the square is cut out of its centre.</summary>
    /// <value>The default, <see langword="null"/>, is the edge of the square, as CLIP has it; many encoders are tested with 256 for 224.</value>
    public int? ResizeEdge { get; init; }

    /// <summary>What is subtracted from red, green and blue in 0 to 1, by the preprocessing.</summary>
    public IReadOnlyList<float> Mean { get; init; } = [0, 0, 0];

    /// <summary>What red, green and blue are then divided by.</summary>
    public IReadOnlyList<float> StandardDeviation { get; init; } = [1, 1, 1];

    /// <summary>What the graph multiplies pixel values with, first of all: 255 for an encoder that takes 0 to 255.</summary>
    public float PixelScale { get; init; } = 1;

    /// <summary>In which order the encoder takes the planes.</summary>
    public ClipChannelOrder Channels { get; init; }

    /// <summary>What the graph subtracts from scaled and ordered planes: [3, H, W] in the encoder's own order.</summary>
    public IReadOnlyList<float>? MeanImage { get; init; }

    /// <summary>Reads the one large constant of an ONNX file, such as a mean image.</summary>
    /// <param name="onnxFile">The file.</param>
    /// <returns>Its values, row by row.</returns>
    /// <exception cref="FileNotFoundException">There is no such file.</exception>
    /// <exception cref="InvalidDataException">It is no ONNX file, or has several constants.</exception>
    public static float[] ReadConstant(string onnxFile)
    {
        ArgumentException.ThrowIfNullOrWhiteSpace(onnxFile);
        var draft = TowerSource.Draft(onnxFile);
        return draft.Constants.Values.ToList() is [var only] ? DraftValues.Floats(draft, only)
            : throw new InvalidDataException($"The graph {draft.Graph.Description} holds {draft.Constants.Count} constants; expected one.");
    }

    /// <summary>Writes the model: <c>onnx/vision_model.onnx</c>, <c>config.json</c>, <c>preprocessor_config.json</c>.</summary>
    /// <param name="directory">The directory to write to; made where there is none. Files that are there are replaced, and the tower's
    /// variants, such as one in 8 bits, removed.</param>
    /// <param name="cancellationToken">Ends it, with nothing written.</param>
    /// <exception cref="FileNotFoundException">There is no such encoder, or weights of it are missing.</exception>
    /// <exception cref="InvalidDataException">It takes no image, or several, or something else as well; there is no such output; a mean image does not fit; its batch
    /// cannot be freed. The message says what was expected and found.</exception>
    /// <exception cref="ArgumentException">A property is out of range.</exception>
    /// <exception cref="IOException">The directory cannot be written.</exception>
    /// <exception cref="OperationCanceledException">It was cancelled.</exception>
    public void Write(string directory, CancellationToken cancellationToken = default)
    {
        ArgumentException.ThrowIfNullOrWhiteSpace(directory);
        Validate();
        var draft = TowerSource.Draft(OnnxFile);
        var composed = new ImageTowerGraph(draft, this);
        int size = composed.ImageSize;
        using var staging = new StagedFiles(directory);
        staging.Write(KnownFiles.Preprocessor, BundleSettings.Preprocessor(new ClipImagePreprocessorSettings
        {
            Height = size,
            Width = size,
            ResizeHeight = ResizeEdge ?? size,
            ResizeWidth = ResizeEdge ?? size,
            Normalization = new ChannelStatistics([.. Mean], [.. StandardDeviation]),
        }));
        staging.Write(KnownFiles.Configuration, BundleSettings.Model(logitScale: null, imageSize: size));
        staging.Write(BundleSettings.ImageTower, GraphFile.Write(draft, inlineExternalData: true));
        cancellationToken.ThrowIfCancellationRequested();
        TowerCheck.Images(staging.Folder, OnnxFile, composed.IsFreed);
        cancellationToken.ThrowIfCancellationRequested();
        staging.Publish(removesVariants: true);
    }

    private void Validate()
    {
        Require.Defined<ClipTowerPooling>(Pooling, nameof(Pooling));
        Require.Defined<ClipChannelOrder>(Channels, nameof(Channels));
        Require.Range(ImageSize, 1, ClipImagePreprocessorSettings.MaximumEdge, nameof(ImageSize));
        Require.Range(ResizeEdge, ImageSize ?? 1, ClipImagePreprocessorSettings.MaximumEdge, nameof(ResizeEdge));
        if (Mean is not { Count: 3 } || StandardDeviation is not { Count: 3 } || !Mean.All(float.IsFinite)
            || !StandardDeviation.All(s => float.IsFinite(s) && s > 0))
        {
            throw new ArgumentException($"{nameof(Mean)} and {nameof(StandardDeviation)} must have three numbers each, for red, green and blue, the latter positive.", nameof(Mean));
        }
        if (!float.IsFinite(PixelScale) || PixelScale == 0)
        {
            throw new ArgumentOutOfRangeException(nameof(PixelScale), $"{nameof(PixelScale)} is {PixelScale}; expected a number other than 0.");
        }
    }

    private bool PrintMembers(StringBuilder builder) => RecordText.Append(builder, this);
}
