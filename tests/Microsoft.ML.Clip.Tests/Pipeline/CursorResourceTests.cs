using Microsoft.ML.Data;

namespace Microsoft.ML.Clip.Tests;

/// <summary>Cursors that are left half-way, or used several at a time, on real steps.</summary>
[Collection(nameof(AloneCollection))]
public sealed class CursorResourceTests(StepFixture fixture) : IClassFixture<StepFixture>
{
    public static TheoryData<string> Steps => StepFixture.Steps;

    [Theory]
    [MemberData(nameof(Steps))]
    public void Dispose_HalfWay_LeavesNoThreadAndNoFile(string step)
    {
        Assert.SkipUnless(OperatingSystem.IsLinux(), "looks into /proc");
        var model = fixture.Create(step, batchSize: 2).Fit(fixture.Data);
        LeaveHalfWay(model, step, rows: 3);
        // ONNX Runtime's own threads, which live as long as the session, are made by ours and inherit the name.
        int files = OpenFiles(), threads = ClipThreads();

        for (int rows = 1; rows <= 20; rows++)
        {
            LeaveHalfWay(model, step, rows);
        }

        // A thread that has ended is gone from the system's list a moment later. 20 cursors had 60 threads.
        SpinWait.SpinUntil(() => ClipThreads() <= threads, TimeSpan.FromSeconds(10));
        Assert.InRange(ClipThreads(), 0, threads);
        // Others may open a file meanwhile, but not one for each cursor.
        Assert.InRange(OpenFiles(), 0, files + 5);
    }

    [Theory]
    [MemberData(nameof(Steps))]
    public void Dispose_OfModelAndTransformer_HalfWay_LetsTheCursorFinish(string step)
    {
        var clip = ClipModel.Load(fixture.ModelDirectory);
        var model = fixture.Create(step, batchSize: 4, model: clip).Fit(fixture.Data);
        float[][] expected = fixture.Run(model, step);
        var view = model.Transform(fixture.Data);
        var column = view.Schema[StepFixture.OutputOf(step)];
        using var cursor = view.GetRowCursor([column]);
        var getter = cursor.GetGetter<VBuffer<float>>(column);
        Assert.True(cursor.MoveNext());

        clip.Dispose();

        VBuffer<float> value = default;
        int row = 0;
        do
        {
            getter(ref value);
            Tolerances.Close(expected[row++], value.DenseValues().ToArray(), Tolerances.BatchSize, $"row {row}");
        }
        while (cursor.MoveNext());
        Assert.Equal(StepFixture.RowCount, row);
    }

    [Theory]
    [InlineData("Image Path", 1)]
    [InlineData("Image Path", 2)]
    [InlineData("Image Path", 4)]
    [InlineData("Image Image", 4)]
    [InlineData("Text Text", 2)]
    [InlineData("Text Text", 4)]
    [InlineData("ZeroShot Path", 4)]
    public async Task Cursors_SeveralAtOnce_GiveWhatOneGives(string step, int cursors)
    {
        var model = fixture.Create(step, batchSize: 3).Fit(fixture.Data);
        float[][] expected = fixture.Run(model, step);

        float[][][] results = await Task.WhenAll(Enumerable.Range(0, cursors)
            .Select(_ => Task.Run(() => fixture.Run(model, step), TestContext.Current.CancellationToken)));

        foreach (float[][] rows in results)
        {
            Assert.Equal(expected.Length, rows.Length);
            for (int i = 0; i < rows.Length; i++)
            {
                Tolerances.Close(expected[i], rows[i], Tolerances.BatchSize, $"row {i}");
            }
        }
    }

    // Memory and threads were asked for as if there were rows for all batches: 100,000 rows of 64 x 64 pixels 258 times, 1.3 TB.
    [Theory]
    [InlineData("Image Path")]
    [InlineData("Text Text")]
    [InlineData("ZeroShot Path")]
    public void LargeBatchesAndFewRows_TakeWhatTheRowsNeed(string step)
    {
        using var clip = ClipModel.Load(fixture.ModelDirectory, new() { ConcurrentBatches = 256 });
        var model = fixture.Create(step, batchSize: 100_000, model: clip).Fit(fixture.Data);
        float[][] expected = fixture.Run(fixture.Create(step, batchSize: 5).Fit(fixture.Data), step);
        fixture.Run(model, step);
        long before = GC.GetTotalAllocatedBytes(precise: true);

        float[][] found = fixture.Run(model, step);

        Assert.InRange(GC.GetTotalAllocatedBytes(precise: true) - before, 0, 64 << 20);
        Assert.Equal(expected.Length, found.Length);
        for (int i = 0; i < found.Length; i++)
        {
            Tolerances.Close(expected[i], found[i], Tolerances.BatchSize, $"row {i}");
        }
    }

    private void LeaveHalfWay(ITransformer model, string step, int rows)
    {
        var view = model.Transform(fixture.Data);
        using var cursor = view.GetRowCursor([view.Schema[StepFixture.OutputOf(step)]]);
        for (int i = 0; i < rows; i++)
        {
            Assert.True(cursor.MoveNext());
        }
    }

    private static int ClipThreads() => Directory.GetDirectories("/proc/self/task").Count(task => ThreadName(task).StartsWith("CLIP", StringComparison.Ordinal));

    // A thread may end at any moment between being listed and being read: opening its file then fails as not found, reading it as "no such process".
    private static string ThreadName(string task)
    {
        try
        {
            return File.ReadAllText(Path.Combine(task, "comm"));
        }
        catch (IOException)
        {
            return "";
        }
    }

    private static int OpenFiles() => Directory.GetFiles("/proc/self/fd").Length;
}
