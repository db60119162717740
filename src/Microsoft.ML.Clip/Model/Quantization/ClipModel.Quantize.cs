namespace Microsoft.ML.Clip;

/// <content>Models in 8 bits.</content>
public sealed partial class ClipModel
{
    /// <summary>
    /// Writes a model in 8 bits: about a quarter of the size, and on a processor with VNNI more than twice as fast. What comes out is an ordinary variant, in
    /// ONNX's own operators (opset 11 and later; 13 where there are convolutions in 8 bits), for this library and any other runtime.
    /// </summary>
    /// <remarks>
    /// <para>Products with constant matrices (MatMul and Gemm) are computed on bytes: weights symmetric with a scale for each output, activations unsigned with
    /// one scale. Outliers of activations go into the weights first (SmoothQuant, Xiao et al. 2022, arXiv 2211.10438), in each layer by as much as
    /// promises the least error, and what rounding adds to the mean is taken off the bias. Attention, normalisations and the projection stay
    /// in float, and so do layers without which the cosine stays below <see cref="ClipQuantizationOptions.TargetCosine"/>.</para>
    /// <para>Convolutions of float32 with constant weights are computed on bytes where the tower has fixed scales, so with 16 images of the caller's or more:
    /// normalisations behind them go into the weights, and sums and pooling between them are computed on bytes, too. Depthwise ones, which are faster in
    /// float, stay so, and what cuts an image into patches for a transformer.</para>
    /// <para>Give it images and captions of the kind that the model will see: <see cref="ClipQuantizationOptions.Images"/>,
    /// <see cref="ClipQuantizationOptions.Captions"/>; with labels and labelled images it compares accuracies, too. The same inputs give the same bytes.</para>
    /// <para>The files are written whole or not at all, beside the originals where <paramref name="destination"/> is <paramref name="source"/>; elsewhere the
    /// settings that the model needs, and its licence, are copied along. Memory: the weights of one tower about twice, and of convolutions all that goes
    /// through them for one image. Weights in other files are read, and come inside.</para>
    /// </remarks>
    /// <param name="source">The directory of the model, in float32 or float16, as for <see cref="Load(string, ClipModelOptions?)"/>.</param>
    /// <param name="destination">The directory to write to; made where there is none.</param>
    /// <param name="options">Choices, or <see langword="null"/> for the defaults.</param>
    /// <param name="cancellationToken">Ends it, with nothing written.</param>
    /// <returns>What was written, and how it compares with the original.</returns>
    /// <exception cref="ClipQuantizationException">It is too far from the original; nothing is written.</exception>
    /// <exception cref="ArgumentException">An option is out of range, or options do not go together.</exception>
    /// <exception cref="DirectoryNotFoundException">There is no source directory.</exception>
    /// <exception cref="FileNotFoundException">The source holds no CLIP model, not the variant asked for, or not all of its files.</exception>
    /// <exception cref="InvalidDataException">A file is broken, or there is nothing in it to quantise.</exception>
    /// <exception cref="ClipImageException">An image cannot be read; the message gives its index.</exception>
    /// <exception cref="ClipEncodingException">The original gives embeddings that are no numbers.</exception>
    /// <exception cref="InvalidOperationException">ONNX Runtime failed.</exception>
    /// <exception cref="IOException">The files are there already and <see cref="ClipQuantizationOptions.Overwrite"/> is off, or cannot be written.</exception>
    /// <exception cref="UnauthorizedAccessException">A directory may not be read or written.</exception>
    /// <exception cref="OperationCanceledException">It was cancelled.</exception>
    public static ClipQuantizationReport Quantize(string source, string destination, ClipQuantizationOptions? options = null,
        CancellationToken cancellationToken = default)
    {
        ArgumentException.ThrowIfNullOrWhiteSpace(source);
        ArgumentException.ThrowIfNullOrWhiteSpace(destination);
        options ??= new();
        options.Validate();
        destination = Path.GetFullPath(destination);
        using var original = Load(new DirectoryModelFiles(source), new ClipModelOptions { Variant = options.SourceVariant });
        var quantizer = new ModelQuantizer(original, original._towers, options, cancellationToken);
        using var output = new QuantizedFiles(original.Files, destination, quantizer.Names, options.Overwrite);
        quantizer.Write(output.Folder);
        output.CopySettings(output.Folder);
        options.Progress?.Report("comparison");
        var report = Compare(original, quantizer, output, options, cancellationToken);
        if (!report.IsGood)
        {
            throw new ClipQuantizationException(report, FormattableString.Invariant(
                $"The model in 8 bits is too far from the original: a mean cosine of at least {options.MinimumCosine} is asked for. Nothing was written. ")
                + $"Calibrate on more images and captions of your own, take scales of each run ({nameof(ClipQuantizationOptions)}.{nameof(ClipQuantizationOptions.Method)} = {nameof(ClipQuantizationMethod.Dynamic)}), "
                + $"leave more in float ({nameof(ClipQuantizationOptions)}.{nameof(ClipQuantizationOptions.TargetCosine)} and {nameof(ClipQuantizationOptions)}.{nameof(ClipQuantizationOptions.MaximumFloatShare)}), "
                + $"or ask for less ({nameof(ClipQuantizationOptions)}.{nameof(ClipQuantizationOptions.MinimumCosine)}).{Environment.NewLine}{report}");
        }
        output.Publish();
        return report;
    }

