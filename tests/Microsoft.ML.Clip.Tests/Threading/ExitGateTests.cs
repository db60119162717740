namespace Microsoft.ML.Clip.Tests;

/// <summary>The end of a process whose threads are still at work in native code.</summary>
public sealed class ExitGateTests(StepFixture fixture) : IClassFixture<StepFixture>
{
    private static readonly TimeSpan Ages = TimeSpan.FromMinutes(5);

    [Fact]
    public void End_ACallRuns_ComesWhenItHasComeBack()
    {
        var gate = new ExitGate(Ages);
        var call = gate.Begin();
        var end = Start(gate.End);

        Assert.False(end.Join(100));
        call.Dispose();
        Assert.True(end.Join(Ages));
    }

    [Fact]
    public void End_ACallNeverComesBack_IsNotHeldForEver()
    {
        var gate = new ExitGate(TimeSpan.FromMilliseconds(50));
        gate.Begin();

        gate.End();
    }

    [Fact]
    public void Begin_AfterTheEnd_WaitsForItButNotOnItsOwnThread()
    {
        var gate = new ExitGate(Ages);
        gate.End();
        int begun = 0;

        var other = Start(() =>
        {
            gate.Begin().Dispose();
            begun++;
        });
        gate.Begin().Dispose();

        Assert.False(other.Join(100));
        Assert.Equal(0, Volatile.Read(ref begun));
    }

    [Fact]
    public void Begin_WithinACallWhileTheProcessEnds_DoesNotWait()
    {
        var gate = new ExitGate(Ages);
        using var began = new ManualResetEventSlim();
        using var ends = new ManualResetEventSlim();
        var worker = Start(() =>
        {
            using var outer = gate.Begin();
            began.Set();
            ends.Wait(Ages);
            // The end has begun to wait by now, or will.
            Thread.Sleep(50);
            using var inner = gate.Begin();
        });
        began.Wait(Ages, TestContext.Current.CancellationToken);
        var end = Start(gate.End);
        ends.Set();

        Assert.True(end.Join(TimeSpan.FromMinutes(1)));
        Assert.True(worker.Join(TimeSpan.FromMinutes(1)));
    }

    [Fact]
    public void Main_ReturnsWhileThreadsEncode_TheProcessEndsWell()
    {
        string file = fixture.TemporaryFile("model.zip");
        fixture.ML.Model.Save(fixture.Create("Text Text").Fit(fixture.Data), fixture.Data.Schema, file);

        for (int round = 0; round < 5; round++)
        {
            var (code, _, error) = Processes.RunDotnet(
                [BuildFacts.FreshProcess, file, StepFixture.InputOf("Text Text"), StepFixture.OutputOf("Text Text"), .. fixture.Rows.Select(r => r.Text)],
                environment: new Dictionary<string, string?> { ["ENDS_AFTER_MS"] = $"{20 * round}" }, limit: TimeSpan.FromMinutes(2));
            Assert.True(code == 0, $"The process ended with {code}. {error}");
        }
    }

    private static Thread Start(Action action)
    {
        var thread = new Thread(() => action()) { IsBackground = true };
        thread.Start();
        return thread;
    }
}
