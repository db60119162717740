namespace Microsoft.ML.Clip.Tests;

public sealed class ConcurrentBatchesTests
{
    [Theory]
    [InlineData(0, 2)]
    [InlineData(1, 4)]
    [InlineData(100, 1)]
    [InlineData(100, 3)]
    public void For_AnyNumber_RunsEachBatchOnceOnNoMoreThreadsThanAllowed(int count, int concurrency)
    {
        int running = 0, most = 0;
        int[] runs = new int[count];

        ConcurrentBatches.For(count, concurrency, i =>
        {
            InterlockedMaximum(ref most, Interlocked.Increment(ref running));
            Interlocked.Increment(ref runs[i]);
            Thread.Yield();
            Interlocked.Decrement(ref running);
        });

        Assert.All(runs, r => Assert.Equal(1, r));
        Assert.InRange(most, 0, concurrency);
    }

    [Fact]
    public void For_TwoBatchesAllowed_RunsThemAtTheSameTime()
    {
        using var meeting = new Barrier(2);

        ConcurrentBatches.For(2, 2, _ => Assert.True(meeting.SignalAndWait(TimeSpan.FromSeconds(30), TestContext.Current.CancellationToken)));
    }

    [Fact]
    public void For_SeveralFail_ThrowsWhatTheFirstThrewAndBeginsNoMore()
    {
        int begun = 0;

        var error = Assert.Throws<FormatException>(() => ConcurrentBatches.For(1000, 3, i =>
        {
            Interlocked.Increment(ref begun);
            if (i >= 20)
            {
                throw new FormatException($"batch {i}");
            }
        }));

        Assert.Equal("batch 20", error.Message);
        Assert.InRange(begun, 21, 23);
    }

    private static void InterlockedMaximum(ref int target, int value)
    {
        for (int seen = Volatile.Read(ref target); seen < value;)
        {
            int before = Interlocked.CompareExchange(ref target, value, seen);
            if (before == seen)
            {
                return;
            }
            seen = before;
        }
    }
}
