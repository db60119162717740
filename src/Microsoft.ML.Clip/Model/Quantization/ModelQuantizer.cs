using System.Globalization;

namespace Microsoft.ML.Clip;

/// <summary>
/// Makes the files of a model in 8 bits in a folder of their own, which becomes a part of the destination when all is well, and is deleted otherwise.
/// </summary>
internal sealed class ModelQuantizer(ClipModel model, ClipTowers towers, ClipQuantizationOptions options, CancellationToken cancellation)
{
    /// <summary>From how many of the caller's inputs on a tower gets fixed scales: of fewer, the next one is too often beyond all that were seen.</summary>
    public const int LeastForFixedScales = 16;

    // Of convolutions all that goes through is looked at, which for one image of a large model is more than a gigabyte.
    private const int ImagesInOneRun = 4, ImagesOfConvolutions = 1, TextsInOneRun = 16;

    private readonly bool _reducesRange = options.ReducedRange ?? !ByteProducts.Exist;
    private readonly Dictionary<string, (IReadOnlyList<(string Name, long Weights)> Layers,
        IReadOnlySet<string> InFloat)> _written = new(StringComparer.Ordinal);
    private string _folder = "";

    /// <summary>The suffix of the files.</summary>
    public string Suffix { get; } = "_" + options.Variant.Trim('_');

    public CalibrationInputs<float>? Images { get; private set; }

    public CalibrationInputs<int>? Texts { get; private set; }

    public bool ReducesRange => _reducesRange;

    /// <summary>The names of the files to write, by those of the source.</summary>
    public IReadOnlyDictionary<string, string> Names => new[] { ImageFile, TextFile }.OfType<string>().Distinct()
        .ToDictionary(file => file, file => towers.Layout.InVariant(file, Suffix), StringComparer.Ordinal);

    public string? ImageFile => towers.Image?.Graph.FileName;

    public string? TextFile => towers.Text?.Graph.FileName;

    public ClipQuantizationMethod ImageMethod => options.Method != ClipQuantizationMethod.Automatic ? options.Method
        : options.Images.Count >= LeastForFixedScales ? ClipQuantizationMethod.Static : ClipQuantizationMethod.Dynamic;

    // The captions that are made in the place of none are many.
    public ClipQuantizationMethod TextMethod => options.Method != ClipQuantizationMethod.Automatic ? options.Method
        : options.Captions.Count is 0 or >= LeastForFixedScales ? ClipQuantizationMethod.Static : ClipQuantizationMethod.Dynamic;

    /// <summary>The layers of a file of the source, and which of them stayed in float.</summary>
    public (IReadOnlyList<(string Name, long Weights)> Layers, IReadOnlySet<string> InFloat) Written(string file) => _written[file];

    /// <summary>Reads the inputs, and writes the towers.</summary>
    /// <param name="folder">Where to.</param>
    public void Write(string folder)
    {
        _folder = folder;
        if (towers.Image is { } image)
        {
            options.Progress?.Report("images");
            Images = ReadImages(image);
        }
        if (towers.Text is { } text)
        {
            options.Progress?.Report("texts");
            Texts = ReadTexts();
            // Whether texts can be cut decides what goes through the graph.
            model.EncodeTokens(Texts.Calibration.Slice(0, 1), normalize: true, new Rows<float>(new float[model.EmbeddingDimension], model.EmbeddingDimension));
        }
        foreach (var (file, name) in Names)
        {
            cancellation.ThrowIfCancellationRequested();
            Write(file, Path.Combine(folder, name));
        }
        if (_written.Values.All(file => file.Layers.Count == 0))
        {
            throw new InvalidDataException($"The model in {model.Files.Location} has nothing that 8 bits could take over: no products of float32 or float16 with constant matrices, and no "
                + $"convolutions of float32 that fixed scales are known for. Convolutions take at least {LeastForFixedScales} images of your own ({nameof(ClipQuantizationOptions)}.{nameof(ClipQuantizationOptions.Images)}) and operators of ONNX 13 or later.");
        }
    }

