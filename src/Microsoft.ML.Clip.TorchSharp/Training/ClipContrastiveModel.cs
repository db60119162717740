using TorchSharp;

namespace Microsoft.ML.Clip;

/// <summary>What a training made: a network with its tokenizer. <see cref="CreateClipModel"/> puts it to use, <see cref="Export"/> keeps it.</summary>
/// <remarks>Owns native memory: dispose it. Not thread-safe.</remarks>
public sealed class ClipContrastiveModel : IDisposable
{
    private readonly ClipVocabulary? _vocabulary;
    private readonly string? _tokenizerDirectory;
    private bool _isDisposed;

    internal ClipContrastiveModel(ClipModule module, ClipTokenizer tokenizer, ClipVocabulary? vocabulary, string? tokenizerDirectory,
        IReadOnlyList<string> skippedRows)
    {
        Module = module;
        Tokenizer = tokenizer;
        _vocabulary = vocabulary;
        _tokenizerDirectory = tokenizerDirectory;
        SkippedRows = skippedRows;
    }

    /// <summary>The sizes of the network.</summary>
    public ClipArchitecture Architecture => Module.Architecture;

    /// <summary>The tokenizer of the text tower.</summary>
    public ClipTokenizer Tokenizer { get; }

    /// <summary>exp(t), the learned factor between cosine and logit, at most 100.</summary>
    /// <exception cref="ObjectDisposedException">The model is disposed.</exception>
    public double LogitScale
    {
        get
        {
            ObjectDisposedException.ThrowIf(_isDisposed, this);
            return Math.Exp(Module.LogitScale.item<float>());
        }
    }

    /// <summary>What was left out because its image could not be read: row, column and reason.</summary>
    public IReadOnlyList<string> SkippedRows { get; }

    internal ClipModule Module { get; }

    /// <summary>Writes a model directory that <see cref="ClipModel.Load(string, ClipModelOptions?)"/> and other readers of ONNX take.</summary>
    /// <param name="directory">Where it goes; made if it does not exist.</param>
    /// <param name="options">How weights are stored; float32 if <see langword="null"/>.</param>
    /// <exception cref="IOException">A file cannot be written.</exception>
    /// <exception cref="ObjectDisposedException">The model is disposed.</exception>
    public void Export(string directory, ClipOnnxExportOptions? options = null)
    {
        ObjectDisposedException.ThrowIf(_isDisposed, this);
        if (_vocabulary is not null)
        {
            ClipOnnxExporter.Export(Architecture, Module.Weights(), _vocabulary, directory, options);
        }
        else
        {
            ClipOnnxExporter.Export(Architecture, Module.Weights(), _tokenizerDirectory!, directory, options);
        }
    }

    /// <summary>
    /// Writes the weights as a directory of the form in which Hugging Face publishes CLIP: <c>model.safetensors</c> in the names of transformers' CLIPModel,
    /// config.json, preprocessor_config.json and the files of the tokenizer. <c>CLIPModel.from_pretrained</c> reads it, and so do
    /// <see cref="ClipWeights.Load"/> and <see cref="ClipOnnxExporter.Convert"/>, which gives the same files as <see cref="Export"/>.
    /// </summary>
    /// <remarks>
    /// CLIPModel has Transformers only: a modified ResNet and a bag of words are written under OpenAI's names, with a config.json that this library reads.
    /// </remarks>
    /// <param name="path">
    /// The directory, made if it does not exist; or a name that ends in <c>.safetensors</c>, beside which the other files go. Files of the same names are
    /// replaced.
    /// </param>
    /// <exception cref="IOException">A file cannot be written.</exception>
    /// <exception cref="ObjectDisposedException">The model is disposed.</exception>
    public void SaveWeights(string path)
    {
        ArgumentException.ThrowIfNullOrEmpty(path);
        ObjectDisposedException.ThrowIf(_isDisposed, this);
        string file = path.EndsWith(Path.GetExtension(KnownFiles.Weights), StringComparison.OrdinalIgnoreCase) ? path : Path.Combine(path, KnownFiles.Weights);
        string directory = Path.GetDirectoryName(Path.GetFullPath(file))!;
        Directory.CreateDirectory(directory);
        ClipWeights.Save(file, Architecture, Module.Weights(), HuggingFaceNames.Fit(Architecture) ? ClipWeightNames.HuggingFace : ClipWeightNames.OpenAI);
        ClipOnnxExporter.WriteSettings(Architecture, Tokenizer, LogitScale, directory, () => WriteTokenizer(directory));
    }

    /// <summary>The model for pipelines, with weights of its own: a pipeline with it can be used at once, saved, and loaded elsewhere.</summary>
    /// <param name="options">Batch size, threads and the like; the defaults if <see langword="null"/>.</param>
    /// <returns>The model, to be disposed by the caller, before or after this one.</returns>
    /// <exception cref="IOException">The temporary directory cannot be written.</exception>
    /// <exception cref="ObjectDisposedException">The model is disposed.</exception>
    public ClipModel CreateClipModel(ClipModelOptions? options = null)
    {
        ObjectDisposedException.ThrowIf(_isDisposed, this);
        string directory = Directory.CreateTempSubdirectory("clip-").FullName;
        try
        {
            Export(directory);
            var files = Directory.EnumerateFiles(directory, "*", SearchOption.AllDirectories)
                .ToDictionary(file => Path.GetRelativePath(directory, file).Replace('\\', '/'), File.ReadAllBytes);
            return ClipModel.Load(new MemoryModelFiles(files, "trained model"), options ?? new ClipModelOptions());
        }
        finally
        {
            Directory.Delete(directory, recursive: true);
        }
    }

    private void WriteTokenizer(string directory)
    {
        if (_vocabulary is not null)
        {
            _vocabulary.Save(directory);
            return;
        }
        var source = new DirectoryModelFiles(_tokenizerDirectory!).Recording();
        _ = ClipTokenizer.Load(source, ClipTokenizerOptions.Default);
        TokenizerCopy.Write(source, directory);
    }

    /// <inheritdoc/>
    public void Dispose()
    {
        _isDisposed = true;
        Module.Dispose();
    }
}
