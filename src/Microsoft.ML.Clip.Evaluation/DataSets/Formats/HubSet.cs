namespace Microsoft.ML.Clip;

/// <summary>A data set of a hub: its files brought into the cache, and read from there.</summary>
internal static class HubSet
{
    private const string DataSets = "datasets/";

    public static async Task<ClipDataSet> OpenAsync(string id, string split, ClipHub hub, string? folder, string? imageColumn, string? labelColumn,
        IReadOnlyList<string>? classNames, CancellationToken cancellationToken)
    {
        ArgumentException.ThrowIfNullOrWhiteSpace(id);
        ArgumentException.ThrowIfNullOrWhiteSpace(split);
        string repository = id.StartsWith(DataSets, StringComparison.Ordinal) ? id : DataSets + id;
        // What is there is told by asking for nothing of it.
        var names = new List<string>();
        await hub.DownloadAsync(repository, See, cancellationToken).ConfigureAwait(false);
        string name = $"{repository.Split('/')[^1]}/{split}";
        bool isTar = names.Contains(FolderSet.NamesFile) && names.Exists(n => IsTarOf(n, split));
        string[] wanted = isTar ? [.. names.Where(n => TarSet.IsList(n) || IsTarOf(n, split))] : ParquetFiles(names, split, folder, repository);
        string directory = await hub.DownloadAsync(repository, wanted.Contains, cancellationToken).ConfigureAwait(false);
        var set = isTar ? TarSet.Open(directory, split) : ParquetSet.Open(Path.Combine(directory, folder ?? ""), split, imageColumn, labelColumn, classNames);
        string[] classes = isTar && classNames is not null ? DataFiles.Given(classNames, set.ClassNames.Count, "classes", repository) : [.. set.ClassNames];
        return new ClipDataSet(name, classes, imagesAreFiles: false, set.Read) { Count = set.Count, Templates = set.Templates };

        bool See(string file)
        {
            names.Add(file);
            return false;
        }
    }

    private static bool IsTarOf(string name, string split) => name.StartsWith(split + "/", StringComparison.Ordinal) && !name[(split.Length + 1)..].Contains('/')
        && (name.EndsWith(".tar", StringComparison.Ordinal) || Path.GetFileName(name) == TarSet.ShardsFile);

    private static string[] ParquetFiles(List<string> names, string split, string? folder, string repository)
    {
        string below = folder is null ? "" : folder.TrimEnd('/') + "/";
        var inside = names.Where(n => n.StartsWith(below, StringComparison.Ordinal)).Select(n => n[below.Length..]);
        if (!names.Exists(n => n.EndsWith(".parquet", StringComparison.OrdinalIgnoreCase)))
        {
            string kinds = string.Join(", ", names.CountBy(n => Path.GetExtension(n)).Select(k => $"{k.Value} of '{k.Key}'"));
            throw new InvalidDataException($"'{repository}' has neither '{split}/0.tar' with '{FolderSet.NamesFile}' nor Parquet files; it has files {kinds}.");
        }
        string[] shards = [.. ParquetSet.Shards(inside, split, folder is null ? repository : $"{repository}/{folder}").Select(s => below + s)];
        return names.Contains(below + FolderSet.NamesFile) ? [.. shards, below + FolderSet.NamesFile] : shards;
    }
}
