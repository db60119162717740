using System.Diagnostics;

namespace Microsoft.ML.Clip.Tests;

public sealed class ManyRowsTests(ITestOutputHelper output)
{
    private const int Rows = 1_000_000;

    /// <summary>A million small images in ten tar files, of which heads are read. Opt-in, as it takes half a minute: CLIP_SLOW_TESTS=1.</summary>
    [Fact]
    public void AMillionRowsOfTars_ArePlannedInLittleTimeAndMemory()
    {
        SkipUnlessSlow();
        const int Files = 10;
        using var folder = new TemporaryDirectory();
        WriteTar(folder.Combine("0.tar"), Rows / Files);
        for (int i = 1; i < Files; i++)
        {
            File.CreateSymbolicLink(folder.Combine($"{i}.tar"), folder.Combine("0.tar"));
        }

        Measure(ClipShardInputs.Tars(folder.Combine("{0..9}.tar")), "tars", memory: 16 << 20);
    }

    /// <summary>A million small images in a thousand folders. Opt-in: CLIP_SLOW_TESTS=1.</summary>
    [Fact]
    public void AMillionRowsOfAFolder_ArePlannedInLittleTimeAndMemory()
    {
        SkipUnlessSlow();
        using var folder = new TemporaryDirectory();
        for (int i = 0; i < Rows; i++)
        {
            if (i % 1000 == 0)
            {
                Directory.CreateDirectory(folder.Combine($"{i / 1000:D4}"));
            }
            File.Create(folder.Combine($"{i / 1000:D4}/{i % 1000:D4}.jpg")).Dispose();
        }

        Measure(ClipShardInputs.Folder(folder), "files", memory: 16 << 20);
    }

    private static void SkipUnlessSlow() => Assert.SkipUnless(Environment.GetEnvironmentVariable("CLIP_SLOW_TESTS") == "1", "slow; set CLIP_SLOW_TESTS=1");

    private void Measure(ClipShardInputs inputs, string what, long memory)
    {
        using var directory = new TemporaryDirectory();
        var peak = new Peak();
        var watch = Stopwatch.StartNew();
        var plan = ClipShardPlan.Create(ShardWork.NoModel, inputs, directory, new(), peak, CancellationToken.None);
        watch.Stop();
        output.WriteLine($"{plan.RowCount:N0} rows of {plan.FileCount:N0} {what} in {plan.ShardCount:N0} shards, planned in {watch.Elapsed.TotalSeconds:F1} s; "
            + $"{peak.Bytes / 1e6:F1} MB more than before, plan.json has {new FileInfo(directory.Combine(PlanFile.Name)).Length / 1e6:F2} MB, the list {new FileInfo(directory.Combine(PlanList.Name)).Length / 1e6:F1} MB");
        Assert.True(watch.Elapsed < TimeSpan.FromMinutes(1), $"It took {watch.Elapsed.TotalSeconds:F1} s.");
        watch.Restart();
        int files = ClipShardPlan.Load(directory).FilesOf(plan.ShardCount / 2).Count;
        output.WriteLine($"A worker has the {files:N0} files of its shard after {watch.Elapsed.TotalMilliseconds:F0} ms.");

        Assert.Equal(Rows, plan.RowCount);
        Assert.True(peak.Bytes < memory, $"It held {peak.Bytes / 1e6:F1} MB more than before.");
    }

    /// <summary>The most that is held while a plan is made, looked at now and then.</summary>
    private sealed class Peak : IProgress<long>
    {
        private const long Step = 100_000;

        private readonly long _before = GC.GetTotalMemory(forceFullCollection: true);
        private long _next;

        public long Bytes { get; private set; }

        public void Report(long rows)
        {
            if (rows >= _next)
            {
                _next = rows + Step;
                Bytes = Math.Max(Bytes, GC.GetTotalMemory(forceFullCollection: true) - _before);
            }
        }
    }

    private static void WriteTar(string path, int rows)
    {
        // Heads differ in name and checksum: written by hand, as this is no test of a writer.
        byte[] one = InputRows.Tar(("0000000.jpg", new byte[100]))[..1024];
        int sum = Enumerable.Range(0, 512).Where(i => i is < 148 or >= 156).Sum(i => one[i]) + (8 * ' ') - (7 * '0');
        using var stream = new BufferedStream(File.Create(path), 1 << 20);
        for (int i = 0; i < rows; i++)
        {
            byte[] digits = InputRows.Bytes($"{i:D7}");
            digits.CopyTo(one, 0);
            InputRows.Bytes(Convert.ToString(sum + digits.Sum(d => d), 8).PadLeft(6, '0') + "\0 ").CopyTo(one, 148);
            stream.Write(one);
        }
        stream.Write(new byte[1024]);
    }
}
