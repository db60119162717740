namespace Microsoft.ML.Clip;

/// <summary>
/// A text encoder of any kind in an ONNX file, with its tokenizer: made into an ordinary model of one tower, which <see cref="ClipModel.Load(string,
/// ClipModelOptions?)"/> opens, so that its features come from <see cref="ClipModel.EncodeTexts(IReadOnlyList{string}, bool, IProgress{int}?, CancellationToken)"/>.
/// </summary>
/// <remarks>
/// The graph that is written takes token ids alone: the mask that hides padding and the token types are made of them within, and so is the mean over a
/// text's tokens. Axes for the batch that the export fixed are freed, and that is tried out. A sentence encoder such as MiniLM gives
/// <c>last_hidden_state</c>, whose mean over the tokens is the text's vector; that is what <see cref="ClipTowerPooling.Automatic"/> takes.
/// </remarks>
/// <param name="OnnxFile">The encoder: float32 or float16, weights inside or in files beside it.</param>
/// <param name="Tokenizer">
/// The tokenizer: a <c>tokenizer.json</c>, a <c>vocab.txt</c> of WordPiece, or a folder that holds one of these or <c>vocab.json</c> with
/// <c>merges.txt</c>, and what belongs to it.
/// </param>
public sealed record ClipTextTower(string OnnxFile, string Tokenizer)
{
    /// <summary>The tensor to take features from: an output, or any other that the graph computes.</summary>
    /// <value>The default, <see langword="null"/>, is the only output, or else the one with a usual name.</value>
    public string? Output { get; init; }

    /// <summary>How it becomes one vector.</summary>
    public ClipTowerPooling Pooling { get; init; }

    /// <summary>How many ids a text becomes at most, start and end included; longer ones are cut.</summary>
    /// <value>The default, <see langword="null"/>, is what the tokenizer's files say, else 77 as in CLIP.</value>
    public int? ContextLength { get; init; }

    /// <summary>Whether texts are made lower case, for a <c>vocab.txt</c> alone, which does not say so.</summary>
    /// <value>The default, <see langword="null"/>: yes, unless the vocabulary has capitals; then it has to be said.</value>
    public bool? LowerCase { get; init; }

    /// <summary>Writes the model: <c>onnx/text_model.onnx</c>, <c>config.json</c> and the tokenizer's files.</summary>
    /// <param name="directory">The directory to write to; made where there is none. Files that are there are replaced, and the tower's
    /// variants, such as one in 8 bits, removed.</param>
    /// <param name="cancellationToken">Ends it, with nothing written.</param>
    /// <exception cref="FileNotFoundException">There is no such encoder, weights of it are missing, or there is no tokenizer.</exception>
    /// <exception cref="InvalidDataException">It takes no token ids, or something that is not known; there is no such output; its batch cannot be freed; the tokenizer has
    /// ids beyond its table. The message says what was expected and found.</exception>
    /// <exception cref="NotSupportedException">The tokenizer is of a kind that is not known.</exception>
    /// <exception cref="ArgumentException">A property is out of range.</exception>
    /// <exception cref="IOException">The directory cannot be written.</exception>
    /// <exception cref="OperationCanceledException">It was cancelled.</exception>
    public void Write(string directory, CancellationToken cancellationToken = default)
    {
        ArgumentException.ThrowIfNullOrWhiteSpace(directory);
        Require.Defined<ClipTowerPooling>(Pooling, nameof(Pooling));
        Require.Range(ContextLength, 2, 1 << 20, nameof(ContextLength));
        var draft = TowerSource.Draft(OnnxFile);
        using var staging = new StagedFiles(directory);
        staging.Write(KnownFiles.Configuration, BundleSettings.Model(logitScale: null));
        TowerTokenizer.Copy(Tokenizer, staging, ContextLength, LowerCase);
        var files = new DirectoryModelFiles(staging.Folder);
        var tokenizer = ClipTokenizer.Load(files, ClipTokenizerOptions.Default, TextRule.Of(files));
        if (tokenizer.PadId == tokenizer.EndOfTextId)
        {
            throw new NotSupportedException($"The tokenizer '{Tokenizer}' fills texts with their end token, {tokenizer.PadId}, so that no mask can be made of the ids. Name another token as 'pad_token' in {KnownFiles.TokenizerConfiguration}.");
        }
        var composed = new TextTowerGraph(draft, this, tokenizer.PadId);
        staging.Write(BundleSettings.TextTower, GraphFile.Write(draft, inlineExternalData: true));
        cancellationToken.ThrowIfCancellationRequested();
        TowerCheck.Texts(staging.Folder, OnnxFile, composed.IsFreed);
        cancellationToken.ThrowIfCancellationRequested();
        staging.Publish(removesVariants: true);
    }
}
