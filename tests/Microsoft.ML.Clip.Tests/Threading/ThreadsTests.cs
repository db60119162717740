using System.Diagnostics;
using System.Globalization;

namespace Microsoft.ML.Clip.Tests;

/// <summary>Loops that threads of the pool help with, where they come to it.</summary>
public sealed class ThreadsTests
{
    [Theory]
    [InlineData(0, 3)]
    [InlineData(1, 3)]
    [InlineData(2, 1)]
    [InlineData(1000, 2)]
    [InlineData(1000, 7)]
    public void For_AnyNumber_RunsEachPieceOnceOnNoMoreThreadsThanAllowed(int count, int threads)
    {
        int running = 0, tooMany = 0;
        int[] runs = new int[count];

        Threads.For(count, threads, i =>
        {
            if (Interlocked.Increment(ref running) > threads)
            {
                Interlocked.Increment(ref tooMany);
            }
            Interlocked.Increment(ref runs[i]);
            Thread.Yield();
            Interlocked.Decrement(ref running);
        });

        Assert.All(runs, r => Assert.Equal(1, r));
        Assert.Equal((0, 0), (tooMany, running));
    }

    [Fact]
    public void For_AHelperIsAtAPieceWhenNothingIsLeft_WaitsForIt()
    {
        for (int round = 0; round < 200; round++)
        {
            int done = 0;
            Threads.For(3, 3, i =>
            {
                Thread.SpinWait(i * 20_000);
                Interlocked.Increment(ref done);
            });
            Assert.Equal(3, Volatile.Read(ref done));
        }
    }

    [Fact]
    public void For_ThreadsOfThePoolAreFree_TheyHelp()
    {
        // Tests that run beside this one may hold the pool for a while, so that nobody comes or nobody is even asked: then the work is done without help.
        bool helped = false;
        for (var watch = Stopwatch.StartNew(); !helped && watch.Elapsed < TimeSpan.FromMinutes(2);)
        {
            int[] threads = new int[2];
            using var met = new CountdownEvent(2);
            Threads.For(2, 2, i =>
            {
                threads[i] = Environment.CurrentManagedThreadId;
                met.Signal();
                // The second piece can only be begun while the first waits for it if another thread takes it.
                met.Wait(TimeSpan.FromMilliseconds(100), TestContext.Current.CancellationToken);
            });
            helped = threads[0] != threads[1];
        }

        Assert.True(helped);
    }

    [Theory]
    [InlineData(1)]
    [InlineData(4)]
    public void For_SeveralFail_ThrowsWhatTheFirstThrewAndBeginsNoMore(int threads)
    {
        int begun = 0;

        var error = Assert.Throws<FormatException>(() => Threads.For(1000, threads, i =>
        {
            Interlocked.Increment(ref begun);
            if (i >= 20)
            {
                throw new FormatException($"piece {i}");
            }
        }));

        Assert.Equal("piece 20", error.Message);
        Assert.InRange(begun, 21, 20 + threads);
    }

    [Fact]
    public void For_Nested_Ends()
    {
        int runs = 0;

        Threads.For(20, 4, _ => Threads.For(20, 4, _ => Threads.For(5, 4, _ => Interlocked.Increment(ref runs))));

        Assert.Equal(2000, runs);
    }

    [Fact]
    public void For_FromManyThreads_EndsEverywhere()
    {
        int runs = 0;
        var threads = Enumerable.Range(0, 16).Select(_ => new Thread(() =>
        {
            for (int round = 0; round < 200; round++)
            {
                Threads.For(10, 4, _ => Interlocked.Increment(ref runs));
            }
        })).ToList();
        threads.ForEach(t => t.Start());

        Assert.All(threads, t => Assert.True(t.Join(TimeSpan.FromMinutes(1))));
        Assert.Equal(16 * 200 * 10, runs);
    }

    [Fact]
    public void For_OnHelpers_HasTheCallersCulture()
    {
        var before = CultureInfo.CurrentCulture;
        try
        {
            CultureInfo.CurrentCulture = CultureInfo.GetCultureInfo("de-DE");
            string[] texts = new string[200];

            Threads.For(texts.Length, 4, i =>
            {
                Thread.Yield();
                texts[i] = 1.5.ToString(CultureInfo.CurrentCulture);
            });

            Assert.All(texts, t => Assert.Equal("1,5", t));
        }
        finally
        {
            CultureInfo.CurrentCulture = before;
        }
    }
}
