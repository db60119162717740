namespace Microsoft.ML.Clip.Tests;

/// <summary>Hugging Face's Python library on the same hub and the same cache, where there is one: <c>python3 -c "import huggingface_hub"</c>.</summary>
public sealed class PythonTests : HubFixture
{
    private static readonly Lazy<string?> WhyNot = new(() =>
    {
        try
        {
            var (code, _, error) = Processes.Run("python3", ["-c", "import huggingface_hub._tree_cache"]);
            return code == 0 ? null : $"python3 has no huggingface_hub of 2026 or later: {error.Split('\n', StringSplitOptions.RemoveEmptyEntries).LastOrDefault()}";
        }
        catch (System.ComponentModel.Win32Exception)
        {
            return "there is no python3";
        }
    });

    [Fact]
    public void Snapshot_OfPython_HasTheSameTree()
    {
        var hub = Start(new TestHub(ModelFiles()));
        string ours = Directory.Combine("ours"), theirs = Directory.Combine("theirs");

        Python(hub, theirs, "snapshot_download('tests/tiny-clip')");
        Fetch(hub, options: hub.Options(ours));

        Assert.Equal(Tree(theirs), Tree(ours));
    }

    [Fact]
    public void Snapshot_OfPython_LoadsHereWithoutARequest()
    {
        var hub = Start(new TestHub(ModelFiles()));
        Python(hub, CacheFolder, "snapshot_download('tests/tiny-clip')");
        int before = hub.RequestCount;

        using var offline = Load(hub, hub.Options(CacheFolder) with { Offline = true });
        using var pinned = Load(hub, hub.Options(CacheFolder) with { Revision = TestHub.Commit });

        Assert.Equal(before, hub.RequestCount);
        Assert.Empty(new ClipHub(hub.Options(CacheFolder)).Verify(TestHub.Id));
    }

    [Fact]
    public void Snapshot_OfOurs_IsFoundByPythonWithoutARequest()
    {
        var hub = Start(new TestHub(ModelFiles()));
        Fetch(hub);
        int before = hub.RequestCount;

        string output = Python(hub, CacheFolder, "print(snapshot_download('tests/tiny-clip', local_files_only=True)); print(scan_cache_dir(CACHE).warnings)", offline: true);

        Assert.Equal([CachePath($"snapshots/{TestHub.Commit}"), "[]"], output.Split('\n', StringSplitOptions.RemoveEmptyEntries));
        Assert.Equal(before, hub.RequestCount);
    }

    private static string Python(TestHub hub, string cache, string code, bool offline = false)
    {
        Assert.SkipWhen(WhyNot.Value is not null, WhyNot.Value ?? "");
        var (exit, output, error) = Processes.Run("python3", ["-c", $"from huggingface_hub import snapshot_download, scan_cache_dir\nCACHE = '{cache}'\n{code}"],
            environment: new Dictionary<string, string?>
            {
                ["HF_ENDPOINT"] = hub.Endpoint,
                ["HF_HUB_CACHE"] = cache,
                ["HF_HUB_DISABLE_XET"] = "1",
                ["HF_HUB_DISABLE_PROGRESS_BARS"] = "1",
                ["HF_HUB_DISABLE_TELEMETRY"] = "1",
                ["HF_HUB_OFFLINE"] = offline ? "1" : "0",
                ["NO_PROXY"] = "127.0.0.1",
            });
        Assert.True(exit == 0, error);
        return output;
    }

    /// <summary>Names, links and contents; without locks, which versions of filelock leave or remove.</summary>
    private static string[] Tree(string cache) => [.. System.IO.Directory.GetFiles(cache, "*", SearchOption.AllDirectories)
        .Select(f => (Name: Path.GetRelativePath(cache, f), File: new FileInfo(f))).Where(f => !f.Name.StartsWith(".locks", StringComparison.Ordinal))
        .OrderBy(f => f.Name, StringComparer.Ordinal).Select(f => $"{f.Name} {f.File.LinkTarget} {TestHub.Sha256(File.ReadAllBytes(f.File.FullName))}")];
}
