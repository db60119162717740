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

    /// <inheritdoc/>
    public void Dispose()
    {
        _isDisposed = true;
        Module.Dispose();
    }
}
