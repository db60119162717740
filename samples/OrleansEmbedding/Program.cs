// Embeds a folder of images by Orleans: a grain for each shard, on this machine's silo and on those that join it. See README.md.
//
//   dotnet run -c Release --project samples/OrleansEmbedding                           the photographs of samples/images
//   dotnet run -c Release --project samples/OrleansEmbedding -- FOLDER --out DIR       yours
//   dotnet run -c Release --project samples/OrleansEmbedding -- --join 1               one more silo on this machine, while the first runs

using System.Globalization;
using System.Net;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Hosting;
using Microsoft.Extensions.Logging;
using Microsoft.ML.Clip;
using OrleansEmbedding;
using Samples;

var command = new CommandLine(args, """
    Usage: OrleansEmbedding [FOLDER] [--out DIR] [--model DIR] [--rows N] [--join N]

    FOLDER    images, in folders of any depth. Default: samples/images.
    --out     where plan, shards and the merged embeddings go. Default: a new folder below the temporary one.
    --model   a model's folder. Default: tiny-clip.
    --rows    images in a shard. Default: 1000.
    --join    no job, but a silo more for one that runs: 1 for the second, 2 for the third, ...
    """, words: 1);
string model = command.Folder("--model") ?? Repository.DefaultModel;
int join = command.Count("--join") ?? 0;

// Silos of one machine find each other by the first one's port. On several, a membership provider stands here, and nothing else changes.
const int SiloPort = 11111, GatewayPort = 30000;
var builder = Host.CreateApplicationBuilder();
builder.Logging.SetMinimumLevel(LogLevel.Warning);
builder.UseOrleans(silo => silo
    .UseLocalhostClustering(SiloPort + join, GatewayPort + join, join > 0 ? new IPEndPoint(IPAddress.Loopback, SiloPort) : null)
    .UseShardWorkers(new() { Model = model }));
using var host = builder.Build();
if (join > 0)
{
    Console.WriteLine($"A silo at port {SiloPort + join}, which computes what it is given. Ctrl+C ends it in good order; killing it costs the shard at work.");
    await host.RunAsync();
    return 0;
}

string folder = Path.GetFullPath(command.Word ?? Path.Combine(Repository.Root, "samples", "images"));
string destination = Path.GetFullPath(command.Text("--out") ?? Directory.CreateTempSubdirectory("orleans-embedding-").FullName);
ClipShardPlan plan;
using (var clip = ClipModel.Load(model))
{
    var options = new ClipShardPlanOptions { RowsPerShard = command.Count("--rows") ?? 1_000 };
    plan = ClipShardPlan.Create(clip, ClipShardInputs.Folder(folder), Path.Combine(destination, "job"), options);
}
Console.WriteLine(string.Create(CultureInfo.InvariantCulture, $"{plan.RowCount:N0} images in {plan.ShardCount:N0} shards: {plan.OutputDirectory}"));

await host.StartAsync();
// Four for each of a handful of silos: what a silo does not compute yet waits there.
var failed = await new ShardJob(host.Services.GetRequiredService<IGrainFactory>(), plan).RunAsync(16,
    (shard, report) => Console.WriteLine($"shard {shard}: {report.State}{(report.Error is { } error ? $", {error}" : $", {report.Rows} rows, {report.FailedRows} unreadable")}"));
await host.StopAsync();
if (failed.Count > 0)
{
    Console.Error.WriteLine($"Not done: {ClipShardStatus.ToArrayExpression([.. failed.Keys])}. Run the same again when that is mended; what is done is passed over.");
    return 1;
}
var merged = plan.Merge(Path.Combine(destination, "embeddings"));
Console.WriteLine(string.Create(CultureInfo.InvariantCulture, $"{merged.Rows:N0} embeddings of {plan.EmbeddingDimension} values, {merged.FailedRows:N0} images unreadable: {merged.Directory}"));
return 0;
