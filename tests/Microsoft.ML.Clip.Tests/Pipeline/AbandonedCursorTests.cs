using System.Runtime.CompilerServices;
using Microsoft.ML.Data;

namespace Microsoft.ML.Clip.Tests;

/// <summary>Cursors that are left in every way but the tidy one.</summary>
[Collection(nameof(AloneCollection))]
public sealed class AbandonedCursorTests(StepFixture fixture) : IClassFixture<StepFixture>
{
    /// <summary>The steps' first batch is at most so many rows with a batch size of 2; a step for texts takes four of them at once.</summary>
    private const int FirstBatch = 8;

    /// <summary>An exception on a thread of ours would end the process of the tests, as it would any other.</summary>
    [Theory]
    [InlineData(200, "Image Path")]
    [InlineData(1000, "Text Text")]
    public void Dispose_TheSourceFailsMeanwhile_LeavesTheProcessAliveAndNoThread(int cursors, string step)
    {
        var model = fixture.Create(step, batchSize: 2).Fit(fixture.Data);
        int threads = Threads();

        for (int i = 0; i < cursors; i++)
        {
            using var leaving = new ManualResetEventSlim();
            var view = model.Transform(fixture.ML.Data.LoadFromEnumerable(FailsWhenTheConsumerLeaves(leaving, failsAtRow: FirstBatch + i % 9)));
            var cursor = view.GetRowCursor([view.Schema[StepFixture.OutputOf(step)]]);
            Assert.True(cursor.MoveNext());
            leaving.Set();
            cursor.Dispose();
        }

        Assert.True(SpinWait.SpinUntil(() => Threads() <= threads + 1, TimeSpan.FromSeconds(20)), $"{threads} threads before, {Threads()} after");
    }

    [Theory]
    [InlineData("Image Path")]
    [InlineData("Image Image")]
    [InlineData("Text Text")]
    [InlineData("ZeroShot Path")]
    public void Collector_FindsCursorsThatWereNotDisposed_ThreadsEnd(string step)
    {
        var model = fixture.Create(step, batchSize: 2).Fit(fixture.Data);
        Run(model, step);
        int threads = Threads();

        Abandon(model, step, cursors: 50);

        bool ended = SpinWait.SpinUntil(() =>
        {
            GC.Collect();
            GC.WaitForPendingFinalizers();
            Thread.Sleep(20);
            return Threads() <= threads + 1;
        }, TimeSpan.FromSeconds(60));
        Assert.True(ended, $"{threads} threads before, {Threads()} after");
    }

    [Fact]
    public void Collector_AFewCursorsBehindEachOther_ThreadsEnd()
    {
        var chain = fixture.Create("Image Path", batchSize: 2).Append(fixture.Create("Text Text", batchSize: 2)).Fit(fixture.Data);
        int threads = Threads();

        Abandon(chain, "Text Text", cursors: 5);

        bool ended = SpinWait.SpinUntil(() =>
        {
            GC.Collect();
            GC.WaitForPendingFinalizers();
            Thread.Sleep(20);
            return Threads() <= threads + 1;
        }, TimeSpan.FromSeconds(60));
        Assert.True(ended, $"{threads} threads before, {Threads()} after");
    }

    // Not inlined: otherwise the cursors could live in this frame as long as the test.
    [MethodImpl(MethodImplOptions.NoInlining)]
    private void Abandon(ITransformer model, string step, int cursors)
    {
        int threads = Threads();
        var abandoned = new List<DataViewRowCursor>();
        for (int i = 0; i < cursors; i++)
        {
            var view = model.Transform(fixture.ML.Data.LoadFromEnumerable(ManyRows()));
            var column = view.Schema[StepFixture.OutputOf(step)];
            var cursor = view.GetRowCursor([column]);
            var getter = cursor.GetGetter<VBuffer<float>>(column);
            VBuffer<float> value = default;
            Assert.True(cursor.MoveNext());
            getter(ref value);
            abandoned.Add(cursor);
        }
        Assert.True(Threads() >= threads + cursors, "the cursors have not begun");
        GC.KeepAlive(abandoned);
    }

    private void Run(ITransformer model, string step)
    {
        for (int i = 0; i < 3; i++)
        {
            fixture.Run(model, step);
        }
    }

    private IEnumerable<StepRow> ManyRows()
    {
        for (int i = 0; ; i++)
        {
            yield return fixture.Rows[i % fixture.Rows.Length];
        }
    }

    private IEnumerable<StepRow> FailsWhenTheConsumerLeaves(ManualResetEventSlim leaving, int failsAtRow)
    {
        for (int i = 0; i < failsAtRow; i++)
        {
            yield return fixture.Rows[i % fixture.Rows.Length];
        }
        leaving.Wait(TimeSpan.FromSeconds(30));
        // The consumer is in Dispose, most times.
        Thread.Sleep(failsAtRow % 3);
        throw new IOException("the disk went away");
    }

    private static int Threads() => OperatingSystem.IsLinux()
        ? Directory.GetDirectories("/proc/self/task").Count(IsOurs)
        : System.Diagnostics.Process.GetCurrentProcess().Threads.Count;

    private static bool IsOurs(string task)
    {
        try
        {
            return File.ReadAllText(Path.Combine(task, "comm")).StartsWith("CLIP", StringComparison.Ordinal);
        }
        catch (IOException)
        {
            return false;
        }
    }
}
