using System.Diagnostics;
using System.Globalization;
using System.Text.Json;

namespace Microsoft.ML.Clip.Tests;

/// <summary>What only a process has: signals, pipes, and how long it takes to begin.</summary>
public sealed class ProcessTests : IDisposable
{
    private readonly TemporaryDirectory _directory = new();

    public void Dispose() => _directory.Dispose();

    [Fact]
    public async Task Embed_OnSigterm_DropsTheShardAndEndsWith75()
    {
        Assert.SkipWhen(OperatingSystem.IsWindows(), "Windows has no SIGTERM.");
        // Far more rows than there is time for.
        string list = _directory.Write("list.txt", string.Concat(Enumerable.Repeat("cat.png\n", 200_000)));
        _directory.Copy(ToolRun.Photograph("cat.png"), "cat.png");
        ToolRun.Of("embed", "plan", list, "--out", _directory.Combine("job"), "--rows", "200000", "--model", "tiny").Expect(0);

        using var process = ToolProcess.Start("embed", "run", "--plan", _directory.Combine("job"), "--progress", "0.1", "--model", "tiny");
        var output = process.StandardOutput.ReadToEndAsync(TestContext.Current.CancellationToken);
        string first = (await process.StandardError.ReadLineAsync(TestContext.Current.CancellationToken))!;
        ToolProcess.Terminate(process);
        string rest = await process.StandardError.ReadToEndAsync(TestContext.Current.CancellationToken);
        Assert.True(process.WaitForExit(TimeSpan.FromSeconds(30)), "it went on for half a minute after SIGTERM");

        Assert.Equal(200_000, JsonDocument.Parse(first).RootElement.GetProperty("rows").GetInt32());
        Assert.Equal(ExitCode.Stopped, process.ExitCode);
        Assert.Equal("mlclip: stopped.", rest.Split('\n', StringSplitOptions.RemoveEmptyEntries)[^1]);
        Assert.Equal("", await output);
        var status = ToolRun.Of("embed", "status", "--plan", _directory.Combine("job"), "--json").Expect(ExitCode.Retry).Json;
        Assert.Equal("0", status.GetProperty("array").GetString());
        Assert.Empty(Directory.EnumerateFiles(_directory.Combine("job/tmp")));
    }

    [Fact]
    public void Output_WhoseReaderHasGone_EndsTheCommandInSilence()
    {
        Assert.SkipWhen(OperatingSystem.IsWindows(), "head is a program of Unix.");
        string folder = Directory.CreateDirectory(_directory.Combine("pictures")).FullName;
        for (int i = 0; i < 100; i++)
        {
            File.Copy(ToolRun.Photograph("cat.png"), Path.Combine(folder, $"{i}.png"));
        }

        var (code, output, error) = Processes.Run("bash", ["-c", $"dotnet '{ToolProcess.Library}' classify '{folder}' --labels cat,dog --model tiny | head -1; exit ${{PIPESTATUS[0]}}"]);

        Assert.Equal((0, ""), (code, error));
        Assert.Single(output.Split('\n', StringSplitOptions.RemoveEmptyEntries));
    }

    // A scheduler goes by the code: 0 would say that all shards are done.
    [Fact]
    public void Embed_WhoseReaderHasGone_EndsWith1()
    {
        Assert.SkipWhen(OperatingSystem.IsWindows(), "bash is a program of Unix.");
        ToolRun.Of("embed", "plan", ToolRun.Photographs, "--out", _directory.Combine("job"), "--rows", "2", "--model", "tiny").Expect(0);

        var (code, _, error) = Processes.Run("bash", ["-c", $"dotnet '{ToolProcess.Library}' embed run --plan '{_directory.Combine("job")}' --model tiny | true; exit ${{PIPESTATUS[0]}}"]);

        int status = Processes.Run("bash", ["-c", $"dotnet '{ToolProcess.Library}' embed status --plan '{_directory.Combine("job")}' | true; exit ${{PIPESTATUS[0]}}"]).Code;

        Assert.Equal(ExitCode.Retry, status);
        Assert.Equal((ExitCode.Retry, "mlclip: nobody reads the results any more; shards may be left."), (code, error.Trim()));
    }

    // As Windows' programs write texts; it is no part of the first line.
    [Theory]
    [InlineData(@"\xef\xbb\xbf1\n")]
    [InlineData(@"\xff\xfe1\x00\n\x00")]
    public void Stdin_WithAByteOrderMark_IsReadWithoutIt(string bytes)
    {
        Assert.SkipWhen(OperatingSystem.IsWindows(), "bash is a program of Unix.");
        ToolRun.Of("embed", "plan", ToolRun.Photographs, "--out", _directory.Combine("job"), "--rows", "3", "--model", "tiny").Expect(0);

        var (code, output, _) = Processes.Run("bash", ["-c", $"printf '{bytes}' | dotnet '{ToolProcess.Library}' embed run --plan '{_directory.Combine("job")}' --stdin"]);

        Assert.True(code == 0, output);
        Assert.Contains("\"shard\":1,\"state\":\"done\"", output, StringComparison.Ordinal);
    }

    [Fact]
    public void Error_WhereItCannotBeWritten_StillHasItsCode()
    {
        Assert.SkipUnless(OperatingSystem.IsLinux(), "/dev/full is a device of Linux.");

        var (code, output, _) = Processes.Run("bash", ["-c", $"dotnet '{ToolProcess.Library}' embed status --plan nowhere 2>/dev/full"]);

        Assert.Equal((ExitCode.BadInput, ""), (code, output));
    }

    // Half a second is the aim, for a release; here it is a debug build, beside whatever else the machine does. The least of three is the one that was not
    // disturbed.
    [Fact]
    public void Info_BeginsAndEndsWithinASecondOfTheProcessor()
    {
        Assert.SkipWhen(OperatingSystem.IsWindows(), "It is bash that tells the time of the processor.");
        double least = Enumerable.Range(0, 3).Min(_ =>
        {
            var (code, output, error) = Processes.Run("bash", ["-c", $"TIMEFORMAT='%U %S'; time dotnet '{ToolProcess.Library}' info tiny"]);
            Assert.Equal(0, code);
            Assert.Contains("family\tCLIP", output, StringComparison.Ordinal);
            return error.Split(' ').Sum(t => double.Parse(t, CultureInfo.InvariantCulture));
        });

        Assert.InRange(least, 0, 1);
    }

    [Fact]
    public void Version_IsThatOfTheBuild()
    {
        var run = ToolProcess.Run(null, "--version").Expect(0);

        Assert.Equal(FileVersionInfo.GetVersionInfo(ToolProcess.Library).ProductVersion, run.Out.Trim());
    }
}
