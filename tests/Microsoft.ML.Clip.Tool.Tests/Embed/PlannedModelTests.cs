using System.Text.Json.Nodes;

namespace Microsoft.ML.Clip.Tests;

/// <summary>Which model a worker takes: the plan says so, and none is downloaded to find out that it is another one.</summary>
public sealed class PlannedModelTests : IDisposable
{
    private readonly TemporaryDirectory _directory = new();
    private readonly TestHub _hub;
    private readonly Dictionary<string, string?> _environment;

    public PlannedModelTests()
    {
        string tiny = Path.Combine(BuildFacts.RepositoryRoot, "samples", "models", "tiny-clip");
        _hub = new TestHub(Directory.GetFiles(tiny, "*", SearchOption.AllDirectories)
            .ToDictionary(f => Path.GetRelativePath(tiny, f).Replace('\\', '/'), File.ReadAllBytes));
        _environment = new() { ["HF_ENDPOINT"] = _hub.Endpoint, ["HF_HUB_CACHE"] = _directory.Combine("cache"), ["HF_TOKEN"] = "", [ModelChoice.Variable] = null };
    }

    private string Job => _directory.Combine("job");

    public void Dispose()
    {
        _hub.Dispose();
        _directory.Dispose();
    }

    [Fact]
    public void Run_WithoutAModel_TakesThePlans()
    {
        Plan("tiny");

        Tool("embed", "run", "--plan", Job).Expect(0);

        Assert.Equal(0, _hub.RequestCount);
    }

    [Fact]
    public void Run_OfAnotherModelOfTheHub_EndsBeforeItIsDownloaded()
    {
        Plan("tiny");

        string given = Tool("embed", "run", "--plan", Job, "--model", TestHub.Id).Expect(ExitCode.BadInput).Error;
        _environment[ModelChoice.Variable] = TestHub.Id;
        string byEnvironment = Tool("embed", "run", "--plan", Job).Expect(ExitCode.BadInput).Error;

        Assert.Contains("made with the model 'tiny'", given, StringComparison.Ordinal);
        Assert.Contains("--model tiny", byEnvironment, StringComparison.Ordinal);
        Assert.Equal(0, _hub.RequestCount);
    }

    [Fact]
    public void Plan_OfAFolderWithoutPictures_EndsBeforeItsModelIsDownloaded()
    {
        _directory.Write("notes/read.me", "No picture.");

        string error = Tool("embed", "plan", _directory.Combine("notes"), "--out", Job, "--model", TestHub.Id).Expect(ExitCode.BadInput).Error;

        Assert.Contains($"There are no pictures (.jpg, .jpeg, .png, .webp, .bmp, .gif, .ico) in '{_directory.Combine("notes")}'", error, StringComparison.Ordinal);
        Assert.Equal(0, _hub.RequestCount);
    }

    [Fact]
    public void Run_OfAPlanThatSaysNothing_AsksForTheModel()
    {
        Plan("tiny");
        string plan = Path.Combine(Job, "plan.json");
        var json = JsonNode.Parse(File.ReadAllText(plan))!;
        json["model"]!.AsObject().Remove("name");
        File.WriteAllText(plan, json.ToJsonString());

        Assert.Contains("--model", Tool("embed", "run", "--plan", Job).Expect(ExitCode.BadInput).Error, StringComparison.Ordinal);
        Tool("embed", "run", "--plan", Job, "--model", "tiny").Expect(0);

        Assert.Equal(0, _hub.RequestCount);
    }

    [Fact]
    public void Run_OnAnotherMachine_DownloadsThePlansCommit()
    {
        Plan(TestHub.Id);
        Assert.Contains($"{TestHub.Id}@{TestHub.Commit}", File.ReadAllText(Path.Combine(Job, "plan.json")), StringComparison.Ordinal);
        _environment["HF_HUB_CACHE"] = _directory.Combine("elsewhere");

        string said = Tool("embed", "run", "--plan", Job, "--shard", "0").Expect(0).Error;
        Tool("embed", "run", "--plan", Job, "--model", TestHub.Id).Expect(0);

        Assert.Contains($"downloading {TestHub.Id}", said, StringComparison.Ordinal);
    }

    [Fact]
    public void Run_OfADirectoryThatIsNotThere_SaysWhichAndTakesAnother()
    {
        string tiny = Path.Combine(BuildFacts.RepositoryRoot, "samples", "models", "tiny-clip"), model = _directory.Combine("model");
        foreach (string file in Directory.GetFiles(tiny, "*", SearchOption.AllDirectories))
        {
            _directory.Copy(file, $"model/{Path.GetRelativePath(tiny, file)}");
        }
        Plan(model);
        Directory.Move(model, _directory.Combine("moved"));

        Assert.Contains($"'{model}', which is not on this machine", Tool("embed", "run", "--plan", Job).Expect(ExitCode.BadInput).Error, StringComparison.Ordinal);
        Tool("embed", "run", "--plan", Job, "--model", _directory.Combine("moved")).Expect(0);
    }

    private void Plan(string model) => Tool("embed", "plan", ToolRun.Photographs, "--out", Job, "--rows", "3", "--model", model).Expect(0);

    private ToolRun Tool(params string[] arguments) => ToolProcess.Run(_environment, arguments);
}
