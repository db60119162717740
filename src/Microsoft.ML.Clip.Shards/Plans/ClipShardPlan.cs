namespace Microsoft.ML.Clip;

/// <summary>
/// Work cut into shards: which rows there are, in which order, which of them make a shard, with which model and which options they are embedded. It does not
/// know who does the work: any number of workers, one after the other or at the same time, on any machine that sees the inputs and the output directory.
/// </summary>
/// <remarks>
/// <para>In the output directory lie <c>plan.json</c> and <c>plan.inputs.jsonl</c>, its list of files; from workers <c>data</c>, what they computed,
/// <c>done</c>, a marker for each finished shard, <c>failed</c>, what kept shards from it, and <c>tmp</c>.</para>
/// <para>Immutable and thread-safe.</para>
/// </remarks>
public sealed class ClipShardPlan
{
    private readonly PlanDocument _document;

    private ClipShardPlan(PlanDocument document, string directory)
    {
        (_document, OutputDirectory) = (document, Path.GetFullPath(directory));
        Inputs = ClipShardInputs.FromPlan(document.Inputs.Kind, document.Inputs.Location, document.Inputs.Settings);
        Options = PlanFile.OptionsOf(document);
        Layout = new ShardLayout(OutputDirectory);
    }

    /// <summary>Where the plan lies, as a full path; results go there, too.</summary>
    public string OutputDirectory { get; }

    /// <summary>What is embedded.</summary>
    public ClipShardInputs Inputs { get; }

    /// <summary>What was chosen when it was made.</summary>
    public ClipShardPlanOptions Options { get; }

    /// <summary>How many rows there are in all shards.</summary>
    public long RowCount => _document.Rows;

    /// <summary>How many input files these come from.</summary>
    public long FileCount => _document.Inputs.Files;

    /// <summary>How many shards there are; they are counted from 0.</summary>
    public int ShardCount => _document.Shards.Count;

    /// <summary>The length of the embeddings.</summary>
    public int EmbeddingDimension => _document.Model.Dimension;

    /// <summary>What identifies the model: <see cref="ClipModel.ComputeContentHash"/>.</summary>
    public string ModelHash => _document.Model.Hash;

    /// <summary>
    /// What identifies the plan: a SHA-256, in lower-case hexadecimal digits, over the names, lengths, times and order of the inputs, the rows of each shard,
    /// the model and the options. Where the inputs lie is not part of it.
    /// </summary>
    public string Fingerprint => _document.Fingerprint;

    internal ShardLayout Layout { get; }

    /// <summary>Makes a plan and writes it into a directory. Where the same plan lies there already, nothing is changed.</summary>
    /// <remarks>Reads all files of the model once, and of the inputs what it takes to count their rows: of a folder the names alone.</remarks>
    /// <param name="clip">The model; stays the caller's.</param>
    /// <param name="inputs">What to embed.</param>
    /// <param name="outputDirectory">Where plan and results go; made if it is not there.</param>
    /// <param name="options">Choices, or <see langword="null"/> for the defaults.</param>
    /// <param name="progress">Told from time to time how many rows were found.</param>
    /// <param name="cancellationToken">Ends it; nothing is left behind.</param>
    /// <returns>The plan.</returns>
    /// <exception cref="ArgumentOutOfRangeException">An option is out of range.</exception>
    /// <exception cref="ClipShardException">
    /// The inputs cannot be read or are none, the directory holds another plan, or it cannot be written; see <see cref="ClipShardException.Problem"/>.
    /// </exception>
    /// <exception cref="InvalidOperationException">The model cannot embed images, or texts where they are asked for.</exception>
    /// <exception cref="OperationCanceledException">It was cancelled.</exception>
    public static ClipShardPlan Create(ClipModel clip, ClipShardInputs inputs, string outputDirectory, ClipShardPlanOptions? options = null,
        IProgress<long>? progress = null, CancellationToken cancellationToken = default)
    {
        ArgumentNullException.ThrowIfNull(clip);
        ArgumentNullException.ThrowIfNull(inputs);
        ArgumentException.ThrowIfNullOrWhiteSpace(outputDirectory);
        options ??= new();
        options.Validate();
        if (!clip.HasImageEncoder || (options.Texts && !clip.HasTextEncoder))
        {
            throw new InvalidOperationException($"The model has no {(clip.HasImageEncoder ? "text" : "image")} encoder.");
        }
        var model = new PlanModel(clip.ComputeContentHash(cancellationToken), clip.EmbeddingDimension);
        return Create(model, inputs, outputDirectory, options, progress, cancellationToken);
    }

