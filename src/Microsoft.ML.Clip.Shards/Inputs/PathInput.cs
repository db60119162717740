namespace Microsoft.ML.Clip;

/// <summary>Images that are files, each a row.</summary>
/// <param name="root">The folder that names are relative to.</param>
/// <param name="list">Lists them when a plan is made.</param>
internal sealed class PathInput(string root, Func<CancellationToken, IEnumerable<ShardInputFile>> list) : IShardInput
{
    public bool HasPaths => true;

    public IEnumerable<ShardInputFile> List(CancellationToken cancellation) => list(cancellation);

    public ShardInputFile Look(ShardInputFile planned) => InputFiles.Look(root, planned);

    public IEnumerable<ShardRow> Read(ShardInputFile file, long first, long count, CancellationToken cancellation)
    {
        cancellation.ThrowIfCancellationRequested();
        if (first < 0 || count < 0 || first + count > 1)
        {
            throw new ClipShardException(ClipShardProblem.Plan, FormattableString.Invariant($"The plan wants rows {first} to {first + count - 1} of '{file.Name}', which is one image."));
        }
        return count == 0 ? [] : [Row(file)];
    }

    private ShardRow Row(ShardInputFile file)
    {
        // A plan may have been written by somebody else.
        if (InputFiles.PlannedNameWithin(root, file.Name) is not { } name)
        {
            throw new ClipShardException(ClipShardProblem.Plan, $"The plan names the file '{InputFiles.Cut(file.Name)}'; expected a name within '{root}'.");
        }
        string path = Path.Combine(root, name);
        // Lengths are compared with the plan's before anything is read, and pipes have none: not one look more at each of all files.
        string? error = file.Length == ShardInputFile.Missing ? $"There is no file '{path}'."
            : file.Length == 0 && RegularFile.WhyNot(path) is { } reason ? $"The file '{path}' cannot be read: {reason}." : null;
        return new(file.Name, error is null ? path : null, default, file.Caption, error);
    }
}
