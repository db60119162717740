namespace Microsoft.ML.Clip;

/// <summary>Tar files as webdataset has them. When a plan is made, only heads are read; a row is found again from the nearest mark before it.</summary>
/// <param name="root">The folder that names are relative to.</param>
/// <param name="find">Finds the files when a plan is made.</param>
internal sealed class TarInput(string root, Func<IEnumerable<string>> find) : IShardInput
{
    /// <summary>Rows between two marks.</summary>
    public const int Stride = 16_384;

    public bool HasPaths => false;

    public IEnumerable<ShardInputFile> List(CancellationToken cancellation) => find().Select(path => InputFiles.Planned(() => Survey(path, cancellation)));

    public ShardInputFile Look(ShardInputFile planned) => InputFiles.Look(root, planned);

    public IEnumerable<ShardRow> Read(ShardInputFile file, long first, long count, CancellationToken cancellation)
    {
        int marks = (int)Math.Min(first / Stride, file.Marks?.Count ?? 0);
        using var tar = new TarWalk(Path.Combine(root, InputFiles.Relative(root, file.Name)), marks == 0 ? 0 : file.Marks![marks - 1]);
        using var samples = TarSamples.Of(tar).GetEnumerator();
        for (long row = (long)marks * Stride; row < first + count; row++)
        {
            cancellation.ThrowIfCancellationRequested();
            if (!Next(samples, file))
            {
                throw new ClipShardException(ClipShardProblem.InputChanged, FormattableString.Invariant($"'{file.Name}' has {row} rows; when the plan was made, it had {file.Rows}."));
            }
            if (row >= first)
            {
                yield return samples.Current.Read(tar);
            }
        }
    }

    private ShardInputFile Survey(string path, CancellationToken cancellation)
    {
        string name = InputFiles.Relative(root, path);
        var facts = InputFiles.Facts(root, name) ?? throw new FileNotFoundException($"There is no file '{path}'.", path);
        var marks = new List<long>();
        long rows = 0;
        using var tar = new TarWalk(path);
        foreach (var sample in TarSamples.Of(tar))
        {
            if (rows > 0 && rows % Stride == 0)
            {
                cancellation.ThrowIfCancellationRequested();
                marks.Add(sample.Head);
            }
            rows++;
        }
        return facts with { Rows = rows, Marks = marks.Count > 0 ? marks : null };
    }

    private static bool Next(IEnumerator<TarSample> samples, ShardInputFile file)
    {
        try
        {
            return samples.MoveNext();
        }
        catch (InvalidDataException e)
        {
            throw new ClipShardException(ClipShardProblem.InputChanged, $"'{file.Name}' is not as it was when the plan was made: {e.Message}", e);
        }
    }
}
