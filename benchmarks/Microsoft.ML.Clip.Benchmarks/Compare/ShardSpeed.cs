namespace Microsoft.ML.Clip.Benchmarks;

/// <summary>
/// A worker of Microsoft.ML.Clip.Shards beside what it stands on: image files on a disk, to embeddings; the worker's are on the disk again, with marker and
/// hashes.
/// </summary>
internal static class ShardSpeed
{
    /// <param name="workload">Photographs.</param>
    /// <param name="model">The name of one of the workload's models, or a directory.</param>
    /// <param name="rows">How many rows the shard has: the photographs, over and over.</param>
    /// <param name="rounds">How often each has its turn.</param>
    public static void Run(Workload workload, string model, int rows, int rounds)
    {
        string directory = Directory.Exists(model) ? model : Path.Combine(workload.Folder, "models", model);
        using var clip = ClipModel.Load(directory);
        string[] paths = [.. Enumerable.Range(0, rows).Select(i => workload.Photographs[i % workload.Photographs.Length])];
        var work = Directory.CreateTempSubdirectory("clip-shards-");
        try
        {
            string list = Path.Combine(work.FullName, "list.txt");
            File.WriteAllLines(list, paths);
            var inputs = ClipShardInputs.List(list, Path.GetDirectoryName(paths[0]));
            var plan = ClipShardPlan.Create(clip, inputs, Path.Combine(work.FullName, "out"), new() { RowsPerShard = rows });
            var worker = new ClipShardWorker(clip, new() { Redo = true });
            var ml = new MLContext();
            var view = ml.Data.LoadFromEnumerable(paths.Select(path => new Row { Image = path }));
            var pipeline = ml.Transforms.ClipImageEmbedding("Features", nameof(Row.Image), clip).Fit(view);
            Console.WriteLine($"{Path.GetFileName(Path.TrimEndingDirectorySeparator(directory))}: a shard of {rows} photographs, medians of {rounds} rounds by turns");
            Turns.Compare($"{rows} photographs", rows, rounds,
                ("image step of a pipeline", () => ml.Data.CreateEnumerable<Embedded>(pipeline.Transform(view), reuseRowObject: true).Count()),
                ("EncodeImages", () => clip.EncodeImages(paths).Length),
                ("worker", () => worker.RunAsync(plan, 0).GetAwaiter().GetResult().Rows));
        }
        finally
        {
            work.Delete(recursive: true);
        }
    }

    private sealed class Row
    {
        public string Image { get; set; } = "";
    }

    private sealed class Embedded
    {
        public float[] Features { get; set; } = [];
    }
}
