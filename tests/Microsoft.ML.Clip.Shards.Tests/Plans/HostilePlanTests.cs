using System.Security.Cryptography;
using System.Text;
using System.Text.Json;
using System.Text.Json.Nodes;

namespace Microsoft.ML.Clip.Tests;

/// <summary>plan.json comes from a shared disk: whatever is in it, it ends in an error that says what is wrong with it.</summary>
public sealed class HostilePlanTests
{
    public static TheoryData<string, string> Changes => new()
    {
        { "format", "\"clip-shards/2\"" },
        { "rows", "7" },
        { "rows", "-1" },
        { "rows", "1e30" },
        { "shards", "[]" },
        { "shards", "null" },
        { "shards", "[null]" },
        { "shards", "[{\"first\":0,\"rows\":6,\"skip\":0,\"offset\":9223372036854775807,\"length\":2147483647,\"sha256\":\"\"}]" },
        { "model", "{\"hash\":\"\",\"dimension\":0}" },
        { "model", "\"a\"" },
        { "model", "{\"hash\":\"a\",\"dimension\":8,\"name\":\"\"}" },
        { "model", $"{{\"hash\":\"a\",\"dimension\":8,\"variant\":\"{new string('v', 5_000)}\"}}" },
        { "fingerprint", "\"0\"" },
        { "unknown", "1" },
        { "options", "{\"rowsPerShard\":0,\"batchSize\":16,\"half\":true,\"normalize\":true,\"texts\":false,\"checkTimes\":true}" },
        { "inputs", "{\"kind\":\"folder\",\"location\":\"/etc\",\"settings\":{},\"files\":0}" },
    };

    [Theory, MemberData(nameof(Changes))]
    public void Load_OfAChangedPlan_Throws(string property, string value)
    {
        using var work = new ShardWork(pictures: 6);
        string path = Path.Combine(work.PlanWithoutModel().OutputDirectory, "plan.json");
        var json = JsonNode.Parse(File.ReadAllText(path))!.AsObject();
        json[property] = JsonNode.Parse(value);
        File.WriteAllText(path, json.ToJsonString());

        var error = Assert.Throws<ClipShardException>(() => ClipShardPlan.Load(path));

        Assert.Equal(ClipShardProblem.Plan, error.Problem);
        Assert.Contains(path, error.Message, StringComparison.Ordinal);
    }

    [Theory]
    [InlineData("")]
    [InlineData("{")]
    [InlineData("null")]
    [InlineData("[]")]
    [InlineData("{\"format\":\"clip-shards/1\",\"format\":\"clip-shards/1\"}")]
    public void Load_OfSomethingElse_Throws(string text)
    {
        using var work = new ShardWork();

        Assert.Equal(ClipShardProblem.Plan, Assert.Throws<ClipShardException>(() => ClipShardPlan.Load(work.Write("plan.json", text))).Problem);
    }

    [Fact]
    public void Load_OfDeepJson_Throws()
    {
        using var work = new ShardWork();
        string path = work.Write("plan.json", new string('[', 100_000));

        Assert.Equal(ClipShardProblem.Plan, Assert.Throws<ClipShardException>(() => ClipShardPlan.Load(path)).Problem);
    }

    [Fact]
    public void Load_OfNothing_SaysSo()
    {
        using var work = new ShardWork();

        var error = Assert.Throws<ClipShardException>(() => ClipShardPlan.Load(work.Combine("plan.json")));

        Assert.Equal(ClipShardProblem.Plan, error.Problem);
        Assert.Contains("There is no plan", error.Message, StringComparison.Ordinal);
    }

    // The list is not in the fingerprint but by its hashes.
    [Fact]
    public async Task Run_OfAChangedList_Throws()
    {
        using var work = new ShardWork(pictures: 6);
        var plan = work.Plan();
        string list = Path.Combine(work.Output, "plan.inputs.jsonl"), text = File.ReadAllText(list);

        foreach (string changed in (string[])[text.Replace("0001", "0002", StringComparison.Ordinal), text[..20], ""])
        {
            File.WriteAllText(list, changed);
            var error = await Assert.ThrowsAsync<ClipShardException>(() => new ClipShardWorker(ShardWork.Clip).RunAsync(plan, 0));
            Assert.True(error is { Problem: ClipShardProblem.Plan, Shard: 0 }, error.ToString());
        }
    }

    // A plan that somebody has made with care, hashes and all, leads nowhere either.
    [Theory]
    [InlineData("../outside.bmp")]
    [InlineData("/etc/passwd")]
    [InlineData("0/../../outside.bmp")]
    public async Task Run_OfAPlanThatLeadsOut_Throws(string name)
    {
        using var work = new ShardWork(pictures: 1);
        var plan = work.Plan();
        File.Copy(Path.Combine(work.Pictures, "0/0000.bmp"), work.Combine("outside.bmp"));
        var file = new FileInfo(name[0] == '/' ? name : work.Combine("outside.bmp"));
        long time = file.Exists ? new DateTimeOffset(file.LastWriteTimeUtc).ToUnixTimeMilliseconds() : 0;
        var entry = new PlanLine(name, file.Exists ? file.Length : 0, time);
        byte[] line = Encoding.UTF8.GetBytes(JsonSerializer.Serialize(entry, ShardJson.Default.PlanLine) + "\n");
        File.WriteAllBytes(Path.Combine(work.Output, PlanList.Name), line);
        var document = PlanFile.Read(Path.Combine(work.Output, PlanFile.Name));
        document = document with { Shards = [document.Shards[0] with { Length = line.Length, Sha256 = Convert.ToHexStringLower(SHA256.HashData(line)) }] };
        PlanFile.Write(Path.Combine(work.Output, PlanFile.Name), document with { Fingerprint = document.ComputeFingerprint() });

        var changed = ClipShardPlan.Load(plan.OutputDirectory);
        var error = await Assert.ThrowsAsync<ClipShardException>(() => new ClipShardWorker(ShardWork.Clip).RunAsync(changed, 0));

        Assert.False(error.IsTransient, error.ToString());
        Assert.Contains(name, error.Message, StringComparison.Ordinal);
    }
}
