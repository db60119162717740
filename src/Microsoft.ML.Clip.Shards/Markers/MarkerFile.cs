namespace Microsoft.ML.Clip;

/// <summary>Reads markers, of which nothing is believed that can be checked.</summary>
internal static class MarkerFile
{
    /// <summary>Reads a shard's marker; null if there is none.</summary>
    /// <exception cref="ClipShardException">It is broken, or of another plan: <see cref="ClipShardProblem.Marker"/>.</exception>
    public static ShardMarker? Read(ClipShardPlan plan, int shard)
    {
        string path = plan.Layout.Marker(shard);
        ShardMarker marker;
        try
        {
            marker = ShardFiles.ReadJson(path, ShardMarker.MostBytes, "The marker", ClipShardProblem.Marker, ShardJson.Default.ShardMarker);
        }
        catch (Exception e) when (e is FileNotFoundException or DirectoryNotFoundException)
        {
            return null;
        }
        catch (ClipShardException e)
        {
            throw new ClipShardException(ClipShardProblem.Marker, $"{e.Message} {Replaced(shard)}", e) { Shard = shard };
        }
        Check(marker.Format == ShardMarker.CurrentFormat, $"its format is '{marker.Format}'; expected '{ShardMarker.CurrentFormat}'");
        Check(marker.Plan == plan.Fingerprint, $"it is of the plan {marker.Plan}; this plan is {plan.Fingerprint}");
        Check(marker.Model == plan.ModelHash, $"the model was {marker.Model}; the plan's is {plan.ModelHash}");
        Check(marker.Shard == shard, $"it is that of shard {marker.Shard}");
        int rows = plan.ShardAt(shard).Rows;
        Check(marker.Rows == rows, $"it has {marker.Rows:N0} rows; the plan's shard has {rows:N0}");
        Check(marker.FailedRows >= 0 && marker.FailedRows <= rows && marker.InputBytes >= 0 && double.IsFinite(marker.Seconds), "a number in it makes no sense");
        bool areFiles = marker.Files.Count <= ShardMarker.MostFiles
            && marker.Files.All(f => f is { Bytes: > 0, Sha256.Length: 64 } && f.Sha256.All(char.IsAsciiHexDigitLower));
        Check(areFiles, "a file in it makes no sense");
        // Names follow from hashes, and so none can lead out of the directory.
        string[] kinds = plan.Options.Texts ? [ShardLayout.Images, ShardLayout.Texts, ShardLayout.Metadata] : [ShardLayout.Images, ShardLayout.Metadata];
        var named = marker.Files.Select(f => f.Name).Order(StringComparer.Ordinal);
        var expected = kinds.Select(k => NameOf(marker, k)).Order(StringComparer.Ordinal);
        Check(named.SequenceEqual(expected), $"its files are {string.Join(", ", named)}; expected {string.Join(", ", expected)}");
        return marker;

        void Check(bool isRight, string problem)
        {
            if (!isRight)
            {
                throw Error(path, shard, problem);
            }
        }
    }

    /// <summary>Says what is wrong with its files; null if they are what it says.</summary>
    public static string? Problem(ShardMarker marker, ShardLayout layout, bool verify, CancellationToken cancellation)
    {
        foreach (var file in marker.Files)
        {
            var found = new FileInfo(Path.Combine(layout.Root, file.Name));
            if (!found.Exists)
            {
                return $"its file '{file.Name}' is not there";
            }
            if (found.Length != file.Bytes)
            {
                return $"its file '{file.Name}' has {found.Length:N0} bytes; expected {file.Bytes:N0}";
            }
            if (verify && ShardFiles.Sha256(found.FullName, cancellation) is var hash && hash != file.Sha256)
            {
                return $"its file '{file.Name}' has the SHA-256 {hash}; expected {file.Sha256}";
            }
        }
        return null;
    }

    public static ClipShardException Error(string path, int shard, string problem) =>
        new(ClipShardProblem.Marker, $"The marker '{path}' cannot be used: {problem}. {Replaced(shard)}") { Shard = shard };

    // By its name: workers stand above markers.
    private static string Replaced(int shard) => $"Run shard {shard} again with ClipShardWorkerOptions.Redo, which replaces it.";

    private static string NameOf(ShardMarker marker, string kind) =>
        marker.FindFile(kind) is { } file ? ShardLayout.DataName(marker.Shard, file.Sha256, kind) : kind;
}