    /// <summary>The height of the pixel values.</summary>
    internal int ImageHeight => PixelHeight;

    /// <summary>Their width.</summary>
    internal int ImageWidth => PixelWidth;

    private static ClipQuantizationReport Compare(ClipModel original, ModelQuantizer quantizer, QuantizedFiles output, ClipQuantizationOptions options,
        CancellationToken cancellation)
    {
        using var quantized = Load(new DirectoryModelFiles(output.Folder), new ClipModelOptions { Variant = quantizer.Suffix, LogitScale = 1, LogitBias = 0 });
        var comparison = new ModelComparison(original, quantized, options, cancellation);
        var images = quantizer.Images is { } pixels ? comparison.Images(pixels.Test) : default;
        var texts = quantizer.Texts is { } ids ? comparison.Texts(ids.Test) : default;
        double? agreement = null;
        (double Original, double Quantized)? accuracy = null;
        if (images.Cosines is not null && texts.Cosines is not null)
        {
            float[] classes = options.Labels.Count > 0 ? comparison.Classes(original) : texts.Original;
            float[] quantizedClasses = options.Labels.Count > 0 ? comparison.Classes(quantized) : texts.Quantized;
            agreement = ModelComparison.Agreement(images.Original, images.Quantized, classes, quantizedClasses, original.EmbeddingDimension);
            accuracy = options.LabelledImages.Count > 0 ? comparison.Accuracy(classes, quantizedClasses) : null;
        }
        return new ClipQuantizationReport
        {
            Directory = output.Destination,
            Variant = options.Variant.Trim('_'),
            Images = quantizer is { Images: { } i, ImageFile: { } image }
                ? Tower(image, quantizer.ImageMethod, i.IsGenerated, i.IsHeldOut, images.Cosines!, options.MeasureSpeed ? comparison.ImageSpeed(i.Test)
                    : null) : null,
            Texts = quantizer is { Texts: { } t, TextFile: { } text }
                ? Tower(text, quantizer.TextMethod, t.IsGenerated, t.IsHeldOut, texts.Cosines!, options.MeasureSpeed ? comparison.TextSpeed(t.Test)
                    : null) : null,
            TopOneAgreement = agreement,
            Decisions = agreement is null ? 0 : images.Cosines!.Length,
            OriginalAccuracy = accuracy?.Original,
            Accuracy = accuracy?.Quantized,
            Processor = ByteProducts.Processor,
            HasByteProducts = ByteProducts.Exist,
            ReducedRange = quantizer.ReducesRange,
            MinimumCosine = options.MinimumCosine,
        };

        ClipQuantizedTower Tower(string file, ClipQuantizationMethod method, bool isGenerated, bool isHeldOut, double[] cosines,
            (double Original, double Quantized)? speed)
        {
            var (layers, inFloat) = quantizer.Written(file);
            return new ClipQuantizedTower
            {
                File = quantizer.Names[file],
                Method = file == quantizer.ImageFile ? quantizer.ImageMethod : method,
                IsOnGeneratedInputs = isGenerated,
                IsHeldOut = isHeldOut,
                Compared = cosines.Length,
                MeanCosine = cosines.Average(),
                LowestCosine = cosines.Min(),
                Layers = layers.Count - inFloat.Count,
                LayersInFloat = [.. layers.Select(l => l.Name).Where(inFloat.Contains)],
                OriginalBytes = QuantizedFiles.Size(original.Files, file == quantizer.ImageFile ? original._towers.ImageFiles() : original._towers.TextFiles()),
                Bytes = new FileInfo(Path.Combine(output.Folder, quantizer.Names[file])).Length,
                OriginalPerSecond = speed?.Original,
                PerSecond = speed?.Quantized,
            };
        }
    }
}
