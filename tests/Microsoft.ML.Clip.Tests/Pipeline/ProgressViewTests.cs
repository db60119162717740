using Microsoft.ML.Data;

namespace Microsoft.ML.Clip.Tests;

/// <summary>What is told of a pass over a view, and that the view is the same otherwise.</summary>
public sealed class ProgressViewTests
{
    private readonly MLContext _ml = new(seed: 1);
    private readonly List<ClipProgress> _reports = [];

    [Fact]
    public void Pass_EveryRowAsked_CountsUpAndEndsOnce()
    {
        var view = _ml.Data.ShowProgress(Numbers(50), new Now(_reports), interval: TimeSpan.Zero);

        Assert.Equal(Enumerable.Range(0, 50).Select(i => (float)i), view.GetColumn<float>("Value"));

        Assert.Equal([.. Enumerable.Range(1, 50), 50L], _reports.Select(r => r.Done));
        Assert.All(_reports, r => Assert.Equal((50L, 1, "rows"), (r.Total, r.Pass, r.Unit)));
        Assert.All(_reports.SkipLast(1), r => Assert.False(r.IsLast));
        Assert.True(_reports[^1].IsLast);
    }

    [Theory, InlineData(3600), InlineData(922_337_203_685)]
    public void Pass_LongInterval_TellsTheEndOnly(double seconds)
    {
        var view = _ml.Data.ShowProgress(Numbers(50), new Now(_reports), interval: TimeSpan.FromSeconds(seconds));

        Assert.Equal(50, view.GetColumn<float>("Value").Count());

        var only = Assert.Single(_reports);
        Assert.Equal((50L, true), (only.Done, only.IsLast));
    }

    [Fact]
    public void Pass_LeftHalfWay_TellsHowFarItCame()
    {
        var view = _ml.Data.ShowProgress(Numbers(50), new Now(_reports), interval: TimeSpan.FromHours(1));

        using (var cursor = view.GetRowCursor(view.Schema))
        {
            for (int i = 0; i < 7; i++)
            {
                Assert.True(cursor.MoveNext());
            }
        }

        var only = Assert.Single(_reports);
        Assert.Equal((7L, 50L, true), (only.Done, only.Total, only.IsLast));
    }

    [Fact]
    public void Cursor_ThatIsNotMoved_IsNoPass()
    {
        var view = _ml.Data.ShowProgress(Numbers(50), new Now(_reports), interval: TimeSpan.Zero);

        view.GetRowCursor(view.Schema).Dispose();
        Assert.Empty(_reports);
        Assert.Equal(50, view.GetColumn<float>("Value").Count());
        Assert.Equal(50, view.GetColumn<float>("Value").Count());

        Assert.Equal([1, 2], _reports.Where(r => r.IsLast).Select(r => r.Pass));
    }

    [Theory]
    [InlineData(2)]
    [InlineData(4)]
    public void Cursors_OfOneSet_AreCountedTogether(int count)
    {
        // A cache gives out as many cursors as are asked for.
        var view = _ml.Data.ShowProgress(_ml.Data.Cache(Numbers(5000)), new Now(_reports), interval: TimeSpan.Zero);
        var cursors = view.GetRowCursorSet(view.Schema, count);
        Assert.True(cursors.Length > 1);

        Parallel.ForEach(cursors, cursor =>
        {
            using (cursor)
            {
                while (cursor.MoveNext())
                {
                }
            }
        });

        Assert.Equal(5000, _reports[^1].Done);
        Assert.Single(_reports, r => r.IsLast);
        Assert.All(_reports, r => Assert.Equal(1, r.Pass));
        Assert.Equal(_reports.Select(r => r.Done).Order(), _reports.Select(r => r.Done));
    }

    [Fact]
    public void Total_WhereTheViewDoesNotKnow_IsTheCallers()
    {
        var streamed = _ml.Data.LoadFromEnumerable(Enumerable.Range(0, 10).Select(i => new Row { Value = i }));

        Assert.Equal(10, _ml.Data.ShowProgress(streamed, new Now(_reports)).GetColumn<float>("Value").Count());
        Assert.Equal(10, _ml.Data.ShowProgress(streamed, new Now(_reports), total: 10).GetColumn<float>("Value").Count());

        Assert.Equal([null, 10L], _reports.Select(r => r.Total));
        Assert.Null(_reports[0].Remaining);
        Assert.Equal(TimeSpan.Zero, _reports[1].Remaining);
    }

