using Microsoft.Extensions.Configuration;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.ML.Clip;
using Orleans.Configuration;
using Orleans.TestingHost;

namespace OrleansEmbedding.Tests;

/// <summary>Shards on silos: one that dies takes its calls along, and nothing of the result.</summary>
public sealed class ShardJobTests
{
    private static readonly TimeSpan Limit = TimeSpan.FromMinutes(5);

    private static CancellationToken Stop => TestContext.Current.CancellationToken;

    [Fact]
    public async Task RunAsync_ASiloIsKilled_MergeIsThatOfOneRun()
    {
        using var work = new ShardFolder(pictures: 160);
        var single = work.Plan("single", rowsPerShard: 4);
        var worker = new ClipShardWorker(work.Clip);
        for (int shard = 0; shard < single.ShardCount; shard++)
        {
            await worker.RunAsync(single, shard, Stop);
        }
        single.Merge(work.Combine("expected"), cancellationToken: Stop);
        var plan = work.Plan("job", rowsPerShard: 4);
        await using var cluster = await Start(silos: 2);

        var job = new ShardJob(cluster.GrainFactory, plan);
        var run = job.RunAsync(atOnce: 16, cancellation: Stop);
        // Killed while it computes one, has others waiting, and the job is not over.
        var second = cluster.Silos.Single(s => s != cluster.Primary);
        var workers = ((InProcessSiloHandle)second).ServiceProvider.GetRequiredService<ShardWorkers>();
        await Until(() => workers.Waiting >= 2 || run.IsCompleted);
        int waiting = workers.Waiting;
        await cluster.KillSiloAsync(second);
        var failed = await run.WaitAsync(Limit, Stop);
        plan.Merge(work.Combine("merged"), cancellationToken: Stop);

        Assert.True(waiting >= 2, $"{waiting} shards were with the second silo; expected 2 at least before the job was over");
        Assert.Empty(failed);
        Assert.True(job.LostCalls > 0, "no call was lost, and so the silo was not killed while it had work");
        Assert.Equal(SmallPictures.Content(work.Combine("expected")), SmallPictures.Content(work.Combine("merged")));
    }

    [Fact]
    public async Task RunAsync_InputsChanged_SaysWhichShardsAndGoesOn()
    {
        using var work = new ShardFolder(pictures: 12);
        var plan = work.Plan("job", rowsPerShard: 4);
        File.Delete(work.Picture(5));
        await using var cluster = await Start(silos: 1);

        var failed = await new ShardJob(cluster.GrainFactory, plan).RunAsync(atOnce: 2, cancellation: Stop).WaitAsync(Limit, Stop);

        var (shard, error) = Assert.Single(failed);
        Assert.Equal(1, shard);
        Assert.Contains("'0005.bmp'", error, StringComparison.Ordinal);
        Assert.Equal([0, 2], plan.GetStatus(cancellationToken: Stop).Done);
    }

    [Fact]
    public void Program_AFolder_IsMerged()
    {
        using var work = new ShardFolder(pictures: 12);

        string output = Processes.Dotnet([BuildFacts.OrleansEmbedding, work.Pictures, "--out", work.Combine("out"), "--rows", "5"]);

        Assert.Contains("12 embeddings of 128 values, 0 images unreadable", output, StringComparison.Ordinal);
        Assert.Equal(["img_emb/img_emb_0000.npy", "metadata/metadata_0000.parquet"], SmallPictures.Content(work.Combine("out/embeddings")).Keys);
    }

    private static async Task<TestCluster> Start(short silos)
    {
        var builder = new TestClusterBuilder(silos);
        builder.AddSiloBuilderConfigurator<Workers>();
        builder.AddClientBuilderConfigurator<Impatience>();
        var cluster = builder.Build();
        await cluster.DeployAsync();
        return cluster;
    }

    private static async Task Until(Func<bool> isSo)
    {
        var until = DateTime.UtcNow + Limit;
        while (!isSo() && DateTime.UtcNow < until)
        {
            await Task.Delay(5, Stop);
        }
    }

    // A call that went to a silo when it died is missed sooner than after half a minute.
    private sealed class Impatience : IClientBuilderConfigurator
    {
        public void Configure(IConfiguration configuration, IClientBuilder clientBuilder) =>
            clientBuilder.Configure<ClientMessagingOptions>(o => o.ResponseTimeout = TimeSpan.FromSeconds(4));
    }

    private sealed class Workers : ISiloConfigurator
    {
        public void Configure(ISiloBuilder siloBuilder) =>
            siloBuilder.UseShardWorkers(new() { Model = ShardFolder.ModelDirectory, Patience = TimeSpan.FromSeconds(1) });
    }
}
