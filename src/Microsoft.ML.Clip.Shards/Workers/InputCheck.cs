namespace Microsoft.ML.Clip;

/// <summary>Whether inputs are still those that the plan was made of.</summary>
internal static class InputCheck
{
    /// <summary>Looks at the files of a shard before any of them is read.</summary>
    /// <exception cref="ClipShardException">One is not what the plan says, or not there: <see cref="ClipShardProblem.InputChanged"/>.</exception>
    public static void Require(ClipShardPlan plan, IShardInput input, string location, IReadOnlyList<(ShardInputFile File, long First, long Count)> files,
        CancellationToken cancellation)
    {
        int changed = 0;
        string? first = null;
        foreach (var (file, _, _) in files)
        {
            cancellation.ThrowIfCancellationRequested();
            if (Problem(plan, input, location, file) is { } problem)
            {
                changed++;
                first ??= problem;
            }
        }
        if (first is not null)
        {
            throw new ClipShardException(ClipShardProblem.InputChanged, $"{changed:N0} of the {files.Count:N0} input files are not those that the plan was made of: {first}. Make a new plan in another directory.");
        }
    }

    /// <summary>
    /// Tells a row that has no usable image from one whose file cannot be had at this moment: the first is a result, the second would be another one tomorrow.
    /// </summary>
    /// <exception cref="ClipShardException">The file is gone.</exception>
    /// <exception cref="IOException">The disk, or the network, does not give it.</exception>
    public static void RequireReadable(ShardRow row)
    {
        if (row.Path is null || row.Error is not null)
        {
            return;
        }
        try
        {
            using var file = File.OpenHandle(row.Path);
            Span<byte> buffer = stackalloc byte[4096];
            for (long position = 0, read; (read = RandomAccess.Read(file, buffer, position)) > 0;)
            {
                position += read;
            }
        }
        catch (Exception e) when (e is FileNotFoundException or DirectoryNotFoundException)
        {
            throw new ClipShardException(ClipShardProblem.InputChanged, $"'{row.Key}' has gone while the shard was computed.", e);
        }
        catch (UnauthorizedAccessException)
        {
            // As much a property of the row as a damaged file.
        }
    }

    private static string? Problem(ClipShardPlan plan, IShardInput input, string location, ShardInputFile planned)
    {
        ShardInputFile found;
        try
        {
            found = input.Look(planned);
        }
        catch (Exception e) when (e is FileNotFoundException or DirectoryNotFoundException)
        {
            return $"'{planned.Name}' is not in '{location}'";
        }
        return found.Length != planned.Length ? $"'{planned.Name}' has {found.Length:N0} bytes; it had {planned.Length:N0}"
            : plan.Options.CheckTimes && found.Modified != planned.Modified ? $"'{planned.Name}' was written at {Time(found)}; it had been written at {Time(planned)} (a plan with {nameof(ClipShardPlanOptions)}.{nameof(ClipShardPlanOptions.CheckTimes)} = false compares lengths alone)"
            : null;
    }

    private static string Time(ShardInputFile file) => $"{DateTimeOffset.FromUnixTimeMilliseconds(file.Modified).UtcDateTime:yyyy-MM-ddTHH:mm:ss.fffZ}";
}
