namespace Microsoft.ML.Clip.Tests;

public sealed class PlanTests
{
    // What the fingerprint of the plan below was when the format was made. Another one here, and every plan there is on a disk is refused.
    private const string Golden = "46dbe534002bdd3aa94c98a154bf1527b27a3ca2ea641907dbfaf19cf3ae5d0d";

    private static readonly DateTime Time = new(2026, 1, 2, 3, 4, 5, 678, DateTimeKind.Utc);

    [Fact]
    public void Create_FixesRowsOfShards_WhoeverWorks()
    {
        using var work = new ShardWork(pictures: 10);

        var plan = work.Plan(rowsPerShard: 4);

        Assert.Equal((10, 3, 10), (plan.RowCount, plan.ShardCount, plan.FileCount));
        Assert.Equal([(0, 4), (4, 4), (8, 2)], Enumerable.Range(0, 3).Select(plan.RowsOf));
        Assert.Equal(["1/0008.bmp", "1/0009.bmp"], plan.FilesOf(2).Select(f => f.File.Name));
        Assert.Equal(ShardWork.Clip.ComputeContentHash(), plan.ModelHash);
    }

    [Fact]
    public void Load_GivesWhatWasCreated()
    {
        using var work = new ShardWork(pictures: 5);
        var plan = work.Plan(2, options: new() { Half = false, Normalize = false, BatchSize = 3, Texts = true, CheckTimes = false });

        foreach (string path in (string[])[work.Output, Path.Combine(work.Output, "plan.json")])
        {
            var loaded = ClipShardPlan.Load(path);

            Assert.Equal(plan.Fingerprint, loaded.Fingerprint);
            Assert.Equal(plan.Options, loaded.Options);
            Assert.Equal((plan.Inputs.Kind, plan.Inputs.Location, plan.OutputDirectory), (loaded.Inputs.Kind, loaded.Inputs.Location, loaded.OutputDirectory));
            Assert.Equal(Enumerable.Range(0, 3).SelectMany(plan.FilesOf), Enumerable.Range(0, 3).SelectMany(loaded.FilesOf));
        }
    }

    [Fact]
    public void Create_WhereTheSamePlanLies_GivesThatOne()
    {
        using var work = new ShardWork(pictures: 3);
        var plan = work.Plan();
        var before = SmallPictures.Content(work.Output);

        Assert.Equal(plan.Fingerprint, work.Plan().Fingerprint);
        Assert.Equal(before, SmallPictures.Content(work.Output));
    }

    [Fact]
    public void Create_WhereAnotherPlanLies_ThrowsAndKeepsIt()
    {
        using var work = new ShardWork(pictures: 3);
        work.Plan(rowsPerShard: 4);
        var before = SmallPictures.Content(work.Output);

        var error = Assert.Throws<ClipShardException>(() => work.Plan(rowsPerShard: 2));

        Assert.Equal(ClipShardProblem.Output, error.Problem);
        Assert.False(error.IsTransient);
        Assert.Contains("3 rows in 1 shards; this one would have 3 in 2", error.Message, StringComparison.Ordinal);
        Assert.Equal(before, SmallPictures.Content(work.Output));
    }

    [Fact]
    public void Create_OfNothing_ThrowsAndLeavesNothing()
    {
        using var work = new ShardWork();

        var error = Assert.Throws<ClipShardException>(() => work.Plan());

        Assert.Equal(ClipShardProblem.Input, error.Problem);
        Assert.Empty(Directory.EnumerateFileSystemEntries(work.Output));
    }

    [Fact]
    public void Create_WhereNoDirectoryCanBe_SaysWhy()
    {
        using var work = new ShardWork(pictures: 1);
        string file = work.Write("file", "no directory");

        var e = Assert.Throws<ClipShardException>(
            () => ClipShardPlan.Create(ShardWork.NoModel, ClipShardInputs.Folder(work.Pictures), file, new(), null, CancellationToken.None));

        Assert.StartsWith($"The plan cannot be made in '{file}'", e.Message, StringComparison.Ordinal);
    }

    [Theory]
    [InlineData(0, 16)]
    [InlineData(4, 0)]
    [InlineData(4, 5000)]
    public void Create_WithAnOptionOutOfRange_Throws(int rows, int batch)
    {
        using var work = new ShardWork(pictures: 1);

        Assert.Throws<ArgumentOutOfRangeException>(() => work.Plan(rows, options: new() { BatchSize = batch }));
    }

