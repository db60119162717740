using TorchSharp;

namespace Microsoft.ML.Clip;

/// <summary>What a training made: a network with its tokenizer.</summary>
/// <remarks>Owns native memory: dispose it. Not thread-safe.</remarks>
public sealed class ClipContrastiveModel : IDisposable
{
    private readonly ClipModule _module;

    internal ClipContrastiveModel(ClipModule module, ClipTokenizer tokenizer, ClipVocabulary? vocabulary, string? tokenizerDirectory, IReadOnlyList<string> skippedRows)
    {
        _module = module;
        Tokenizer = tokenizer;
        Vocabulary = vocabulary;
        TokenizerDirectory = tokenizerDirectory;
        SkippedRows = skippedRows;
    }

    /// <summary>The sizes of the network.</summary>
    public ClipArchitecture Architecture => _module.Architecture;

    /// <summary>The tokenizer of the text tower.</summary>
    public ClipTokenizer Tokenizer { get; }

    /// <summary>exp(t), the learned factor between cosine and logit.</summary>
    public double LogitScale => Math.Exp(_module.LogitScale.item<float>());

    /// <summary>What was left out because its image could not be read: row, column and reason.</summary>
    public IReadOnlyList<string> SkippedRows { get; }

    /// <summary>The vocabulary that was made, or null if a tokenizer was kept.</summary>
    internal ClipVocabulary? Vocabulary { get; }

    internal string? TokenizerDirectory { get; }

    internal ClipModule Module => _module;

    /// <inheritdoc/>
    public void Dispose() => _module.Dispose();
}
