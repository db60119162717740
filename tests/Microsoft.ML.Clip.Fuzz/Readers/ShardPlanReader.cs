using System.Security.Cryptography;
using System.Text.Json;

namespace Microsoft.ML.Clip.Fuzz;

/// <summary>
/// A plan, its list of inputs and a marker, as they lie on a disk that others write to. Hashes of what was changed are made anew where that can be done:
/// otherwise none of it would be read any further.
/// </summary>
internal static class ShardPlanReader
{
    private const string Marker = "marker.json", Images = "img.npy", Rows = "rows.jsonl";

    private static readonly JsonFormat Json = new("format", "fingerprint", "clip-shards/1", "clip-shard-done/1", "model", "hash", "dimension", "inputs", "kind", "location", "settings", "files", "folder",
        "list", "tar", "parquet", "coco", "image", "options", "rowsPerShard", "batchSize", "half", "normalize", "texts", "checkTimes", "rows", "shards", "first", "skip", "offset", "length", "sha256",
        "f", "b", "m", "r", "c", "k", "plan", "shard", "failedRows", "name", "bytes", "seconds", "inputBytes", "machine", "process", "finished", "key", "caption", "error", "../a.jpg", "/etc/hosts");

    public static Reader Plan { get; } = new("shard-plan", new BundleFormat(name => name == Images ? null : Json), Seeds, Read)
    {
        Sources = ["Microsoft.ML.Clip.Shards/Plans/", "Microsoft.ML.Clip.Shards/Markers/", "Microsoft.ML.Clip.Shards/Formats/", "Microsoft.ML.Clip.Shards/Merging/"],
        IsDocumented = e => e is ClipShardException { Problem: not ClipShardProblem.NoSpace },
        Share = 4_000,
    };

    private static string Folder => Path.Combine(Inputs.Folder, "plan");

    private static string Output => Path.Combine(Folder, "out");

    private static IEnumerable<byte[]> Seeds()
    {
        foreach (bool isTar in (bool[])[false, true])
        {
            var plan = Prepare(isTar);
            plan.Layout.CreateFolders();
            var (first, count) = plan.RowsOf(0);
            using (var results = new ShardResults(plan, 0))
            {
                for (long row = first; row < first + count; row++)
                {
                    results.Append(new float[plan.EmbeddingDimension], new($"{row}", "a caption", row == 1 ? "no image" : null));
                }
                ShardPublisher.Publish(plan, 0, results, new(count, 1, 3, TimeSpan.FromSeconds(1)), redo: true, CancellationToken.None);
            }
            var marker = MarkerFile.Read(plan, 0)!;
            yield return BundleFormat.Write(new Dictionary<string, byte[]>
            {
                [PlanFile.Name] = File.ReadAllBytes(Path.Combine(Output, PlanFile.Name)),
                [PlanList.Name] = File.ReadAllBytes(Path.Combine(Output, PlanList.Name)),
                [Marker] = File.ReadAllBytes(plan.Layout.Marker(0)),
                [Images] = File.ReadAllBytes(Path.Combine(Output, marker.File(ShardLayout.Images).Name)),
                [Rows] = File.ReadAllBytes(Path.Combine(Output, marker.File(ShardLayout.Metadata).Name)),
            });
        }
    }

    private static ClipShardPlan Prepare(bool isTar)
    {
        if (Directory.Exists(Folder))
        {
            Directory.Delete(Folder, recursive: true);
        }
        string images = Directory.CreateDirectory(Path.Combine(Folder, "images")).FullName;
        foreach (string name in (string[])["a.jpg", "b.jpg", "c.jpg"])
        {
            File.WriteAllBytes(Path.Combine(images, name), [1]);
        }
        string tar = Path.Combine(Folder, "0.tar");
        System.Formats.Tar.TarFile.CreateFromDirectory(images, tar, includeBaseDirectory: false);
        // The plan has the times of its inputs, and here they are made anew for each input.
        foreach (string file in (string[])[tar, .. Directory.GetFiles(images)])
        {
            File.SetLastWriteTimeUtc(file, DateTime.UnixEpoch.AddDays(1));
        }
        var inputs = isTar ? ClipShardInputs.Tars([tar]) : ClipShardInputs.Folder(images);
        var model = new PlanModel(new string('a', 64), Dimension: 4);
        return ClipShardPlan.Create(model, inputs, Output, new() { RowsPerShard = isTar ? 3 : 2 }, progress: null, CancellationToken.None);
    }

