using System.Text.Json.Nodes;

namespace Microsoft.ML.Clip.Tests;

public sealed class StatusTests
{
    [Theory]
    [InlineData("", new int[0])]
    [InlineData("3", new[] { 3 })]
    [InlineData("3,7-9", new[] { 3, 7, 8, 9 })]
    [InlineData("0-1,3-4,6", new[] { 0, 1, 3, 4, 6 })]
    public void ToArrayExpression_IsSlurms(string expected, int[] shards) => Assert.Equal(expected, ClipShardStatus.ToArrayExpression(shards));

    [Fact]
    public void GetStatus_OfANewPlan_MissesAll()
    {
        using var work = new ShardWork(pictures: 10);

        var status = work.PlanWithoutModel().GetStatus(verify: true);

        Assert.Equal("0-2", status.ArrayExpression);
        Assert.Equal([0, 1, 2], status.Missing);
        Assert.False(status.IsComplete);
    }

    // Whatever workers began, in whatever order, and wherever they were killed: what is done is exactly what got to its marker, and in the end the merge is
    // that of one run.
    [Theory]
    [InlineData(1)]
    [InlineData(2)]
    [InlineData(3)]
    public void GetStatus_AfterAnythingThatMayHappen_SaysWhatIsDone(int seed)
    {
        using var work = new ShardWork(pictures: 60);
        var plan = work.PlanWithoutModel(rowsPerShard: 2);
        var worker = new FakeWorker(plan);
        var random = new Random(seed);
        var done = new HashSet<int>();

        for (int i = 0; i < 60; i++)
        {
            int shard = random.Next(plan.ShardCount);
            var step = (FakeWorker.Step)random.Next(5);
            worker.Run(shard, step);
            if (step == FakeWorker.Step.Done)
            {
                done.Add(shard);
            }
            if (i % 10 == 9)
            {
                var status = plan.GetStatus(verify: true);
                Assert.Equal(done.Order(), status.Done);
                Assert.Equal(Enumerable.Range(0, 30).Except(done), status.Remaining);
                Assert.Equal(2 * done.Count, status.Rows);
                Assert.Empty(status.Damaged);
                Assert.Empty(status.Foreign);
            }
        }
        var error = Assert.Throws<ClipShardException>(() => plan.Merge(work.Combine("merged")));
        Assert.Equal(ClipShardProblem.Incomplete, error.Problem);
        Assert.True(error.IsTransient);
        Assert.False(Directory.Exists(work.Combine("merged")));
        foreach (int shard in plan.GetStatus().Remaining)
        {
            worker.Run(shard, FakeWorker.Step.Done);
        }
        plan.Merge(work.Combine("merged"));

        using var one = new ShardWork(pictures: 60);
        var single = one.PlanWithoutModel(rowsPerShard: 2);
        for (int shard = 0; shard < single.ShardCount; shard++)
        {
            new FakeWorker(single).Run(shard, FakeWorker.Step.Done);
        }
        single.Merge(one.Combine("merged"));
        Assert.Equal(SmallPictures.Content(one.Combine("merged")), SmallPictures.Content(work.Combine("merged")));
    }

    // Two machines whose last bits differ; the second was killed before its marker.
    [Fact]
    public void GetStatus_NamesShardsThatWereComputedTwice()
    {
        using var work = new ShardWork(pictures: 8);
        var plan = work.PlanWithoutModel();
        new FakeWorker(plan).Run(1, FakeWorker.Step.Moved, noise: 0.25f);
        Assert.Empty(plan.GetStatus().Duplicates);

        new FakeWorker(plan).Run(1, FakeWorker.Step.Done);

        var status = plan.GetStatus(verify: true);
        Assert.Equal([1], status.Duplicates);
        Assert.Equal([1], status.Done);
        Assert.Empty(status.Damaged);
    }

    [Fact]
    public void GetStatus_NamesWhatIsNotThePlans()
    {
        using var work = new ShardWork(pictures: 8);
        var plan = work.PlanWithoutModel();
        work.Write("out/data/000009.0123456789abcdef.img.npy", "of a plan with more shards");
        work.Write("out/done/notes.txt", "of somebody");

        Assert.Equal(["done/notes.txt", "data/000009.0123456789abcdef.img.npy"], plan.GetStatus().Foreign);
    }

