namespace Microsoft.ML.Clip.Tests;

/// <summary>The commands of the cache, against a hub on this machine. Where that is says the environment, and so they run as processes.</summary>
public sealed class ModelsCommandTests : IDisposable
{
    private readonly TemporaryDirectory _directory = new();

    public void Dispose() => _directory.Dispose();

    [Fact]
    public void Commands_OfTheCache_DownloadListVerifyUseAndRemove()
    {
        string tiny = Path.Combine(BuildFacts.RepositoryRoot, "samples", "models", "tiny-clip");
        using var hub = new TestHub(Directory.GetFiles(tiny, "*", SearchOption.AllDirectories)
            .ToDictionary(f => Path.GetRelativePath(tiny, f).Replace('\\', '/'), File.ReadAllBytes));
        var environment = new Dictionary<string, string?> { ["HF_ENDPOINT"] = hub.Endpoint, ["HF_HUB_CACHE"] = _directory.Combine("cache"), ["HF_TOKEN"] = "" };

        var empty = ToolProcess.Run(environment, "models", "list").Expect(0);
        Assert.Equal("", empty.Out);
        Assert.Contains("models download", empty.Error, StringComparison.Ordinal);

        var downloaded = ToolProcess.Run(environment, "models", "download", TestHub.Id, "--json").Expect(0);
        Assert.Contains($"downloading {TestHub.Id}", downloaded.Error, StringComparison.Ordinal);
        Assert.Equal(TestHub.Id, downloaded.Json.GetProperty("id").GetString());
        Assert.Equal(TestHub.Commit, ToolProcess.Run(environment, "models", "list", "--json").Expect(0).Json.GetProperty("commit").GetString());
        ToolProcess.Run(environment, "models", "verify").Expect(0);

        // A model by its id, and without a hub.
        environment["HF_HUB_OFFLINE"] = "1";
        Assert.Contains("\tdog\t", ToolProcess.Run(environment, "classify", ToolRun.Photograph("dog.jpg"), "--labels", "dog,koala", "--model", TestHub.Id).Expect(0).Out, StringComparison.Ordinal);
        Assert.Equal("CLIP", ToolProcess.Run(environment, "info", TestHub.Id, "--json").Expect(0).Json.GetProperty("family").GetString());

        string file = Path.Combine(downloaded.Json.GetProperty("directory").GetString()!, "onnx", "text_model.onnx");
        byte[] bytes = File.ReadAllBytes(file);
        bytes[1000] ^= 1;
        File.WriteAllBytes(file, bytes);
        Assert.Equal("onnx/text_model.onnx", ToolProcess.Run(environment, "models", "verify", TestHub.Id, "--json").Expect(ExitCode.Retry).Json.GetProperty("file").GetString());

        Assert.True(ToolProcess.Run(environment, "models", "remove", TestHub.Id, "--json").Expect(0).Json.GetProperty("freedBytes").GetInt64() > 4_000_000);
        Assert.Contains("not in the cache", ToolProcess.Run(environment, "models", "remove", TestHub.Id).Expect(ExitCode.BadInput).Error, StringComparison.Ordinal);
    }

    [Fact]
    public void Default_WithoutANetwork_SaysWhatToDo()
    {
        var environment = new Dictionary<string, string?> { ["HF_HUB_CACHE"] = _directory.Combine("cache"), ["HF_HUB_OFFLINE"] = "1", [ModelChoice.Variable] = null };

        string error = ToolProcess.Run(environment, "classify", ToolRun.Photographs, "--labels", "cat,dog").Expect(ExitCode.BadInput).Error;

        Assert.Contains(ModelChoice.DefaultId, error, StringComparison.Ordinal);
        Assert.Contains("--model tiny", error, StringComparison.Ordinal);
    }

    [Fact]
    public void Default_ThatTheEnvironmentNames_IsTaken()
    {
        var environment = new Dictionary<string, string?> { [ModelChoice.Variable] = ModelChoice.Tiny };

        ToolProcess.Run(environment, "classify", ToolRun.Photograph("dog.jpg"), "--labels", "dog,koala").Expect(0);
    }
}
