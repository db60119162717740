using System.Text.RegularExpressions;

namespace Microsoft.ML.Clip.Tests;

/// <summary>The code of the package's README, compiled and run. <c>At("...")</c> stands for the plain path in it.</summary>
public sealed partial class ShardsReadmeTests : IDisposable
{
    private readonly TemporaryDirectory _directory = new();

    public void Dispose() => _directory.Dispose();

    [Fact]
    public void Readme_Code_IsThis()
    {
        string[] code = [.. CodeBlock().Matches(File.ReadAllText(Path.Combine(BuildFacts.RepositoryRoot, "src", "Microsoft.ML.Clip.Shards", "README.md")))
            .Select(m => Words(UsingDirective().Replace(m.Groups[1].Value, "")))];
        string source = File.ReadAllText(Path.Combine(BuildFacts.RepositoryRoot, "tests", "Microsoft.ML.Clip.Shards.Tests", "Samples", "ShardsReadmeTests.cs"));
        string[] compiled = [.. Piece().Matches(source).Select(m => Words(At().Replace(m.Groups[1].Value, "$1")))];

        Assert.NotEmpty(code);
        Assert.Equal(code, compiled);
    }

    [Fact]
    public async Task Readme_Code_Runs()
    {
        foreach (string file in Directory.GetFiles(ShardWork.ModelDirectory, "*", SearchOption.AllDirectories))
        {
            _directory.Copy(file, Path.Combine("models/clip-vit-base-patch32", Path.GetRelativePath(ShardWork.ModelDirectory, file)));
        }
        _directory.Copy(Path.Combine(BuildFacts.RepositoryRoot, "samples", "images", "koala.jpg"), "photos/koala.jpg");

        // README
        using var clip = ClipModel.Load(At("models/clip-vit-base-patch32"));                // or FromHub("Xenova/clip-vit-base-patch32")
        var plan = ClipShardPlan.Create(clip, ClipShardInputs.Folder(At("photos")), At("out"), new() { RowsPerShard = 10_000 });
        // end

        Assert.Equal(1, plan.ShardCount);
        await Work(clip);
        Finish(plan);
        Assert.True(File.Exists(At("embeddings/img_emb/img_emb_0000.npy")));
    }

    private async Task Work(ClipModel clip)
    {
        // README
        var plan = ClipShardPlan.Load(At("out/plan.json"));
        var worker = new ClipShardWorker(clip, new() { MaxFailed = 0.01 });
        foreach (int shard in ClipShardSelection.FromEnvironment(plan) ?? ClipShardSelection.OfWorker(plan, 0, 1))
        {
            var result = await worker.RunAsync(plan, shard);                            // done already: skipped
            Console.WriteLine($"{result.Shard}: {result.Rows} rows, {result.FailedRows} failed, {result.RowsPerSecond:F0}/s");
        }
        // end
    }

    private void Finish(ClipShardPlan plan)
    {
        // README
        var status = plan.GetStatus(verify: true);
        Console.WriteLine($"{status.Done.Count} of {status.ShardCount} shards; to be run: {status.ArrayExpression}");   // 3,7-9
        if (status.IsComplete)
        {
            var merged = plan.Merge(At("embeddings"));
            Console.WriteLine($"{merged.Rows} rows in {merged.Files} files; {merged.FailedRows} failed");
        }
        // end
    }

    private string At(string path) => _directory.Combine(path);

    private static string Words(string text) => string.Join(' ', text.Split((char[]?)null, StringSplitOptions.RemoveEmptyEntries));

    [GeneratedRegex(@"```csharp\r?\n(.*?)```", RegexOptions.Singleline)]
    private static partial Regex CodeBlock();

    [GeneratedRegex(@"^using [\w.]+;\r?\n", RegexOptions.Multiline)]
    private static partial Regex UsingDirective();

    [GeneratedRegex(@"^\s*// README\r?\n(.*?)^\s*// end\b", RegexOptions.Singleline | RegexOptions.Multiline)]
    private static partial Regex Piece();

    [GeneratedRegex("""At\(("[^"]*")\)""")]
    private static partial Regex At();
}
