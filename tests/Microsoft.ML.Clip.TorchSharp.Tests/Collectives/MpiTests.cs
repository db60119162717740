using System.Diagnostics;
using System.Globalization;
using System.Text.Json;

namespace Microsoft.ML.Clip.Tests;

/// <summary>
/// Ranks that are processes: <c>CLIP_MPI=mpirun dotnet test --filter FullyQualifiedName~MpiTests</c>, or another launcher with its arguments,
/// <c>CLIP_MPI="mpirun --oversubscribe"</c>. Each starts this assembly again, so many times.
/// </summary>
public sealed class MpiTests
{
    private const string Launcher = "CLIP_MPI", Folder = "CLIP_MPI_RANK_FOLDER", Pause = "CLIP_MPI_RANK_PAUSE", Late = "CLIP_MPI_RANK_LATE";
    private const int Steps = 20;

    private static readonly TimeSpan Limit = TimeSpan.FromMinutes(2);

    [Theory, InlineData(1), InlineData(2), InlineData(4)]
    public void Fit_OnProcesses_GivesLossesAndWeightsOfOneProcess(int size)
    {
        using var directory = new TemporaryDirectory();
        var alone = RankFixture.Train(0, Options(null))[0];
        var (code, output, error) = Run(size, directory);
        Assert.True(code == 0, $"exit code {code}\n{output}\n{error}");

        for (int rank = 0; rank < size; rank++)
        {
            var result = JsonSerializer.Deserialize<RankFixture.Result>(File.ReadAllText(directory.Combine($"{rank}.json")))!;
            RankFixture.AssertEqualWeights(alone, result);
            if (rank == 0)
            {
                RankFixture.AssertEqual(alone, result);
            }
        }
    }

    /// <summary>kill -9, and what the others do; then the run goes on, with another number of ranks.</summary>
    [Fact]
    public async Task Fit_WhereARankIsKilled_EndsAndResumesToTheUninterruptedResult()
    {
        using var directory = new TemporaryDirectory();
        var whole = RankFixture.Train(0, Options(null))[0];
        using var process = Start(3, directory, [(Pause, "50")]);
        var error = process.StandardError.ReadToEndAsync(TestContext.Current.CancellationToken);
        var output = process.StandardOutput.ReadToEndAsync(TestContext.Current.CancellationToken);
        var clock = Stopwatch.StartNew();
        while (!File.Exists(directory.Combine("checkpoint")) && clock.Elapsed < Limit)
        {
            Thread.Sleep(10);
        }
        int victim = int.Parse(File.ReadAllText(directory.Combine("1.pid")), CultureInfo.InvariantCulture);
        Process.GetProcessById(victim).Kill();
        Assert.True(process.WaitForExit(Limit), "The others wait for a rank that is dead.");
        Assert.NotEqual(0, process.ExitCode);
        // Open MPI: "process rank 1 with PID ... exited on signal 9 (Killed)"; MPICH: "BAD TERMINATION ... KILLED".
        string said = await error + await output;
        Assert.Contains("killed", said, StringComparison.OrdinalIgnoreCase);
        TestContext.Current.TestOutputHelper?.WriteLine(said);
        Assert.Empty(Directory.GetFiles(directory, "*.json"));

        var (code, rest, restError) = Run(2, directory);
        Assert.True(code == 0, $"exit code {code}\n{rest}\n{restError}");
        var resumed = JsonSerializer.Deserialize<RankFixture.Result>(File.ReadAllText(directory.Combine("0.json")))!;
        Assert.True(resumed.ResumedAt > 0);
        RankFixture.AssertEqualLosses(whole.Losses[resumed.ResumedAt.Value..], resumed.Losses);
        RankFixture.AssertEqualWeights(whole, resumed);
    }

    [Fact]
    public void Fit_WhereARankThrows_EndsAllWithItsMessage()
    {
        using var directory = new TemporaryDirectory();
        var (code, output, error) = Run(2, directory, ("CLIP_MPI_RANK_BAD", "1"));
        Assert.NotEqual(0, code);
        Assert.Contains("Rank 1 of 2 has ended the training: Row 7 (counted from 0), column 'Image'", output + error, StringComparison.Ordinal);
    }

