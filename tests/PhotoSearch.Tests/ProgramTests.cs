using System.Collections.Concurrent;
using System.Diagnostics;
using System.Globalization;
using System.Net.Http.Json;
using System.Text.Json;
using System.Text.RegularExpressions;

namespace PhotoSearch.Tests;

/// <summary>The program in a process of its own, as it is started, and as it is killed.</summary>
public sealed partial class ProgramTests : IDisposable
{
    private static readonly TimeSpan Patience = TimeSpan.FromSeconds(60);

    private readonly Album _album = new();
    private readonly ConcurrentQueue<string> _output = new();

    public void Dispose() => _album.Dispose();

    [Fact]
    public async Task Run_KilledInTheMiddle_GoesOnWhereItWas()
    {
        _album.Draw(300);
        int read;
        using (var first = Start())
        {
            var address = await AddressOf();
            read = (await UntilAsync(address, status => status.Photographs >= 64)).Photographs;
            first.Kill();
            await first.WaitForExitAsync();
        }
        Assert.InRange(read, 64, 299);

        using var again = Start();
        try
        {
            var status = await UntilAsync(await AddressOf(), s => s.Photographs == 300 && s.Stage == "ready");
            Assert.Equal(0, status.Unreadable);
            string output = await OutputUntil("Reading done");
            var known = Known().Match(output);
            Assert.InRange(int.Parse(known.Groups[1].Value, CultureInfo.InvariantCulture), read, 299);
        }
        finally
        {
            again.Kill();
            await again.WaitForExitAsync();
        }
    }

    [Fact]
    public async Task Run_ModelByItsNameOnAHub_IsDownloadedOnce()
    {
        _album.WithSamples();
        string[] names = [.. Directory.GetFiles(RunningSite.ModelFolder, "*", SearchOption.AllDirectories)];
        using var hub = new TestHub(names.ToDictionary(f => Path.GetRelativePath(RunningSite.ModelFolder, f).Replace('\\', '/'), File.ReadAllBytes));
        var environment = new Dictionary<string, string?>
        {
            ["HF_ENDPOINT"] = hub.Endpoint,
            ["HF_HUB_CACHE"] = _album.Outside,
            ["HF_HUB_DISABLE_IMPLICIT_TOKEN"] = "1",
            ["HF_HUB_OFFLINE"] = null,
            ["TRANSFORMERS_OFFLINE"] = null,
            ["NO_PROXY"] = "127.0.0.1",
        };

        foreach (bool isFirst in (bool[])[true, false])
        {
            // Without the hub what has come is enough.
            environment["HF_HUB_OFFLINE"] = isFirst ? null : "1";
            using var process = Start(TestHub.Id, environment);
            try
            {
                var status = await UntilAsync(await AddressOf(), s => s.Photographs == 6 && s.Stage == "ready");
                Assert.Equal(TestHub.Id, status.Model);
            }
            finally
            {
                process.Kill();
                await process.WaitForExitAsync();
            }
        }

        Assert.Equal(hub.Files.Where(f => f.Key != "README.md" && hub.IsLarge(f.Key)).Sum(f => f.Value.Length), hub.Cdn.BytesSent);
    }

    [Theory]
    [InlineData("There is no folder", "nowhere-at-all")]
    [InlineData("is no address", "--listen", "elsewhere")]
    [InlineData("nowhere-at-all", "--model", "nowhere-at-all")]
    [InlineData("--nonsense", "--nonsense")]
    [InlineData("There is no port 65536", "--port", "65536")]
    [InlineData("Cannot listen on 203.0.113.5", "--listen", "203.0.113.5", "--port", "5999", "--model", "TINY")]
    [InlineData("already", "--data", "FILE", "--model", "TINY")]
    [InlineData("not a database", "--data", "GARBAGE", "--model", "TINY")]
    public async Task Run_BadArguments_SaysSoAndFails(string expected, params string[] arguments)
    {
        string garbage = Directory.CreateDirectory(_album.Data).FullName, file = Path.Combine(garbage, "photographs.db");
        File.WriteAllText(file, new string('x', 5000));
        arguments = [.. arguments.Select(a => a == "TINY" ? RunningSite.ModelFolder : a == "FILE" ? file : a == "GARBAGE" ? garbage : a)];
        var start = new ProcessStartInfo("dotnet", [BuildFacts.PhotoSearch, .. arguments]) { RedirectStandardError = true, RedirectStandardOutput = true };
        using var process = Process.Start(start)!;
        string error = await process.StandardError.ReadToEndAsync();
        await process.WaitForExitAsync();

        Assert.Equal(2, process.ExitCode);
        Assert.Contains(expected, error, StringComparison.Ordinal);
        Assert.DoesNotContain("   at ", error, StringComparison.Ordinal);
    }

    private static async Task<StatusAnswer> UntilAsync(Uri address, Func<StatusAnswer, bool> isSo)
    {
        using var client = new HttpClient { BaseAddress = address };
        StatusAnswer? last = null;
        for (var end = DateTime.UtcNow + Patience; DateTime.UtcNow < end; await Task.Delay(20))
        {
            last = await client.GetFromJsonAsync<StatusAnswer>(new Uri("/api/status", UriKind.Relative), JsonSerializerOptions.Web);
            if (isSo(last!))
            {
                return last!;
            }
        }
        Assert.Fail($"It did not come to that within {Patience}; the last was {last}.");
        return last!;
    }

    private async Task<Uri> AddressOf() => new(Address().Match(await OutputUntil("Ctrl+C ends it")).Groups[1].Value);

    private async Task<string> OutputUntil(string text)
    {
        for (var end = DateTime.UtcNow + Patience; DateTime.UtcNow < end; await Task.Delay(20))
        {
            string output = string.Join('\n', _output);
            if (output.Contains(text, StringComparison.Ordinal))
            {
                return output;
            }
        }
        throw new TimeoutException($"It never said '{text}': {string.Join('\n', _output)}");
    }

    private Process Start(string? model = null, IReadOnlyDictionary<string, string?>? environment = null)
    {
        _output.Clear();
        string[] arguments = [BuildFacts.PhotoSearch, _album.Folder, "--model", model ?? RunningSite.ModelFolder, "--data", _album.Data, "--port", "0"];
        var start = new ProcessStartInfo("dotnet", arguments) { RedirectStandardOutput = true };
        foreach (var (name, value) in environment ?? new Dictionary<string, string?>())
        {
            start.Environment[name] = value;
        }
        var process = Process.Start(start)!;
        process.OutputDataReceived += (_, line) => _output.Enqueue(line.Data ?? "");
        process.BeginOutputReadLine();
        return process;
    }

    [GeneratedRegex(@" at (http://127\.0\.0\.1:\d+)")]
    private static partial Regex Address();

    [GeneratedRegex(@"(\d+) photographs are known")]
    private static partial Regex Known();
}