    private static void Read(byte[] input)
    {
        var files = BundleFormat.Read(input);
        if (!files.TryGetValue(PlanFile.Name, out byte[]? json) || !files.TryGetValue(PlanList.Name, out byte[]? list))
        {
            return;
        }
        _ = Prepare(isTar: false);
        string path = Path.Combine(Output, PlanFile.Name);
        File.WriteAllBytes(Path.Combine(Output, PlanList.Name), list);
        File.WriteAllBytes(path, json);
        if (Mended(json, list) is { } mended)
        {
            PlanFile.Write(path, mended);
        }
        var plan = ClipShardPlan.Load(path);
        var source = plan.Inputs.Open();
        for (int shard = 0; shard < plan.ShardCount; shard++)
        {
            var parts = plan.FilesOf(shard);
            Inputs.Require(parts.Sum(p => p.Count) == plan.RowsOf(shard).Count, "A shard has not the rows of the plan.");
            InputCheck.Require(plan, source, plan.Inputs.Location, parts, CancellationToken.None);
        }
        Merge(plan, files);
    }

    // What lies there is the plan's in any case; what is in it, the bundle says.
    private static void Merge(ClipShardPlan plan, IReadOnlyDictionary<string, byte[]> files)
    {
        plan.Layout.CreateFolders();
        List<ShardMarkerFile> data = [];
        foreach (var (name, kind) in ((string, string)[])[(Images, ShardLayout.Images), (Rows, ShardLayout.Metadata)])
        {
            byte[] content = files.GetValueOrDefault(name, []);
            string hash = Convert.ToHexStringLower(SHA256.HashData(content));
            data.Add(new(ShardLayout.DataName(0, hash, kind), content.Length, hash));
            File.WriteAllBytes(Path.Combine(plan.OutputDirectory, data[^1].Name), content);
        }
        byte[] marker = files.GetValueOrDefault(Marker, []);
        try
        {
            if (JsonSerializer.Deserialize(marker, ShardJson.Default.ShardMarker) is { } read)
            {
                read = read with { Plan = plan.Fingerprint, Files = read.Files.Count == data.Count ? data : read.Files };
                marker = JsonSerializer.SerializeToUtf8Bytes(read, ShardJson.Default.ShardMarker);
            }
        }
        catch (Exception e) when (e is JsonException or ArgumentException)
        {
            // No marker, or with a number beyond all bounds, which cannot be written: then it is read as it is.
        }
        File.WriteAllBytes(plan.Layout.Marker(0), marker);
        var status = plan.GetStatus(verify: true);
        Inputs.Require(status.Done.Count + status.Missing.Count + status.Failed.Count + status.Damaged.Count == plan.ShardCount, "A shard has no state, or two.");
        string merged = Path.Combine(Folder, "merged");
        var layout = marker.Length % 2 == 0 ? ClipShardMergeLayout.ClipRetrieval : ClipShardMergeLayout.Parquet;
        Inputs.Require(plan.Merge(merged, new() { Layout = layout }).Rows == plan.RowCount, "A merge has not the rows of the plan.");
        bool isWhole = layout == ClipShardMergeLayout.Parquet || ClipMergedEmbeddings.Read(merged).Count() == plan.RowCount;
        Inputs.Require(isWhole, "A merge is not read as it was written.");
    }

    private static PlanDocument? Mended(byte[] json, byte[] list)
    {
        try
        {
            var plan = JsonSerializer.Deserialize(json, ShardJson.Default.PlanDocument);
            if (plan is null || plan.Shards.Any(s => s is null))
            {
                return null;
            }
            var shards = plan.Shards.Select(s => s.Offset < 0 || s.Length < 0 || s.Offset > list.Length - s.Length ? s
                : s with { Sha256 = Convert.ToHexStringLower(SHA256.HashData(list.AsSpan((int)s.Offset, s.Length))) });
            plan = plan with { Shards = [.. shards] };
            return plan with { Fingerprint = plan.ComputeFingerprint() };
        }
        catch (JsonException)
        {
            return null;
        }
    }
}
