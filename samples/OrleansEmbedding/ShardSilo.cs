using Microsoft.Extensions.DependencyInjection;

namespace OrleansEmbedding;

/// <summary>What makes a silo one that computes shards.</summary>
internal static class ShardSilo
{
    /// <summary>Adds the workers; grains are found by Orleans itself.</summary>
    public static ISiloBuilder UseShardWorkers(this ISiloBuilder silo, ShardWorkerSettings settings)
    {
        silo.Services.AddSingleton(settings);
        silo.Services.AddSingleton<ShardWorkers>();
        return silo;
    }
}