    public static TheoryData<string, string> Changes => new()
    {
        { "format", "\"other\"" },
        { "plan", "\"another\"" },
        { "model", "\"another\"" },
        { "shard", "1" },
        { "rows", "5" },
        { "failedRows", "-1" },
        { "seconds", "null" },
        { "files", "[]" },
        { "files", "[null,null]" },
        { "files", "[{\"name\":\"../../etc/passwd\",\"bytes\":1,\"sha256\":\"../../../../../../../../../../../../../../../../../../../../../../..\"}]" },
    };

    [Theory, MemberData(nameof(Changes))]
    public async Task Marker_ThatCannotBeRight_IsAnErrorUntilItIsRedone(string property, string value)
    {
        using var work = new ShardWork(pictures: 4);
        var plan = work.Plan();
        await ShardWork.Run(plan);
        string path = plan.Layout.Marker(0);
        var json = JsonNode.Parse(File.ReadAllText(path))!.AsObject();
        json[property] = JsonNode.Parse(value);
        File.WriteAllText(path, json.ToJsonString());

        await RequireDamaged(work, plan, verify: false, path);
    }

    [Theory]
    [InlineData("")]
    [InlineData("null")]
    [InlineData("[")]
    [InlineData("{}")]
    public async Task Marker_ThatIsNone_IsAnErrorUntilItIsRedone(string text)
    {
        using var work = new ShardWork(pictures: 4);
        var plan = work.Plan();
        await ShardWork.Run(plan);
        File.WriteAllText(plan.Layout.Marker(0), text);

        await RequireDamaged(work, plan, verify: false, plan.Layout.Marker(0));
    }

    [Theory]
    [InlineData(ShardLayout.Images, "gone")]
    [InlineData(ShardLayout.Metadata, "shorter")]
    [InlineData(ShardLayout.Images, "changed")]
    [InlineData(ShardLayout.Metadata, "changed")]
    public async Task Results_ThatAreNotTheMarkers_AreAnErrorUntilTheyAreRedone(string kind, string change)
    {
        using var work = new ShardWork(pictures: 4);
        var plan = work.Plan();
        await ShardWork.Run(plan);
        string name = MarkerFile.Read(plan, 0)!.File(kind).Name, path = Path.Combine(work.Output, name);
        byte[] bytes = File.ReadAllBytes(path);
        File.Delete(path);
        bytes[^3] ^= 1;
        if (change != "gone")
        {
            File.WriteAllBytes(path, change == "shorter" ? bytes[..^1] : bytes);
        }

        await RequireDamaged(work, plan, verify: change == "changed", name);
    }

    private static async Task RequireDamaged(ShardWork work, ClipShardPlan plan, bool verify, string named)
    {
        var status = plan.GetStatus(verify);
        Assert.Equal([0], status.Damaged);
        Assert.Empty(status.Done);
        // To submit it again would give the same error, or pass over it.
        Assert.Equal(([0], ""), (status.Remaining, status.ArrayExpression), (a, b) => a.Item1.SequenceEqual(b.Item1) && a.Item2 == b.Item2);
        Assert.Contains(named, status.Failures.Single().Message, StringComparison.Ordinal);
        var error = await Assert.ThrowsAsync<ClipShardException>(() => new ClipShardWorker(ShardWork.Clip, new() { VerifyDone = verify }).RunAsync(plan, 0));
        Assert.Equal((ClipShardProblem.Marker, 0, false), (error.Problem, error.Shard, error.IsTransient));
        Assert.Contains(named, error.Message, StringComparison.Ordinal);
        var merge = Assert.Throws<ClipShardException>(() => plan.Merge(work.Combine("merged")));
        Assert.True(merge.Problem is ClipShardProblem.Incomplete or ClipShardProblem.Marker, merge.ToString());
        Assert.False(Directory.Exists(work.Combine("merged")));

        var redone = (await ShardWork.Run(plan, new() { Redo = true }))[0];

        Assert.False(redone.IsSkipped);
        Assert.True(plan.GetStatus(verify: true).IsComplete);
    }
}
