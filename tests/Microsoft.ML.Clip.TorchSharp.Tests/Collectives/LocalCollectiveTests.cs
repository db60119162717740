using System.Runtime.InteropServices;

namespace Microsoft.ML.Clip.Tests;

/// <summary>Ranks that are threads: what they exchange, and that none waits for one that does not come.</summary>
public sealed class LocalCollectiveTests
{
    private static readonly TimeSpan Long = TimeSpan.FromSeconds(30);

    [Theory, InlineData(1), InlineData(2), InlineData(5)]
    public void AllGather_GivesEveryRankWhatEachHas_InTheirOrder(int size)
    {
        byte[][] all = new byte[size][];
        LocalCollective.Run(size, rank =>
        {
            for (int round = 0; round < 200; round++)
            {
                all[rank.Rank] = new byte[2 * size];
                rank.AllGather([(byte)(10 + rank.Rank), (byte)round], all[rank.Rank]);
                byte[] expected = [.. Enumerable.Range(0, size).SelectMany(r => (byte[])[(byte)(10 + r), (byte)round])];
                Assert.Equal(expected, all[rank.Rank]);
            }
        }, Long);
        Assert.All(all, Assert.NotNull);
    }

    /// <summary>The order of a sum shows where small numbers meet large ones: 1e8 + 1 - 1e8 is 0 in float, and 1e8 - 1e8 + 1 is 1.</summary>
    [Fact]
    public void AllReduceSum_AddsInTheRanksOrder_OnEveryRank()
    {
        float[] first = [1e8f, 1e8f, 0.25f], second = [1, -1e8f, 0.5f], third = [-1e8f, 1, 1];
        LocalCollective.Run(3, rank =>
        {
            for (int round = 0; round < 50; round++)
            {
                float[] values = [.. rank.Rank == 0 ? first : rank.Rank == 1 ? second : third];
                rank.AllReduceSum(values);
                Assert.Equal([0, 1, 1.75f], values);
            }
        }, Long);
    }

    [Theory, InlineData(0), InlineData(1), InlineData(3), InlineData((1 << 22) + 5)]
    public void AllReduceSum_OfAnyLength_SumsEveryValue(int length) => LocalCollective.Run(2, rank =>
    {
        float[] values = [.. Enumerable.Range(0, length).Select(i => (i % 1000) + rank.Rank)];
        rank.AllReduceSum(values);
        Assert.Equal(length, values.Length);
        Assert.True(!values.Where((v, i) => v != (2 * (i % 1000)) + 1).Any());
    }, Long);

    [Fact]
    public void Run_WhereOneThrows_WakesTheOthersAndThrowsThat()
    {
        string[] heard = ["", "", ""];
        var error = Assert.Throws<InvalidDataException>(() => LocalCollective.Run(3, rank =>
        {
            if (rank.Rank == 1)
            {
                Thread.Sleep(20);
                throw new InvalidDataException("no bread");
            }
            heard[rank.Rank] = Assert.Throws<ClipTrainingException>(rank.Barrier).Message;
        }, Long));
        Assert.Equal("no bread", error.Message);
        Assert.Equal(["Rank 1 of 3 has ended the training: no bread", "", "Rank 1 of 3 has ended the training: no bread"], heard);
    }

    [Fact]
    public void Meet_WhereRanksDoNotDoTheSame_NamesBoth()
    {
        string message = Assert.Throws<ClipTrainingException>(() => LocalCollective.Run(2, rank =>
        {
            if (rank.Rank == 0)
            {
                rank.AllReduceSum(new float[3]);
            }
            else
            {
                Thread.Sleep(20);
                rank.Barrier();
            }
        }, Long)).Message;
        Assert.Equal("The ranks do not do the same: rank 0 calls AllReduceSum of 3 values and rank 1 Barrier.", message);
    }

    [Fact]
    public void Wait_LongerThanTheTimeout_NamesThoseWhoDidNotCome()
    {
        var ranks = LocalCollective.Create(3, TimeSpan.FromMilliseconds(50));
        var waiting = Task.Run(() => ranks[0].Barrier(), TestContext.Current.CancellationToken);
        string message = Assert.Throws<ClipTrainingException>(() => waiting.GetAwaiter().GetResult()).Message;
        Assert.Equal("Of 3 ranks these did not come to Barrier within 0.05 s: 1, 2.", message);
        // Who comes late hears of it, too.
        Assert.Equal(message, Assert.Throws<ClipTrainingException>(() => ranks[1].Barrier()).Message);
    }

    [Fact]
    public void Dispose_OfARankThatOthersWaitFor_EndsTheirWaiting()
    {
        var ranks = LocalCollective.Create(2, Long);
        var waiting = Task.Run(() => ranks[0].Barrier(), TestContext.Current.CancellationToken);
        while (waiting.Status < TaskStatus.Running)
        {
            Thread.Sleep(1);
        }
        Thread.Sleep(20);
        ranks[1].Dispose();
        Assert.Equal("Rank 1 of 2 has left, and the others wait for it.", Assert.Throws<ClipTrainingException>(() => waiting.GetAwaiter().GetResult()).Message);
        Assert.Throws<ObjectDisposedException>(() => ranks[1].Barrier());
    }

    [Theory, InlineData(0), InlineData(-1), InlineData(1025)]
    public void Create_OfNoRanksOrTooMany_SaysTheRange(int size) =>
        Assert.StartsWith(FormattableString.Invariant($"size is {size:N0}; expected 1 to 1,024."),
            Assert.Throws<ArgumentOutOfRangeException>(() => LocalCollective.Create(size)).Message, StringComparison.Ordinal);

    [Theory, InlineData(0), InlineData(-2), InlineData(1e9)]
    public void Create_WithATimeThatIsNone_Throws(double seconds) =>
        Assert.Contains("Timeout.InfiniteTimeSpan", Assert.Throws<ArgumentOutOfRangeException>(() => LocalCollective.Create(2, TimeSpan.FromSeconds(seconds))).Message,
            StringComparison.Ordinal);

    [Fact]
    public void AllGather_IntoAnotherLength_SaysWhichIsExpected()
    {
        using var alone = LocalCollective.Create(1)[0];
        Assert.StartsWith("all takes 4 bytes of each of 1 ranks, 4, but has 3.",
            Assert.Throws<ArgumentException>(() => alone.AllGather(MemoryMarshal.AsBytes<int>([1]), new byte[3])).Message, StringComparison.Ordinal);
    }
}
