namespace Microsoft.ML.Clip;

/// <summary>
/// Trains CLIP on pairs of images and captions: two towers, one joint space, a learned temperature and a symmetric loss (Radford et al. 2021, Figure 3).
/// </summary>
/// <remarks>
/// Thread-safe: all state belongs to the call of <see cref="Fit"/>, but for two things. On Linux with glibc, the first call tells malloc, for the
/// whole process, to keep what is freed (mallopt; unless the environment tunes malloc): training is a fifth faster so. What was kept goes back when
/// <see cref="Fit"/> ends; the setting stays. And <see cref="Options.Threads"/> above 1 switches libtorch's own threads off for the process, until
/// <see cref="Fit"/> ends. The application brings libtorch.
/// </remarks>
public sealed partial class ClipContrastiveTrainer
{
    private readonly string _imageColumn;
    private readonly string _captionColumn;
    private readonly Options _options;

    /// <summary>Makes a trainer.</summary>
    /// <param name="imageColumnName">The column of images: <see cref="Data.MLImage"/>, text (a file's path) or a vector of bytes (an encoded file).</param>
    /// <param name="captionColumnName">The column of captions: text, or a vector of texts from which one is drawn each time.</param>
    /// <param name="options">How to train; the defaults if <see langword="null"/>.</param>
    /// <exception cref="ArgumentException">An option is out of range or does not fit another.</exception>
    /// <exception cref="PlatformNotSupportedException"><see cref="Options.Device"/> is a GPU, and there is none that libtorch can use.</exception>
    public ClipContrastiveTrainer(string imageColumnName, string captionColumnName, Options? options = null)
    {
        ArgumentException.ThrowIfNullOrWhiteSpace(imageColumnName);
        ArgumentException.ThrowIfNullOrWhiteSpace(captionColumnName);
        _imageColumn = imageColumnName;
        _captionColumn = captionColumnName;
        _options = options ?? new Options();
        _options.Validate();
        ClipTorchRuntime.Prepare();
        TrainingDevice.Require(_options.Device);
    }

    /// <summary>Reads the data once into memory and trains; where <see cref="Options.CheckpointPath"/> has a checkpoint, from there on.</summary>
    /// <param name="data">At least two rows with different captions.</param>
    /// <param name="progress">
    /// Gets a report at once, then every <see cref="Options.ReportInterval"/>, from the reading of the rows on; with
    /// <see cref="Options.ReportEvery"/> by steps. A report is a line of text where one is asked for.
    /// </param>
    /// <param name="cancellationToken">
    /// Ends the training before the next row, or the next part of a step (<see cref="Options.MicroBatchSize"/>). The step that runs is given up; a checkpoint
    /// of those before it is written first if there is a place for it, and the same call resumes there.
    /// </param>
    /// <returns>The trained model, to be disposed.</returns>
    /// <exception cref="ArgumentException">
    /// The tokenizer does not fit the network, a column is missing or of a wrong type, a caption is empty,
    /// a row's shares of groups are none, there is nothing to contrast, or ranks have other options or rows than rank 0.
    /// </exception>
    /// <exception cref="ClipImageException">An image cannot be read; the message names row and column.</exception>
    /// <exception cref="ClipTrainingException">
    /// The loss is not a number, a checkpoint cannot be written or read, or another rank of <see cref="Options.Collective"/> has ended the training.
    /// </exception>
    /// <exception cref="OperationCanceledException">The training was cancelled.</exception>
    public ClipContrastiveModel Fit(IDataView data, IProgress<ClipTrainingProgress>? progress = null, CancellationToken cancellationToken = default)
    {
        ArgumentNullException.ThrowIfNull(data);
        var ranks = RankGroup.Of(_options.Collective);
        // The first rank speaks for all.
        bool isHeard = ranks is null or { IsFirst: true };
        var heard = isHeard ? _options : _options with { Log = null };
        var watch = new TrainingWatch(heard, isHeard ? progress : null, cancellationToken, endsWithinSteps: ranks is null);
        try
        {
            return Train(data, watch, ranks, cancellationToken);
        }
        catch (Exception e) when (ranks is { IsAgreed: false })
        {
            // The others would wait.
            ranks.Abort(e.Message);
            throw;
        }
    }

