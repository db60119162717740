using System.Collections.Concurrent;

namespace Microsoft.ML.Clip.Tests;

public sealed class WorkerTests
{
    [Fact]
    public async Task Run_GivesTheEmbeddingsOfTheModel()
    {
        using var work = new ShardWork(pictures: 7);
        var plan = work.Plan(4, options: new() { Half = false });

        var results = await ShardWork.Run(plan);

        Assert.Equal([(0, false, 4, 0), (1, false, 3, 0)], results.Select(r => (r.Shard, r.IsSkipped, r.Rows, r.FailedRows)));
        Assert.All(results, r => Assert.True(r.BytesPerSecond > 0 && r.RowsPerSecond > 0));
        string[] paths = [.. plan.FilesOf(0).Concat(plan.FilesOf(1)).Select(f => Path.Combine(work.Pictures, f.File.Name))];
        float[][] expected = ShardWork.Clip.EncodeImages(paths);
        float[][] found = [.. Embeddings(plan, 0), .. Embeddings(plan, 1)];
        Assert.Equal(expected.Length, found.Length);
        for (int i = 0; i < expected.Length; i++)
        {
            // The last bits depend on the rows of the batch.
            Assert.Equal(expected[i], found[i], (a, b) => Math.Abs(a - b) <= 1e-5f);
        }
    }

    [Fact]
    public async Task Run_OfAShardThatIsDone_DoesNothing()
    {
        using var work = new ShardWork(pictures: 4);
        var plan = work.Plan();
        var first = (await ShardWork.Run(plan))[0];
        var before = SmallPictures.Content(work.Output);

        var second = (await ShardWork.Run(plan, new() { VerifyDone = true }))[0];

        Assert.True(second.IsSkipped);
        Assert.Equal(first.Rows, second.Rows);
        Assert.Equal(before, SmallPictures.Content(work.Output));
    }

    [Fact]
    public async Task Run_OfTwoWorkersOnTheSameShard_KeepsOneResult()
    {
        using var work = new ShardWork(pictures: 24);
        var plan = work.Plan(8);
        var single = work.Plan(8, work.Combine("single"));
        await ShardWork.Run(single);

        await Task.WhenAll(Enumerable.Range(0, 4).Select(_ => ShardWork.Run(plan)));

        var status = plan.GetStatus(verify: true);
        Assert.True(status.IsComplete, status.ToString());
        Assert.Empty(status.Duplicates);
        Assert.Empty(Directory.EnumerateFiles(Path.Combine(work.Output, "tmp")));
        Assert.Equal(SmallPictures.Content(Path.Combine(single.OutputDirectory, "data")), SmallPictures.Content(Path.Combine(work.Output, "data")));
    }

    [Fact]
    public async Task Run_WithImagesThatCannotBeRead_KeepsTheirPlaces()
    {
        using var work = new ShardWork(pictures: 6);
        File.WriteAllText(Path.Combine(work.Pictures, "0/0002.bmp"), "no image at all");
        File.WriteAllBytes(Path.Combine(work.Pictures, "0/0004.bmp"), []);
        var plan = work.Plan(6, options: new() { Half = false });

        var result = (await ShardWork.Run(plan, new() { MaxFailed = 0.5 }))[0];

        Assert.Equal((6, 2), (result.Rows, result.FailedRows));
        float[][] rows = Embeddings(plan, 0);
        Assert.Equal([false, false, true, false, true, false], rows.Select(r => r.All(float.IsNaN)));
        Assert.Equal([false, false, true, false, true, false], rows.Select(r => r.Any(float.IsNaN)));
        string[] lines = Metadata(plan, 0);
        Assert.Equal([2, 4], lines.Index().Where(l => l.Item.Contains("error", StringComparison.Ordinal)).Select(l => l.Index));
        Assert.Contains("0/0002.bmp", lines[2], StringComparison.Ordinal);
        // What stands there does not depend on where the pictures lie.
        Assert.DoesNotContain(work.Pictures, lines[2] + lines[4], StringComparison.Ordinal);
    }