    private void Write(string file, string path)
    {
        bool hasImages = file == ImageFile, hasTexts = file == TextFile;
        var graph = (hasImages ? towers.Image!.Graph : towers.Text!.Graph)!;
        bool isDynamic = (hasImages ? ImageMethod : TextMethod) == ClipQuantizationMethod.Dynamic;
        var settings = new GraphQuantizationSettings(isDynamic, options.SmoothingStrength, _reducesRange, options.QuantizeTokenEmbeddings);
        List<string> outputs = [];
        if (hasImages)
        {
            outputs.Add(towers.Image!.Tensor(ClipFeatures.JointEmbedding, normalize: true));
        }
        if (hasTexts)
        {
            outputs.Add(towers.Text!.Joint);
        }
        var quantizer = new GraphQuantizer(model.Files, graph, settings, () => Runs(hasImages, hasTexts), outputs);
        options.Progress?.Report($"{file}: calibration");
        quantizer.Calibrate(cancellation);
        Directory.CreateDirectory(Path.GetDirectoryName(path)!);
        string draft = Path.Combine(_folder, "draft");
        var inFloat = quantizer.ChooseFloat(options.TargetCosine, options.MaximumFloatShare, draft, line => options.Progress?.Report($"{file}: {line}"), cancellation);
        options.Progress?.Report($"{file}: writing");
        using (var stream = File.Create(path))
        {
            quantizer.Write(stream, inFloat, Logits(graph));
        }
        File.Delete(draft);
        _written.Add(file, (quantizer.Layers, inFloat));
    }

    /// <summary>Logit scale and bias, which elsewhere may stand in a graph that does not come along.</summary>
    private IEnumerable<KeyValuePair<string, string>> Logits(OnnxGraph graph)
    {
        if (ImageFile != TextFile && !graph.Metadata.ContainsKey(LogitScaleFinder.RecordedKey) && model.KnownLogits is { Scale: { } scale } known)
        {
            yield return new(LogitScaleFinder.RecordedKey, scale.ToString("R", CultureInfo.InvariantCulture));
            if (known.Bias is { } bias)
            {
                yield return new(LogitScaleFinder.RecordedBiasKey, bias.ToString("R", CultureInfo.InvariantCulture));
            }
        }
    }

    private IEnumerable<OnnxInputs> Runs(bool hasImages, bool hasTexts)
    {
        // A graph with both towers may have one name for the length of both batches, and then takes only equal ones.
        bool hasBoth = hasImages && hasTexts;
        int most = hasImages && towers.Image!.Graph.Nodes.Count(node => node.Operation == "Conv") > 1 ? ImagesOfConvolutions : ImagesInOneRun;
        int images = hasImages && !hasBoth ? Math.Min(most, towers.Image!.FixedBatch ?? most) : 1;
        int texts = hasTexts && !hasBoth ? Math.Min(TextsInOneRun, towers.Text!.FixedBatch ?? TextsInOneRun) : 1;
        int runs = Math.Max(hasImages ? (Images!.Calibration.Count + images - 1) / images : 0, hasTexts ? (Texts!.Calibration.Count + texts - 1) / texts : 0);
        for (int i = 0; i < runs; i++)
        {
            var inputs = hasImages ? towers.Image!.InputsOfOneRun(Images!.Batch(i, images), model.ImageHeight, model.ImageWidth) : null;
            if (!hasTexts)
            {
                yield return inputs!;
                continue;
            }
            var tokens = towers.Text!.InputsOfOneRun(Texts!.Batch(i, texts), model.Tokenizer.Frame);
            yield return inputs is null ? tokens : inputs.Join(tokens);
        }
    }

    private CalibrationInputs<float> ReadImages(ClipImageEncoder encoder)
    {
        int height = model.ImageHeight, width = model.ImageWidth, length = 3 * height * width;
        const int Generated = CalibrationSplit.MostCalibration;
        bool isGenerated = options.Images.Count == 0;
        var (calibration, test) = CalibrationSplit.Of(isGenerated ? Generated : options.Images.Count);
        return new CalibrationInputs<float>(Read(calibration), Read(test), isGenerated, !calibration.SequenceEqual(test));

        Rows<float> Read(int[] places)
        {
            long all = (long)places.Length * length;
            int count = all <= Array.MaxLength ? places.Length : Array.MaxLength / length;
            var rows = new Rows<float>(new float[count * length], length);
            ParallelRows.For(count, Math.Max(1, model.Share.PreparingThreads), i =>
            {
                cancellation.ThrowIfCancellationRequested();
                if (isGenerated)
                {
                    GeneratedInputs.Draw(rows[i], height, width, places[i]);
                }
                else
                {
                    model.Preprocess(options.Images[places[i]], nameof(options.Images), places[i], rows[i], cancellation);
                }
            });
            return rows;
        }
    }

    private CalibrationInputs<int> ReadTexts()
    {
        var captions = options.Captions.Count > 0 ? options.Captions : GeneratedInputs.Captions;
        var (calibration, test) = CalibrationSplit.Of(captions.Count);
        return new CalibrationInputs<int>(Read(calibration), Read(test), options.Captions.Count == 0, !calibration.SequenceEqual(test));

        Rows<int> Read(int[] places)
        {
            var rows = new Rows<int>(new int[places.Length * model.ContextLength], model.ContextLength);
            for (int i = 0; i < places.Length; i++)
            {
                model.Tokenizer.EncodeToContext(captions[places[i]], rows[i], out _);
            }
            return rows;
        }
    }
}