    private ClipContrastiveModel Train(IDataView data, TrainingWatch watch, RankGroup? ranks, CancellationToken cancellationToken)
    {
        watch.Enter(ClipTrainingStage.ReadingRows);
        ranks?.Agree("options", RunSettings.OfOptions(_options));
        var given = LoadTokenizer();
        var columns = new TrainingColumns(_imageColumn, _captionColumn, _options.GroupColumnName, _options.GroupShareColumnName, _options.ImageFolder,
            _options.Architecture.ImageSize, SkipsInvalid: _options.OnInvalidImage == ClipOnInvalidImage.Missing, ranks?.Rank ?? 0, ranks?.Size ?? 1);
        var rows = columns.Read(data, watch).WithoutSkipped(ranks);
        ranks?.Agree("rows", RunSettings.OfRows(rows));
        ranks?.AgreeOnRows(rows.Groups is null ? rows.Captions : [.. rows.Captions.Zip(rows.Groups, (captions, group) => (string[])[.. captions, group])]);
        CheckContrast(rows, ranks);
        if (rows.Skipped.Count > 0)
        {
            watch.Tell($"{rows.Skipped.Count} of {rows.Skipped.Count + rows.Captions.Count} rows are left out, the first because: {rows.Skipped[0].Message}");
        }
        watch.Enter(ClipTrainingStage.ReadingCaptions);

        ClipVocabulary? vocabulary = null;
        ClipTokenizer tokenizer;
        if (given is not null)
        {
            tokenizer = given;
        }
        else
        {
            // Each caption once: how often a class occurs says nothing about how hard its name is.
            vocabulary = ClipVocabularyTrainer.Train(rows.Captions.SelectMany(c => c).Distinct(StringComparer.Ordinal), new ClipVocabularyOptions
            {
                Size = _options.Architecture.VocabularySize,
                ContextLength = _options.Architecture.ContextLength,
            }, cancellationToken);
            tokenizer = vocabulary.CreateTokenizer();
        }

        var architecture = _options.Architecture with
        {
            VocabularySize = vocabulary?.Size ?? _options.Architecture.VocabularySize,
            EndOfTextId = tokenizer.EndOfTextId,
        };
        using var heap = NativeHeap.KeepFreedMemory();
        using var batches = new BatchMaker(_options, architecture, rows, CaptionSet.Create(rows, tokenizer, cancellationToken), ranks);
        ranks?.Agree("options and rows", RunSettings.Of(_options, batches.Captions));
        watch.Enter(ClipTrainingStage.MakingNetwork);
        if (TrainingMemory.Warning(_options, architecture, batches.OwnSize, GC.GetGCMemoryInfo().TotalAvailableMemoryBytes) is { } warning)
        {
            watch.Tell(warning);
        }
        using var session = new TrainingSession(_options, architecture, batches, ranks, cancellationToken);
        session.Begin();
        new TrainingRun(_options, session, batches, tokenizer, watch, ranks).Run();
        session.Result.eval();
        return new ClipContrastiveModel(session.Result, tokenizer, vocabulary, _options.TokenizerDirectory, [.. rows.Skipped.Select(s => s.Message)]);
    }

    /// <summary>The tokenizer that the options name, if any. What does not fit the network is told before hours go into it.</summary>
    private ClipTokenizer? LoadTokenizer()
    {
        if (_options.TokenizerDirectory is not { } directory)
        {
            return null;
        }
        var tokenizer = ClipTokenizer.Load(directory);
        // Where texts end is the tokenizer's to say.
        ClipOnnxExporter.CheckTokenizer(_options.Architecture with { EndOfTextId = tokenizer.EndOfTextId }, tokenizer);
        return tokenizer;
    }

    /// <summary>All ranks find the same.</summary>
    private void CheckContrast(TrainingData rows, RankGroup? ranks)
    {
        string skipped = rows.Skipped.Count > 0 ? $" {rows.Skipped.Count} were left out, the first because: {rows.Skipped[0].Message}" : "";
        int count = rows.Captions.Count, batch = Math.Min(_options.BatchSize, count);
        string? problem = count < 2 ? $"Training contrasts images with each other's captions and needs at least 2 rows, but found {count}.{skipped}"
            : rows.Captions.All(c => c.All(caption => caption == rows.Captions[0][0])) ? $"All {count} rows have the same caption, '{rows.Captions[0][0]}': there is nothing to contrast."
            : ranks is not null && batch % ranks.Size != 0 ? $"There are {count} rows, fewer than {nameof(_options.BatchSize)}, {_options.BatchSize}, and {ranks.Size} ranks do not divide them into equal parts.{skipped}"
            : null;
        if (problem is not null)
        {
            ArgumentException error = new(problem);
            throw ranks?.Agreed(error) ?? error;
        }
    }
}