    [Fact]
    public async Task Run_WithMoreFailuresThanTheBudget_GivesTheShardUpAndSaysWhich()
    {
        using var work = new ShardWork(pictures: 8);
        File.WriteAllText(Path.Combine(work.Pictures, "0/0001.bmp"), "no image");
        File.WriteAllText(Path.Combine(work.Pictures, "0/0005.bmp"), "no image");
        var plan = work.Plan(8);

        var error = await Assert.ThrowsAsync<ClipShardException>(() => new ClipShardWorker(ShardWork.Clip, new() { MaxFailed = 0.125 }).RunAsync(plan, 0));

        Assert.Equal((ClipShardProblem.TooManyFailed, 0, false), (error.Problem, error.Shard, error.IsTransient));
        Assert.Contains("row 1, '0/0001.bmp'", error.Message, StringComparison.Ordinal);
        Assert.Contains("row 5, '0/0005.bmp'", error.Message, StringComparison.Ordinal);
        RequireNothingKept(work);
        var status = plan.GetStatus();
        Assert.Equal([0], status.Failed);
        Assert.Equal(error.Message, status.Failures[0].Message);
        // As many as the budget has may fail.
        Assert.Equal(2, (await ShardWork.Run(plan, new() { MaxFailed = 0.25 }))[0].FailedRows);
        Assert.True(plan.GetStatus().IsComplete);
        Assert.Empty(plan.GetStatus().Failures);
    }

    [Theory]
    [InlineData("gone", "'0/0001.bmp' is not in")]
    [InlineData("longer", "'0/0001.bmp' has 823 bytes; it had 822")]
    [InlineData("later", "'0/0001.bmp' was written at")]
    public async Task Run_OfChangedInputs_Throws(string change, string message)
    {
        using var work = new ShardWork(pictures: 4);
        var plan = work.Plan();
        string file = Path.Combine(work.Pictures, "0/0001.bmp");
        var time = File.GetLastWriteTimeUtc(file);
        switch (change)
        {
            case "gone": File.Delete(file); break;
            case "longer": File.AppendAllText(file, "a"); break;
            default: File.SetLastWriteTimeUtc(file, time.AddSeconds(1)); break;
        }

        var error = await Assert.ThrowsAsync<ClipShardException>(() => new ClipShardWorker(ShardWork.Clip).RunAsync(plan, 0));

        Assert.Equal((ClipShardProblem.InputChanged, 0, false), (error.Problem, error.Shard, error.IsTransient));
        Assert.Contains(message, error.Message, StringComparison.Ordinal);
        RequireNothingKept(work);
    }

    [Fact]
    public async Task Run_WithInputsThatLieNowhere_SaysWhereItLooked()
    {
        using var work = new ShardWork(pictures: 1);
        string nowhere = work.Combine("nowhere");

        var worker = new ClipShardWorker(ShardWork.Clip, new() { InputLocation = nowhere });
        var error = await Assert.ThrowsAsync<ClipShardException>(() => worker.RunAsync(work.Plan(), 0));

        Assert.Contains($"'0/0000.bmp' is not in '{nowhere}'", error.Message, StringComparison.Ordinal);
    }

    [Fact]
    public async Task Run_OfAListBelowTheRoot_NamesUnreadablePicturesByTheirPaths()
    {
        Assert.SkipWhen(OperatingSystem.IsWindows(), "There are several roots there.");
        using var work = new ShardWork();
        string picture = work.Write("no.jpg", "no image");
        var plan = ClipShardPlan.Create(ShardWork.Clip, ClipShardInputs.List(work.Write("list.txt", picture), "/"), work.Output);

        await ShardWork.Run(plan, new() { MaxFailed = 1 });

        Assert.Contains(SmallPictures.Content(work.Output), c => c.Key.EndsWith(".jsonl", StringComparison.Ordinal)
            && File.ReadAllText(Path.Combine(work.Output, c.Key)).Contains($"\\u0027{picture}\\u0027: Expected an image", StringComparison.Ordinal));
    }

    [Fact]
    public async Task Run_WithoutCheckTimes_TakesACopy()
    {
        using var work = new ShardWork(pictures: 4);
        var plan = work.Plan(options: new() { CheckTimes = false });
        string copy = work.Combine("copy");
        foreach (string file in Directory.GetFiles(work.Pictures, "*", SearchOption.AllDirectories))
        {
            string target = Path.Combine(copy, Path.GetRelativePath(work.Pictures, file));
            Directory.CreateDirectory(Path.GetDirectoryName(target)!);
            File.WriteAllBytes(target, File.ReadAllBytes(file));
        }
        Directory.Delete(work.Pictures, recursive: true);

        Assert.Equal(4, (await ShardWork.Run(plan, new() { InputLocation = copy }))[0].Rows);
    }

