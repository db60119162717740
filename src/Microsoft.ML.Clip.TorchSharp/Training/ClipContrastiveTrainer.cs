using System.Diagnostics;
using TorchSharp;
using static TorchSharp.torch;

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
    public ClipContrastiveTrainer(string imageColumnName, string captionColumnName, Options? options = null)
    {
        ArgumentException.ThrowIfNullOrWhiteSpace(imageColumnName);
        ArgumentException.ThrowIfNullOrWhiteSpace(captionColumnName);
        _imageColumn = imageColumnName;
        _captionColumn = captionColumnName;
        _options = options ?? new Options();
        _options.Validate();
        ClipTorchRuntime.Prepare();
    }

    /// <summary>Reads the data once into memory and trains; where <see cref="Options.CheckpointPath"/> has a checkpoint, from there on.</summary>
    /// <param name="data">At least two rows with different captions.</param>
    /// <param name="progress">Gets a report every <see cref="Options.ReportEvery"/> steps.</param>
    /// <param name="cancellationToken">Ends the training; a checkpoint is written first if there is a place for it.</param>
    /// <returns>The trained model, to be disposed.</returns>
    /// <exception cref="ArgumentException">
    /// The tokenizer does not fit the network, a column is missing or of a wrong type, a caption is empty, or there is nothing to contrast.
    /// </exception>
    /// <exception cref="ClipImageException">An image cannot be read; the message names row and column.</exception>
    /// <exception cref="ClipTrainingException">The loss is not a number, or a checkpoint cannot be written or read.</exception>
    /// <exception cref="OperationCanceledException">The training was cancelled.</exception>
    public ClipContrastiveModel Fit(IDataView data, IProgress<ClipTrainingProgress>? progress = null, CancellationToken cancellationToken = default)
    {
        ArgumentNullException.ThrowIfNull(data);
        var given = LoadTokenizer();
        var columns = new TrainingColumns(_imageColumn, _captionColumn, _options.GroupColumnName, _options.ImageFolder, _options.Architecture.ImageSize,
            SkipsInvalid: _options.OnInvalidImage == ClipOnInvalidImage.Missing);
        var rows = columns.Read(data, cancellationToken);
        CheckContrast(rows);

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
            });
            tokenizer = vocabulary.CreateTokenizer();
        }

        var architecture = _options.Architecture with
        {
            VocabularySize = vocabulary?.Size ?? _options.Architecture.VocabularySize,
            EndOfTextId = tokenizer.EndOfTextId,
        };
        using var heap = NativeHeap.KeepFreedMemory();
        using var batches = new BatchMaker(_options, architecture, rows.Images, CaptionSet.Create(rows.Captions, rows.Groups, tokenizer));
        using var session = new TrainingSession(_options, architecture, batches);
        if (File.Exists(_options.CheckpointPath))
        {
            session.Load(_options.CheckpointPath);
        }
        Train(session, batches, tokenizer, progress, cancellationToken);
        session.Result.eval();
        return new ClipContrastiveModel(session.Result, tokenizer, vocabulary, _options.TokenizerDirectory, rows.Skipped);
    }

    private void Train(TrainingSession session, BatchMaker batches, ClipTokenizer tokenizer, IProgress<ClipTrainingProgress>? progress,
        CancellationToken cancellationToken)
    {
        double loss = 0;
        int losses = 0;
        TimeSpan time = default, dataTime = session.DataTime;
        while (session.Step < _options.Steps)
        {
            if (cancellationToken.IsCancellationRequested)
            {
                Save(session);
                cancellationToken.ThrowIfCancellationRequested();
            }

            long start = Stopwatch.GetTimestamp();
            double rate = session.LearningRate;
            loss += session.Run();
            losses++;
            time += Stopwatch.GetElapsedTime(start);
            bool last = session.Step == _options.Steps;
            if (last || session.Step % _options.ReportEvery == 0)
            {
                progress?.Report(new ClipTrainingProgress
                {
                    Step = session.Step,
                    TotalSteps = _options.Steps,
                    Epoch = session.Step / (double)batches.StepsPerEpoch,
                    Loss = loss / losses,
                    LogitScale = session.LogitScale,
                    LearningRate = rate,
                    SamplesPerSecond = losses * batches.BatchSize / time.TotalSeconds,
                    DataFraction = (session.DataTime - dataTime) / time,
                    Remaining = time / losses * (_options.Steps - session.Step),
                });
                (loss, losses, time, dataTime) = (0, 0, default, session.DataTime);
            }

            if (last || session.Step % _options.CheckpointEvery == 0)
            {
                Save(session);
            }
            if (_options.Evaluate is not null && (last || session.Step % _options.EvaluateEvery == 0))
            {
                Evaluate(session, tokenizer);
            }
        }
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

    private void Evaluate(TrainingSession session, ClipTokenizer tokenizer)
    {
        session.Result.eval();
        _options.Evaluate!(new ClipTrainingSnapshot(session.Result, tokenizer, _options.BFloat16 ? ScalarType.BFloat16 : ScalarType.Float32, session.Step));
        session.Module.train();
    }

    private void Save(TrainingSession session)
    {
        if (_options.CheckpointPath is { } path)
        {
            session.Save(path);
        }
    }

    private static void CheckContrast(TrainingData rows)
    {
        if (rows.Images.Count < 2)
        {
            string skipped = rows.Skipped.Count > 0 ? $" {rows.Skipped.Count} were left out, the first because: {rows.Skipped[0]}" : "";
            throw new ArgumentException($"Training contrasts images with each other's captions and needs at least 2 rows, but found {rows.Images.Count}.{skipped}");
        }

        string first = rows.Captions[0][0];
        if (rows.Captions.All(c => c.All(caption => caption == first)))
        {
            throw new ArgumentException($"All {rows.Captions.Count} rows have the same caption, '{first}': there is nothing to contrast.");
        }
    }
}
