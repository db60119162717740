namespace Microsoft.ML.Clip.Tests;

public sealed class DecodingBudgetTests
{
    // Against hangs only.
    private static readonly TimeSpan Long = TimeSpan.FromSeconds(30);

    private readonly DecodingBudget _budget = new(100);

    private static CancellationToken Cancellation => TestContext.Current.CancellationToken;

    [Fact]
    public void Take_AllThereIs_IsGivenAtOnceAndGivenBack()
    {
        using (_budget.Take(60, Cancellation))
        using (_budget.Take(40, Cancellation))
        {
            Assert.Equal(100, _budget.Used);
        }
        Assert.Equal(0, _budget.Used);
    }

    [Fact]
    public void Take_MoreThanThereEverIs_IsAnError() => Assert.Throws<ArgumentOutOfRangeException>(() => _budget.Take(101, Cancellation));

    [Fact]
    public async Task Take_MoreThanIsLeft_WaitsItsTurn()
    {
        var first = _budget.Take(60, Cancellation);
        var large = Task.Run(() => _budget.Take(90, Cancellation), Cancellation);
        await Until(() => _budget.Waiting == 1);
        // This one would fit, but the large one must not be overtaken for ever.
        var small = Task.Run(() => _budget.Take(20, Cancellation), Cancellation);
        await Until(() => _budget.Waiting == 2);
        Assert.Equal((60, false, false), (_budget.Used, large.IsCompleted, small.IsCompleted));

        first.Dispose();
        using (await large.WaitAsync(Long, Cancellation))
        {
            Assert.Equal((90, 1), (_budget.Used, _budget.Waiting));
        }
        (await small.WaitAsync(Long, Cancellation)).Dispose();
        Assert.Equal((0, 0), (_budget.Used, _budget.Waiting));
    }

    [Fact]
    public async Task Take_CancelledWhileWaiting_LetsTheNextOneIn()
    {
        using var first = _budget.Take(60, Cancellation);
        using var cancellation = new CancellationTokenSource();
        var large = Task.Run(() => _budget.Take(90, cancellation.Token), Cancellation);
        await Until(() => _budget.Waiting == 1);
        var small = Task.Run(() => _budget.Take(20, Cancellation), Cancellation);
        await Until(() => _budget.Waiting == 2);

        await cancellation.CancelAsync();

        await Assert.ThrowsAnyAsync<OperationCanceledException>(() => large.WaitAsync(Long, Cancellation));
        using (await small.WaitAsync(Long, Cancellation))
        {
            Assert.Equal(80, _budget.Used);
        }
    }

    [Fact]
    public void TryTakeMore_NeverWaits()
    {
        using var other = _budget.Take(60, Cancellation);
        var lease = _budget.Take(20, Cancellation);
        Assert.False(lease.TryTakeMore(21));
        Assert.True(lease.TryTakeMore(20));
        Assert.Equal((100, 40), (_budget.Used, lease.Bytes));

        lease.Dispose();
        lease.Dispose();

        Assert.Equal(60, _budget.Used);
    }

    [Fact]
    public void Take_ByManyThreads_NeverExceedsTheLimitAndAlwaysEnds()
    {
        long most = 0;
        Thread[] threads = [.. Enumerable.Range(0, 32).Select(seed => new Thread(() =>
        {
            var random = new Random(seed);
            for (int i = 0; i < 300; i++)
            {
                using var cancellation = new CancellationTokenSource();
                if (random.Next(10) == 0)
                {
                    cancellation.CancelAfter(random.Next(3));
                }
                try
                {
                    using var lease = _budget.Take(random.Next(101), cancellation.Token);
                    long used = _budget.Used;
                    InterlockedMax(ref most, used);
                    Thread.Yield();
                }
                catch (OperationCanceledException)
                {
                    // It was asked to.
                }
            }
        }))];
        Array.ForEach(threads, t => t.Start());

        Assert.All(threads, t => Assert.True(t.Join(Long)));
        Assert.Equal((0, 0), (_budget.Used, _budget.Waiting));
        Assert.InRange(most, 1, 100);
    }

    private static void InterlockedMax(ref long target, long value)
    {
        for (long seen = Volatile.Read(ref target); value > seen;)
        {
            long before = Interlocked.CompareExchange(ref target, value, seen);
            if (before == seen)
            {
                return;
            }
            seen = before;
        }
    }

    private static async Task Until(Func<bool> condition)
    {
        using var end = new CancellationTokenSource(Long);
        while (!condition())
        {
            await Task.Delay(1, end.Token);
        }
    }
}