    [Fact]
    public void Wait_LongerThanTheTimeout_EndsAllWithAMessage()
    {
        using var directory = new TemporaryDirectory();
        var clock = Stopwatch.StartNew();
        var (code, output, error) = Run(2, directory, (Late, "1"));
        Assert.NotEqual(0, code);
        Assert.Contains("Rank 0 of 2 has ended the training: the other ranks did not come to AllGather within 1.5 s.", output + error, StringComparison.Ordinal);
        Assert.True(clock.Elapsed < TimeSpan.FromSeconds(40), $"It took {clock.Elapsed}.");
    }

    /// <summary>One of the ranks that the tests above start.</summary>
    [Fact]
    public void Rank()
    {
        string? folder = Environment.GetEnvironmentVariable(Folder);
        Assert.SkipWhen(folder is null, "A part of the other tests here, which start it under MPI.");
        bool late = Environment.GetEnvironmentVariable(Late) is not null;
        using var rank = MpiCollective.Open(late ? TimeSpan.FromSeconds(1.5) : RankFixture.Patience);
        File.WriteAllText(Path.Combine(folder, $"{rank.Rank}.pid"), $"{Environment.ProcessId}");
        // MPI's libraries like to take over signals, of which .NET has need: this one is how it finds null references.
        string? nothing = folder.Length > 100_000 ? "" : null;
        Assert.Throws<NullReferenceException>(() => nothing!.Length);
        Assert.Throws<InvalidOperationException>(() => MpiCollective.Open());

        // Sums go in the ranks' order, over more than a block.
        float[] values = [.. Enumerable.Range(0, (1 << 22) + 7).Select(i => rank.Rank == 0 ? 1e8f : rank.Rank == 1 ? 1 + (i % 3) : 0)];
        rank.AllReduceSum(values);
        Assert.Equal(1e8f + (rank.Size > 1 ? 1 + ((values.Length - 1) % 3) : 0), values[^1]);
        rank.Barrier();
        if (late && rank.Rank == 1)
        {
            Thread.Sleep(TimeSpan.FromSeconds(60));
        }

        var rows = TrainingFixture.Rows();
        if (Environment.GetEnvironmentVariable("CLIP_MPI_RANK_BAD") is not null)
        {
            rows[7].Image = [1, 2];
        }
        var options = Options(rank);
        // The others need no file.
        options = options with { CheckpointPath = rank.Rank == 0 ? Path.Combine(folder, "checkpoint") : null };
        if (Environment.GetEnvironmentVariable(Pause) is { } pause)
        {
            options = options with { Evaluate = _ => Thread.Sleep(int.Parse(pause, CultureInfo.InvariantCulture)), EvaluateEvery = 1 };
        }
        var result = RankFixture.Train(options, rows);
        File.WriteAllText(Path.Combine(folder, $"{rank.Rank}.json"), JsonSerializer.Serialize(result));
    }

    private static ClipContrastiveTrainer.Options Options(ICollective? rank) =>
        RankTrainingTests.Options("vit", "averaged") with { BatchSize = 12, Steps = Steps, Collective = rank };

    private static (int Code, string Output, string Error) Run(int size, string folder, params (string Name, string Value)[] environment)
    {
        using var process = Start(size, folder, environment);
        var output = process.StandardOutput.ReadToEndAsync(TestContext.Current.CancellationToken);
        var error = process.StandardError.ReadToEndAsync(TestContext.Current.CancellationToken);
        if (!process.WaitForExit(Limit))
        {
            process.Kill(entireProcessTree: true);
            Assert.Fail($"{size} ranks did not end within {Limit}");
        }
        return (process.ExitCode, output.Result, error.Result);
    }

    private static Process Start(int size, string folder, (string Name, string Value)[] environment)
    {
        string? launcher = Environment.GetEnvironmentVariable(Launcher);
        Assert.SkipWhen(launcher is null, $"{Launcher} names no launcher of MPI, such as mpirun.");
        string[] words = launcher.Split(' ', StringSplitOptions.RemoveEmptyEntries);
        var start = new ProcessStartInfo(words[0], [.. words[1..], "-n", $"{size}", "dotnet", typeof(MpiTests).Assembly.Location, "-method", $"{typeof(MpiTests).FullName}.{nameof(Rank)}"])
        {
            RedirectStandardOutput = true,
            RedirectStandardError = true,
        };
        start.Environment[Folder] = folder;
        foreach (var (name, value) in environment)
        {
            start.Environment[name] = value;
        }
        return Process.Start(start)!;
    }
}