    /// <summary>Loads a plan.</summary>
    /// <param name="path">plan.json, or the directory that it lies in; the list of inputs lies beside it.</param>
    /// <returns>The plan; its output directory is where it lies now.</returns>
    /// <exception cref="ClipShardException">There is none, or it cannot be right: <see cref="ClipShardProblem.Plan"/>; the message says why.</exception>
    /// <exception cref="IOException">The file cannot be read.</exception>
    /// <exception cref="UnauthorizedAccessException">It may not be read.</exception>
    public static ClipShardPlan Load(string path)
    {
        ArgumentException.ThrowIfNullOrWhiteSpace(path);
        string file = Path.GetFullPath(Directory.Exists(path) ? Path.Combine(path, PlanFile.Name) : path);
        try
        {
            return new ClipShardPlan(PlanFile.Read(file), Path.GetDirectoryName(file)!);
        }
        catch (Exception e) when (e is FileNotFoundException or DirectoryNotFoundException)
        {
            throw new ClipShardException(ClipShardProblem.Plan, $"There is no plan '{file}'.", e);
        }
    }

    /// <summary>Which rows a shard has, of all rows of the plan.</summary>
    /// <param name="shard">From 0.</param>
    /// <returns>The first row, from 0, and how many.</returns>
    /// <exception cref="ClipShardException">There is no such shard: <see cref="ClipShardProblem.Plan"/>.</exception>
    public (long First, int Count) RowsOf(int shard)
    {
        RequireShard(shard);
        return (_document.Shards[shard].First, _document.Shards[shard].Rows);
    }

    /// <summary>The plan of a model that is known by its hash alone.</summary>
    internal static ClipShardPlan Create(PlanModel model, ClipShardInputs inputs, string outputDirectory, ClipShardPlanOptions options,
        IProgress<long>? progress, CancellationToken cancellation)
    {
        string directory = Path.GetFullPath(outputDirectory), list = Path.Combine(directory, PlanList.Name);
        string temporary = $"{list}.{Guid.NewGuid():N}.tmp";
        try
        {
            Directory.CreateDirectory(directory);
            PlanDocument document;
            using (var stream = new FileStream(temporary, FileMode.CreateNew, FileAccess.Write, FileShare.None, 1 << 20))
            {
                var (shards, files, rows) = PlanList.Write(stream, inputs.Open().List(cancellation), options.RowsPerShard, progress, cancellation);
                stream.Flush(flushToDisk: true);
                document = new()
                {
                    Format = PlanDocument.CurrentFormat,
                    Fingerprint = "",
                    Model = model with { Name = options.ModelName, Variant = options.ModelVariant },
                    Inputs = new(inputs.Kind, inputs.Location, inputs.Settings, files),
                    Options = new(options.RowsPerShard, options.BatchSize, options.Half, options.Normalize, options.Texts, options.CheckTimes),
                    Rows = rows,
                    Shards = shards,
                };
            }
            if (document.Rows == 0)
            {
                throw new ClipShardException(ClipShardProblem.Input, $"There is no row in the inputs: {inputs.Kind} '{inputs.Location}'.");
            }
            document = document with { Fingerprint = document.ComputeFingerprint() };
            return Keep(document, directory, temporary, list);
        }
        catch (Exception e) when (ShardFiles.IsOfFiles(e))
        {
            throw ShardFiles.Explain(e, $"The plan cannot be made in '{directory}'");
        }
        finally
        {
            // That there is no directory to delete it from is told by what has kept it from being made.
            if (File.Exists(temporary))
            {
                File.Delete(temporary);
            }
        }
    }

    internal PlanShard ShardAt(int shard)
    {
        RequireShard(shard);
        return _document.Shards[shard];
    }

    /// <summary>The files of a shard.</summary>
    internal IReadOnlyList<(ShardInputFile File, long First, long Count)> FilesOf(int shard) =>
        PlanList.Read(Path.Combine(OutputDirectory, PlanList.Name), ShardAt(shard), shard);

    private static ClipShardPlan Keep(PlanDocument document, string directory, string temporary, string list)
    {
        string path = Path.Combine(directory, PlanFile.Name);
        if (File.Exists(path))
        {
            var present = Load(path);
            return present.Fingerprint == document.Fingerprint ? present
                : throw new ClipShardException(ClipShardProblem.Output, $"'{path}' is another plan, of {present.RowCount:N0} rows in {present.ShardCount:N0} shards; this one would have {document.Rows:N0} in {document.Shards.Count:N0}. "
                    + "Take another output directory, or delete that one: inputs, model or options have changed since it was made.");
        }
        File.Move(temporary, list, overwrite: true);
        PlanFile.Write(path, document);
        return new ClipShardPlan(document, directory);
    }

    private void RequireShard(int shard)
    {
        if (shard < 0 || shard >= ShardCount)
        {
            throw new ClipShardException(ClipShardProblem.Plan, $"There is no shard {shard}: the plan has {ShardCount:N0}, from 0 to {ShardCount - 1}.");
        }
    }
}