    [Fact]
    public void View_IsItsSourceOtherwise()
    {
        var source = _ml.Data.Cache(Numbers(30));
        var view = _ml.Data.ShowProgress(source, new Now(_reports));

        Assert.Same(source.Schema, view.Schema);
        Assert.Equal((source.GetRowCount(), source.CanShuffle), (view.GetRowCount(), view.CanShuffle));
        using DataViewRowCursor expected = source.GetRowCursor(source.Schema, new Random(3)), actual = view.GetRowCursor(view.Schema, new Random(3));
        var (expectedValue, actualValue) = (expected.GetGetter<float>(source.Schema[0]), actual.GetGetter<float>(view.Schema[0]));
        var (expectedId, actualId) = (expected.GetIdGetter(), actual.GetIdGetter());
        float a = 0, b = 0;
        DataViewRowId x = default, y = default;
        while (expected.MoveNext())
        {
            Assert.True(actual.MoveNext());
            expectedValue(ref a);
            actualValue(ref b);
            expectedId(ref x);
            actualId(ref y);
            Assert.Equal((a, x, expected.Position, expected.Batch), (b, y, actual.Position, actual.Batch));
        }
        Assert.False(actual.MoveNext());
    }

    [Fact]
    public void Pipeline_BetweenSteps_IsCountedThough()
    {
        // ML.NET moves the root of synchronized cursors, past those between.
        var view = _ml.Transforms.CopyColumns("Twice", "Value").Fit(Numbers(1)).Transform(_ml.Data.ShowProgress(Numbers(20), new Now(_reports)));

        Assert.Equal(20, view.GetColumn<float>("Twice").Count());

        Assert.Equal(20, Assert.Single(_reports).Done);
    }

    [Fact]
    public void Default_GoesIntoTheLog()
    {
        var log = new List<string>();
        _ml.Log += (_, e) => log.Add(e.Message);

        Assert.Equal(20, _ml.Data.ShowProgress(Numbers(20)).GetColumn<float>("Value").Count());

        Assert.Contains(log, m => m.Contains("20 of 20 rows (100%)", StringComparison.Ordinal));
    }

    [Fact]
    public void Handler_ThatThrows_EndsTheReading()
    {
        var view = _ml.Data.ShowProgress(Numbers(20), new Failing(), interval: TimeSpan.Zero);

        var error = Assert.Throws<NotSupportedException>(() => view.GetColumn<float>("Value").Count());

        Assert.Equal("the console is closed", error.Message);
    }

    [Fact]
    public void Arguments_OutOfRange_AreRefused()
    {
        Assert.Throws<ArgumentNullException>(() => _ml.Data.ShowProgress(null!));
        Assert.Throws<ArgumentOutOfRangeException>(() => _ml.Data.ShowProgress(Numbers(1), total: -1));
        Assert.Throws<ArgumentOutOfRangeException>(() => _ml.Data.ShowProgress(Numbers(1), interval: TimeSpan.FromSeconds(-1)));
    }

    [Fact]
    public void Text_IsALine()
    {
        var progress = new ClipProgress { Done = 1200, Total = 5000, Elapsed = TimeSpan.FromSeconds(15) };

        Assert.Equal("1,200 of 5,000 rows (24%), 80.0 a second, 00:00:47 left", progress.ToString());
        Assert.Equal("1,200 rows, 80.0 a second, after 00:00:15", (progress with { Total = null }).ToString());
        Assert.Equal("pass 2: 5,000 of 5,000 rows (100%), 0.1 a second, in 1 d 03:46:40",
            (progress with { Done = 5000, Pass = 2, IsLast = true, Elapsed = TimeSpan.FromSeconds(100_000) }).ToString());
        Assert.Equal("0 of 0 rows, 0.0 a second, in 00:00:00", new ClipProgress { Done = 0, Total = 0, Elapsed = TimeSpan.Zero, IsLast = true }.ToString());
    }

    private IDataView Numbers(int count) => _ml.Data.LoadFromEnumerable(Enumerable.Range(0, count).Select(i => new Row { Value = i }).ToArray());

    private sealed class Row
    {
        public float Value { get; set; }
    }

    private sealed class Now(List<ClipProgress> reports) : IProgress<ClipProgress>
    {
        public void Report(ClipProgress value) => reports.Add(value);
    }

    private sealed class Failing : IProgress<ClipProgress>
    {
        public void Report(ClipProgress value) => throw new NotSupportedException("the console is closed");
    }
}
