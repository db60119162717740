namespace Microsoft.ML.Clip.Tests;

/// <summary>A folder of small pictures, an output directory, and the small model that the repository carries.</summary>
internal sealed class ShardWork : IDisposable
{
    private static readonly Lazy<ClipModel> Shared = new(() => ClipModel.Load(ModelDirectory!));

    private readonly TemporaryDirectory _directory = new();

    public ShardWork(int pictures = 0)
    {
        Directory.CreateDirectory(Pictures);
        for (int i = 0; i < pictures; i++)
        {
            AddPicture($"{i / 8}/{i:D4}.bmp", i);
        }
    }

    public static string ModelDirectory { get; } = Path.Combine(BuildFacts.RepositoryRoot, "samples", "models", "tiny-clip");

    /// <summary>The model; it lives as long as the process.</summary>
    public static ClipModel Clip => Shared.Value;

    /// <summary>What tests of the protocol alone have for a model.</summary>
    public static PlanModel NoModel { get; } = new(new string('a', 64), 8);

    public string Pictures => _directory.Combine("pictures");

    public string Output => _directory.Combine("out");

    public string Combine(string relativePath) => _directory.Combine(relativePath);

    public string Write(string relativePath, string content) => _directory.Write(relativePath, content);

    public void AddPicture(string name, int seed) => _directory.Write(Path.Combine("pictures", name), SmallPictures.Bitmap(seed));

    public ClipShardPlan Plan(int rowsPerShard = 4, string? output = null, ClipShardPlanOptions? options = null) =>
        ClipShardPlan.Create(Clip, ClipShardInputs.Folder(Pictures), output ?? Output, (options ?? new()) with { RowsPerShard = rowsPerShard });

    /// <summary>A plan whose shards nobody embeds.</summary>
    public ClipShardPlan PlanWithoutModel(int rowsPerShard = 4, ClipShardPlanOptions? options = null) =>
        ClipShardPlan.Create(NoModel, ClipShardInputs.Folder(Pictures), Output, (options ?? new()) with { RowsPerShard = rowsPerShard }, progress: null,
            CancellationToken.None);

    /// <summary>Runs all shards, one after the other.</summary>
    public static async Task<ClipShardResult[]> Run(ClipShardPlan plan, ClipShardWorkerOptions? options = null)
    {
        var worker = new ClipShardWorker(Clip, options);
        var results = new ClipShardResult[plan.ShardCount];
        for (int shard = 0; shard < plan.ShardCount; shard++)
        {
            results[shard] = await worker.RunAsync(plan, shard);
        }
        return results;
    }

    public void Dispose() => _directory.Dispose();
}