    [Fact]
    public async Task Run_WithAnotherModel_Throws()
    {
        using var work = new ShardWork(pictures: 2);
        var plan = work.Plan();
        using var other = ClipModel.Load(ShardWork.ModelDirectory, new() { Preprocessing = new() { ApplyExifOrientation = true, MaximumPixels = 1_000_000 } });

        var error = await Assert.ThrowsAsync<ClipShardException>(() => new ClipShardWorker(other).RunAsync(plan, 0));

        Assert.Equal(ClipShardProblem.Model, error.Problem);
        Assert.Contains(plan.ModelHash, error.Message, StringComparison.Ordinal);
        RequireNothingKept(work);
    }

    [Theory]
    [InlineData(-1)]
    [InlineData(1)]
    public async Task Run_OfNoShard_Throws(int shard)
    {
        using var work = new ShardWork(pictures: 2);
        var plan = work.Plan();

        var error = await Assert.ThrowsAsync<ClipShardException>(() => new ClipShardWorker(ShardWork.Clip).RunAsync(plan, shard));

        Assert.Equal(ClipShardProblem.Plan, error.Problem);
        Assert.Contains("the plan has 1, from 0 to 0", error.Message, StringComparison.Ordinal);
    }

    [Fact]
    public async Task Run_Cancelled_KeepsNothingAndCanBeRunAgain()
    {
        using var work = new ShardWork(pictures: 40);
        var plan = work.Plan(40);
        using var cancellation = new CancellationTokenSource();
        var worker = new ClipShardWorker(ShardWork.Clip, new() { Progress = new Hook(_ => cancellation.Cancel()) });

        // Told at the last row: results are there, and not yet data.
        await Assert.ThrowsAnyAsync<OperationCanceledException>(() => worker.RunAsync(plan, 0, cancellation.Token));

        RequireNothingKept(work);
        Assert.Equal([0], plan.GetStatus().Missing);
        await ShardWork.Run(plan);
        Assert.True(plan.GetStatus(verify: true).IsComplete);
    }

    [Fact]
    public async Task Run_TellsOfItsProgress()
    {
        using var work = new ShardWork(pictures: 5);
        var told = new ConcurrentQueue<ClipShardProgress>();

        await ShardWork.Run(work.Plan(3), new() { Progress = new Hook(told.Enqueue) });

        // On a machine with other work there may be more before the last of each.
        Assert.Equal([(0, 3, 3), (1, 2, 2)], told.GroupBy(p => p.Shard).Select(g => (g.Key, g.Last().Rows, g.Last().RowsDone)));
        Assert.All(told, p => Assert.Equal(p.RowsDone * 822, p.InputBytes));
    }

    [Theory]
    [InlineData(-0.1)]
    [InlineData(1.1)]
    [InlineData(double.NaN)]
    public void Options_OutOfRange_Throw(double share) =>
        Assert.Throws<ArgumentOutOfRangeException>(() => new ClipShardWorker(ShardWork.Clip, new() { MaxFailed = share }));

    internal static void RequireNothingKept(ShardWork work)
    {
        foreach (string folder in (string[])["data", "done", "tmp"])
        {
            string path = Path.Combine(work.Output, folder);
            Assert.True(!Directory.Exists(path) || !Directory.EnumerateFiles(path).Any(), $"{folder} holds something");
        }
    }

    private static float[][] Embeddings(ClipShardPlan plan, int shard)
    {
        byte[] file = File.ReadAllBytes(Path.Combine(plan.OutputDirectory, MarkerFile.Read(plan, shard)!.File(ShardLayout.Images).Name));
        int rows = plan.RowsOf(shard).Count;
        float[] values = new float[rows * plan.EmbeddingDimension];
        Buffer.BlockCopy(file, file.Length - (4 * values.Length), values, 0, 4 * values.Length);
        return [.. values.Chunk(plan.EmbeddingDimension)];
    }

    private static string[] Metadata(ClipShardPlan plan, int shard) =>
        File.ReadAllLines(Path.Combine(plan.OutputDirectory, MarkerFile.Read(plan, shard)!.File(ShardLayout.Metadata).Name));

    private sealed class Hook(Action<ClipShardProgress> tell) : IProgress<ClipShardProgress>
    {
        public void Report(ClipShardProgress value) => tell(value);
    }
}