    [Fact]
    public void Create_Cancelled_LeavesNothing()
    {
        using var work = new ShardWork(pictures: 1);
        using var cancellation = new CancellationTokenSource();
        cancellation.Cancel();

        Assert.ThrowsAny<OperationCanceledException>(() =>
            ClipShardPlan.Create(ShardWork.Clip, ClipShardInputs.Folder(work.Pictures), work.Output, cancellationToken: cancellation.Token));
        Assert.False(Directory.Exists(work.Output) && Directory.EnumerateFileSystemEntries(work.Output).Any());
    }

    [Fact]
    public void Fingerprint_OfThisPlan_NeverChanges()
    {
        using var work = new ShardWork(pictures: 9);
        foreach (string file in Directory.EnumerateFiles(work.Pictures, "*", SearchOption.AllDirectories))
        {
            File.SetLastWriteTimeUtc(file, Time);
        }

        string found = work.PlanWithoutModel().Fingerprint;
        Assert.True(found == Golden, $"the fingerprint is {found}; it was {Golden}");
    }

    [Fact]
    public void Fingerprint_FollowsFromWhatIsPlanned_AndNotFromWhereItLies()
    {
        using var work = new ShardWork(pictures: 6);
        string plain = work.Plan().Fingerprint;
        Directory.Move(work.Pictures, work.Combine("moved"));

        string same = Of("same", new() { RowsPerShard = 4 });
        string[] others =
        [
            Of("rows", new() { RowsPerShard = 5 }),
            Of("half", new() { RowsPerShard = 4, Half = false }),
            Of("batch", new() { RowsPerShard = 4, BatchSize = 8 }),
        ];
        File.SetLastWriteTimeUtc(work.Combine("moved/0/0003.bmp"), Time);
        string time = Of("time", new() { RowsPerShard = 4 });

        Assert.Equal(plain, same);
        Assert.Equal(5, others.Append(plain).Append(time).Distinct().Count());

        string Of(string name, ClipShardPlanOptions options) =>
            ClipShardPlan.Create(ShardWork.Clip, ClipShardInputs.Folder(work.Combine("moved")), work.Combine(name), options).Fingerprint;
    }

    // Machines call the same model by different names.
    [Fact]
    public void ModelName_IsKept_AndNotInTheFingerprint()
    {
        using var work = new ShardWork(pictures: 2);
        var plan = work.Plan(options: new() { ModelName = "/models/a b", ModelVariant = "fp16" });

        Assert.Equal(("/models/a b", "fp16"), (plan.Options.ModelName, plan.Options.ModelVariant));
        Assert.Equal(plan.Options, ClipShardPlan.Load(work.Output).Options);
        // The plan that lies there stays as it is.
        Assert.Equal("/models/a b", work.Plan(options: new() { ModelName = "other" }).Options.ModelName);
        var unnamed = work.Plan(output: work.Combine("unnamed"), options: plan.Options with { ModelName = null, ModelVariant = null });
        Assert.Equal(plan.Fingerprint, unnamed.Fingerprint);
        Assert.DoesNotContain("\"name\"", File.ReadAllText(work.Combine("unnamed/plan.json")), StringComparison.Ordinal);
    }

    [Theory]
    [InlineData(0)]
    [InlineData(4_097)]
    public void Create_WithAModelNameOfNoLength_Throws(int length)
    {
        using var work = new ShardWork(pictures: 1);

        Assert.Throws<ArgumentOutOfRangeException>(() => work.Plan(options: new() { ModelName = new string('n', length) }));
    }

    // Rows of a long file belong to several shards, and a shard may have rows of several files.
    [Fact]
    public void List_CutsFilesOfManyRows()
    {
        using var work = new ShardWork();
        ShardInputFile[] files = [new("a.tar", 10, 1, 7), new("empty.tar", 10, 1, 0), new("b.tar", 20, 2, 1, "a caption"), new("c.tar", 3000, 3, 12, Marks: [512, 1024])];
        string path = work.Write("list", "");
        IReadOnlyList<PlanShard> shards;
        using (var stream = File.Create(path))
        {
            (shards, long count, long rows) = PlanList.Write(stream, files, 5, progress: null, CancellationToken.None);
            Assert.Equal((3, 20), (count, rows));
        }

        var parts = shards.Select((s, i) => string.Join(' ', PlanList.Read(path, s, i).Select(p => $"{p.File.Name}:{p.First}+{p.Count}")));
        Assert.Equal(["a.tar:0+5", "a.tar:5+2 b.tar:0+1 c.tar:0+2", "c.tar:2+5", "c.tar:7+5"], parts);
        var read = PlanList.Read(path, shards[1], 1).Select(p => p.File).ToArray();
        Assert.Equal(files[2], read[1]);
        Assert.Equal(files[3].Marks, read[2].Marks);
    }
}
