using k8s;
using k8s.Models;

namespace Deploy.Tests;

/// <summary>The files for Kubernetes, read into the types of its API, where a name that is none is an error.</summary>
public sealed class KubernetesTests
{
    [Theory]
    [InlineData("plan.yaml", "plan")]
    [InlineData("run.yaml", "run")]
    [InlineData("merge.yaml", "merge")]
    public void File_IsAJobThatRunsTheTool(string file, string verb)
    {
        var job = Read(file);

        Assert.Equal(("batch/v1", "Job"), (job.ApiVersion, job.Kind));
        var pod = job.Spec.Template.Spec;
        Assert.Equal("Never", pod.RestartPolicy);
        var container = Assert.Single(pod.Containers);
        Assert.Equal(["embed", verb], container.Args.Take(2));
        Assert.Equal(pod.Volumes.Select(v => v.Name), container.VolumeMounts.Select(m => m.Name));
    }

    [Fact]
    public void Run_NumbersItsWorkersAndFailsOn42()
    {
        var job = Read("run.yaml").Spec;

        Assert.Equal("Indexed", job.CompletionMode);
        var container = job.Template.Spec.Containers[0];
        // JOB_COMPLETION_INDEX is set by Kubernetes, and goes from 0 to this.
        Assert.Equal($"{job.Completions}", container.Env.Single(e => e.Name == "CLIP_WORKERS").Value);
        Assert.Null(job.BackoffLimit);
        Assert.True(job.BackoffLimitPerIndex > 0 && job.MaxFailedIndexes <= job.Completions);
        V1PodFailurePolicyRule[] rules = [.. job.PodFailurePolicy.Rules.Where(r => r.OnExitCodes is not null)];
        var codes = rules.ToDictionary(r => Assert.Single(r.OnExitCodes.Values), r => r.Action);
        Assert.Equal(new Dictionary<int, string> { [42] = "FailIndex", [75] = "Ignore" }, codes);
        Assert.All(rules, r => Assert.Equal((container.Name, "In"), (r.OnExitCodes.ContainerName, r.OnExitCodes.OperatorProperty)));
    }

    [Fact]
    public void Read_ANameThatIsNone_Throws()
    {
        string text = Text("run.yaml").Replace("backoffLimitPerIndex", "backoffLimitPerShard", StringComparison.Ordinal);

        var error = Assert.ThrowsAny<Exception>(() => KubernetesYaml.Deserialize<V1Job>(text, strict: true));

        Assert.Contains("backoffLimitPerShard", error.ToString(), StringComparison.Ordinal);
    }

    private static V1Job Read(string file) => KubernetesYaml.Deserialize<V1Job>(Text(file), strict: true);

    private static string Text(string file) => File.ReadAllText(DeployFolder.Deploy($"kubernetes/{file}"));
}
