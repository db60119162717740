namespace Microsoft.ML.Clip.Tests;

public sealed class WorkShareTests
{
    [Theory]
    [InlineData(1, 1, null)]
    [InlineData(2, 2, 1)]
    [InlineData(4, 4, 1)]
    [InlineData(6, 4, 1)]
    [InlineData(16, 4, 4)]
    [InlineData(64, 4, 16)]
    public void Choose_NothingAskedFor_SharesTheCoresAmongFewBatches(int cores, int batches, int? threads) =>
        Assert.Equal(new WorkShare(16, batches, threads, Environment.ProcessorCount), WorkShare.Choose(new(BatchSize: 16), cores, isElsewhere: false));

    [Theory]
    [InlineData(8, null, 2, 2, 4)]
    [InlineData(8, 8, null, 1, 8)]
    [InlineData(8, 2, null, 4, 2)]
    [InlineData(2, 8, null, 1, 8)]
    [InlineData(8, 3, 3, 3, 3)]
    [InlineData(8, 0, 1, 1, null)]
    public void Choose_SomethingAskedFor_IsFollowed(int cores, int? threads, int? batches, int expectedBatches, int? expectedThreads)
    {
        var choices = new WorkChoices(BatchSize: 5, batches, threads, PreparingThreads: 3);

        Assert.Equal(new WorkShare(5, expectedBatches, expectedThreads, 3), WorkShare.Choose(choices, cores, isElsewhere: false));
    }

    [Fact]
    public void Choose_EncodersElsewhere_AreGivenOneBatchUnlessAskedFor()
    {
        Assert.Equal((1, null), (WorkShare.Choose(new(16), 16, isElsewhere: true).Batches, WorkShare.Choose(new(16), 16, isElsewhere: true).Threads));
        Assert.Equal(3, WorkShare.Choose(new(16, Batches: 3), 16, isElsewhere: true).Batches);
    }

    [Theory]
    [InlineData(1, null, null, 1)]
    [InlineData(3, null, 1, 3)]
    [InlineData(1, 0, null, null)]
    [InlineData(1, 5, null, 5)]
    public void Choose_FewerCoresThanTheMachineHas_SaysHowManyUnlessToldNotTo(int cores, int? threads, int? batches, int? expected) =>
        Assert.Equal(expected, WorkShare.Choose(new(16, batches, threads), cores, isElsewhere: false, isLimited: true).Threads);

    [Theory]
    [InlineData("0-1\n", 2)]
    [InlineData("0", 1)]
    [InlineData("0-3,8,10-11", 7)]
    [InlineData("", 0)]
    [InlineData("all", 0)]
    public void CountList_OfTheKernel_CountsProcessors(string list, int expected) => Assert.Equal(expected, PhysicalCores.CountList(list));

    [Fact]
    public void OneOfSeveral_SharesTheMachineButBeginsOneBatch()
    {
        var share = new WorkShare(16, Batches: 4, Threads: 2, PreparingThreads: 8);

        Assert.Equal((4, false), (share.Own, share.IsAlone));
        Assert.Equal((4, 1, false), (share.OneOfSeveral().Batches, share.OneOfSeveral().Own, share.OneOfSeveral().IsAlone));
        Assert.Equal((1, 1, true), (share.Alone().Batches, share.Alone().Own, share.Alone().IsAlone));
    }

    [Fact]
    public void Estimate_TwoThreadsPerCore_CountsCores()
    {
        Assert.Equal((4, 8, 1), (PhysicalCores.Estimate(8, true), PhysicalCores.Estimate(8, false), PhysicalCores.Estimate(1, true)));
        Assert.InRange(PhysicalCores.Count, 1, Environment.ProcessorCount);
    }

    [Theory]
    [InlineData(0, 1, 1)]
    [InlineData(1, 0, 1)]
    [InlineData(1, 1, 0)]
    public void Load_OptionOutOfRange_IsRefused(int batchSize, int batches, int threads)
    {
        var options = new ClipModelOptions { BatchSize = batchSize, ConcurrentBatches = batches, PreprocessingThreads = threads };

        Assert.Throws<ArgumentOutOfRangeException>(() => ClipModel.Load(".", options));
    }

    // With these the process ended (batches), or a session took minutes and gigabytes to open (threads).
    [Theory]
    [InlineData(257, null, null, "ConcurrentBatches is 257; expected 1 to 256.")]
    [InlineData(int.MaxValue, null, null, "ConcurrentBatches is 2,147,483,647; expected 1 to 256.")]
    [InlineData(null, int.MaxValue, null, "IntraOpNumThreads is 2,147,483,647; expected 0 to 1,024.")]
    [InlineData(null, -1, null, "IntraOpNumThreads is -1; expected 0 to 1,024.")]
    [InlineData(null, null, int.MaxValue, "PreprocessingThreads is 2,147,483,647; expected 1 to 1,024.")]
    public void Load_TooMany_IsRefusedWithTheRange(int? batches, int? threads, int? preparing, string message)
    {
        var options = new ClipModelOptions { ConcurrentBatches = batches, IntraOpNumThreads = threads, PreprocessingThreads = preparing };

        Assert.StartsWith(message, Assert.Throws<ArgumentOutOfRangeException>(() => ClipModel.Load(".", options)).Message, StringComparison.Ordinal);
    }
}
