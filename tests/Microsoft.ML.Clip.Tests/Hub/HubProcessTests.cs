using System.Diagnostics;
using System.Globalization;

namespace Microsoft.ML.Clip.Tests;

/// <summary>
/// samples/QuickStart with a hub's id, as a user starts it: in processes of their own, which know of the test's hub by environment variables.
/// </summary>
public sealed class HubProcessTests : HubFixture
{
    // The second bit of the mask: SIGINT. A process without the file is not Linux's.
    private static bool IgnoresInterrupts() => File.Exists("/proc/self/status")
        && File.ReadLines("/proc/self/status").FirstOrDefault(line => line.StartsWith("SigIgn:", StringComparison.Ordinal)) is { } line
        && (ulong.Parse(line["SigIgn:".Length..].Trim(), NumberStyles.HexNumber, CultureInfo.InvariantCulture) & 2) != 0;

    private static readonly TimeSpan Patience = TimeSpan.FromMinutes(2);

    [Fact]
    public void QuickStart_HubId_DownloadsWithABarAndClassifies()
    {
        var hub = Start(new TestHub(ModelFiles()));

        string output = Processes.Dotnet(Arguments(), environment: Variables(hub));

        Assert.Matches(@"100\s?% .* of .* MB, \d+ of \d+ files", output);
        Assert.Contains($"Model: {TestHub.Id}", output, StringComparison.Ordinal);
        Assert.Contains("tabby cat", output, StringComparison.Ordinal);
        AssertFetched(hub, [.. hub.Files.Keys.Where(n => n != "README.md")]);
    }

    [Fact]
    public void QuickStart_UnknownId_SaysSo()
    {
        var hub = Start(new TestHub(ModelFiles()));

        var (code, _, error) = Processes.RunDotnet([BuildFacts.QuickStart, "--model", "tests/unknown"], environment: Variables(hub));

        Assert.Equal(1, code);
        Assert.Contains("no repository 'tests/unknown'", error, StringComparison.Ordinal);
        Assert.DoesNotContain("Unhandled exception", error, StringComparison.Ordinal);
    }

    [Fact]
    public async Task QuickStart_CtrlC_NextStartGoesOn()
    {
        Assert.SkipWhen(OperatingSystem.IsWindows(), "Ctrl+C is sent by kill(1)");
        Assert.SkipWhen(IgnoresInterrupts(), "The tests were started with Ctrl+C ignored, as a shell does in the background, and so is what they start");
        var hub = Start(new TestHub(ModelFiles()));
        string large = "onnx/vision_model.onnx";
        int kept = hub.Files[large].Length / 2;
        hub.OnCdn = request => request.Path[1..] == hub.Etag(large) ? new TestReply(200, hub.Files[large]) { CutAfter = kept, Stalls = true } : null;
        using var process = StartChild(hub);
        var error = process.StandardError.ReadToEndAsync(TestContext.Current.CancellationToken);
        var output = process.StandardOutput.ReadToEndAsync(TestContext.Current.CancellationToken);
        await UntilLeftover(hub, large, kept, process);

        Processes.Run("kill", ["-INT", process.Id.ToString(CultureInfo.InvariantCulture)]);

        Assert.True(process.WaitForExit(Patience), "Ctrl+C did not end it");
        Assert.Equal(130, process.ExitCode);
        Assert.Contains("is kept", await error, StringComparison.Ordinal);
        await output;
        hub.OnCdn = _ => null;
        Processes.Dotnet(Arguments(), environment: Variables(hub));
        Assert.Equal(kept, hub.Cdn.Requests.Last(r => r.Path[1..] == hub.Etag(large)).From);
        AssertFetched(hub, large);
    }

    [Fact]
    public async Task QuickStart_Killed_NextStartGoesOn()
    {
        var hub = Start(new TestHub(ModelFiles()));
        string large = "onnx/vision_model.onnx";
        int kept = hub.Files[large].Length / 3;
        hub.OnCdn = request => request.Path[1..] == hub.Etag(large) ? new TestReply(200, hub.Files[large]) { CutAfter = kept, Stalls = true } : null;
        using var process = StartChild(hub);
        await UntilLeftover(hub, large, kept, process);

        process.Kill(entireProcessTree: true);

        await process.WaitForExitAsync(TestContext.Current.CancellationToken);
        hub.OnCdn = _ => null;
        Processes.Dotnet(Arguments(), environment: Variables(hub));
        Assert.Equal(kept, hub.Cdn.Requests.Last(r => r.Path[1..] == hub.Etag(large)).From);
        AssertFetched(hub, large);
    }

    [Fact]
    public async Task QuickStart_EightProcessesAtOnce_FetchEachFileOnce()
    {
        var hub = Start(new TestHub(ModelFiles()));

        await Task.WhenAll(Enumerable.Range(0, 8).Select(i => Task.Run(() =>
        {
            // Each saves its pipeline to a folder of its own.
            var variables = Variables(hub);
            variables["TMPDIR"] = variables["TMP"] = System.IO.Directory.CreateDirectory(Directory.Combine($"temporary-{i}")).FullName;
            Processes.Dotnet(Arguments(), environment: variables);
        })));

        AssertFetched(hub, [.. hub.Files.Keys.Where(n => n != "README.md")]);
        Assert.Equal(hub.Files.Keys.Where(n => n != "README.md" && hub.IsLarge(n)).Sum(n => hub.Files[n].Length), hub.Cdn.BytesSent);
    }

    [Fact]
    public void QuickStart_BehindAProxy_AsksTheProxy()
    {
        var hub = Start(new TestHub(ModelFiles()));
        var variables = Variables(hub);
        // A hub that only the proxy reaches.
        (variables["HF_ENDPOINT"], variables["HTTP_PROXY"], variables["http_proxy"]) = ("http://hub.invalid", hub.Endpoint, hub.Endpoint);

        Processes.Dotnet(Arguments(), environment: variables);

        AssertFetched(hub, [.. hub.Files.Keys.Where(n => n != "README.md")]);
        Assert.Contains(hub.Hub.Requests, r => r.Headers["host"] == "hub.invalid");
    }

    private static string[] Arguments() => [BuildFacts.QuickStart, "--model", TestHub.Id];

    private new Dictionary<string, string?> Variables(TestHub hub) => new()
    {
        ["HF_ENDPOINT"] = hub.Endpoint + "/",
        ["HF_HUB_CACHE"] = CacheFolder,
        ["HF_HUB_DISABLE_IMPLICIT_TOKEN"] = "1",
        ["HF_HUB_OFFLINE"] = null,
        ["TRANSFORMERS_OFFLINE"] = null,
        ["HF_HUB_DISABLE_SYMLINKS"] = null,
        ["HF_HUB_DOWNLOAD_TIMEOUT"] = "100",
        ["NO_PROXY"] = "127.0.0.1",
    };

    private Process StartChild(TestHub hub)
    {
        var start = new ProcessStartInfo("dotnet", Arguments()) { RedirectStandardOutput = true, RedirectStandardError = true };
        foreach (var (name, value) in Variables(hub))
        {
            start.Environment[name] = value;
        }
        return Process.Start(start)!;
    }

    private async Task UntilLeftover(TestHub hub, string name, int length, Process process)
    {
        string blobs = CachePath("blobs");
        while (!System.IO.Directory.Exists(blobs)
            || System.IO.Directory.GetFiles(blobs, hub.Etag(name) + "*.incomplete").Sum(f => new FileInfo(f).Length) < length)
        {
            Assert.False(process.HasExited, "it ended before it had come so far");
            await Task.Delay(20, TestContext.Current.CancellationToken);
        }
    }
}
