using System.Text;
using Parquet;

namespace Microsoft.ML.Clip.Tests;

public sealed class MergeTests
{
    [Theory]
    [InlineData(1_000_000, 1)]
    [InlineData(8, 2)]
    [InlineData(11, 2)]
    [InlineData(1, 4)]
    public void Merge_PutsWholeShardsIntoFiles(int rowsPerFile, int files)
    {
        using var work = new ShardWork(pictures: 14);
        var plan = Done(work);

        var result = plan.Merge(work.Combine("merged"), new() { RowsPerFile = rowsPerFile });

        Assert.Equal((files, 14, 0), (result.Files, result.Rows, result.FailedRows));
        string[] names = [.. SmallPictures.Content(result.Directory).Keys];
        Assert.Equal(Enumerable.Range(0, files).Select(i => $"img_emb/img_emb_{i:D4}.npy").Concat(Enumerable.Range(0, files).Select(i => $"metadata/metadata_{i:D4}.parquet")), names);
        Assert.Equal(result.Bytes, names.Sum(n => new FileInfo(Path.Combine(result.Directory, n)).Length));
        float[] rows = [.. names.Where(n => n.EndsWith(".npy", StringComparison.Ordinal)).SelectMany(n => FirstValues(Path.Combine(result.Directory, n)))];
        Assert.Equal(Enumerable.Range(0, 14).Select(i => (float)i), rows);
    }

    [Fact]
    public void Merge_IntoALinkToADirectory_FillsThatDirectory()
    {
        Assert.SkipWhen(OperatingSystem.IsWindows(), "Links need a right there.");
        using var work = new ShardWork(pictures: 3);
        string disk = Directory.CreateDirectory(work.Combine("disk")).FullName;
        Directory.CreateSymbolicLink(work.Combine("merged"), disk);

        var result = Done(work).Merge(work.Combine("merged"));

        Assert.Equal(["img_emb/img_emb_0000.npy", "metadata/metadata_0000.parquet"], SmallPictures.Content(disk).Keys);
        Assert.Equal((work.Combine("merged"), disk), (result.Directory, new DirectoryInfo(result.Directory).LinkTarget));
    }

    [Fact]
    public void Merge_WhereADiskIsMounted_FillsIt()
    {
        Assert.SkipUnless(OperatingSystem.IsLinux() && Environment.IsPrivilegedProcess, "Mounting needs root.");
        using var work = new ShardWork(pictures: 3);
        string disk = Directory.CreateDirectory(work.Combine("merged")).FullName;
        Assert.SkipUnless(Processes.Run("mount", ["-t", "tmpfs", "-o", "size=1m", "none", disk]).Code == 0, "Nothing can be mounted here.");
        try
        {
            var result = Done(work).Merge(disk);

            Assert.Equal(["img_emb/img_emb_0000.npy", "metadata/metadata_0000.parquet"], SmallPictures.Content(disk).Keys);
            Assert.Equal(["img_emb", "metadata"], Directory.GetFileSystemEntries(disk).Select(Path.GetFileName).Order(StringComparer.Ordinal));
            Assert.Equal(result.Bytes, SmallPictures.Content(disk).Keys.Sum(n => new FileInfo(Path.Combine(disk, n)).Length));
        }
        finally
        {
            _ = Processes.Run("umount", [disk]);
        }
    }

    [Fact]
    public async Task Merge_WithCaptions_HasTexts()
    {
        using var work = new ShardWork(pictures: 3);
        string json = work.Write("captions.json", """
            {
              "images": [ { "id": 1, "file_name": "0/0000.bmp" }, { "id": 2, "file_name": "0/0001.bmp" }, { "id": 3, "file_name": "0/0002.bmp" } ],
              "annotations": [ { "image_id": 1, "caption": "a dog" }, { "image_id": 3, "caption": "a cat" } ]
            }
            """);
        var options = new ClipShardPlanOptions { RowsPerShard = 2, Texts = true, Half = false };
        var plan = ClipShardPlan.Create(ShardWork.Clip, ClipShardInputs.Coco(json, work.Pictures), work.Output, options);

        var results = await ShardWork.Run(plan, new() { MaxFailed = 1 });
        var merged = plan.Merge(work.Combine("merged"));

        Assert.Equal(1, merged.FailedRows);
        Assert.Equal([1, 0], results.Select(r => r.FailedRows));
        float[][] texts = Rows(Path.Combine(merged.Directory, "text_emb", "text_emb_0000.npy"), plan.EmbeddingDimension);
        float[][] images = Rows(Path.Combine(merged.Directory, "img_emb", "img_emb_0000.npy"), plan.EmbeddingDimension);
        Assert.All(images, r => Assert.DoesNotContain(float.NaN, r));
        Assert.All(texts[1], v => Assert.True(float.IsNaN(v)));
        Assert.Equal(ShardWork.Clip.EncodeText("a dog"), texts[0], (a, b) => Math.Abs(a - b) <= 1e-5f);
        Assert.Equal(ShardWork.Clip.EncodeText("a cat"), texts[2], (a, b) => Math.Abs(a - b) <= 1e-5f);
    }

    [Theory]
    [InlineData(true)]
    [InlineData(false)]
    public async Task Merge_AsParquet_HoldsTheSame(bool half)
    {
        using var work = new ShardWork(pictures: 5);
        File.WriteAllText(Path.Combine(work.Pictures, "0/0003.bmp"), "no image");
        var plan = work.Plan(2, options: new() { Half = half });
        await ShardWork.Run(plan, new() { MaxFailed = 1 });

        var merged = plan.Merge(work.Combine("merged"), new() { Layout = ClipShardMergeLayout.Parquet });

        Assert.Equal((1, 5, 1), (merged.Files, merged.Rows, merged.FailedRows));
        Assert.Equal(["embeddings/embeddings_0000.parquet"], SmallPictures.Content(merged.Directory).Keys);
        await using var reader = await ParquetReader.CreateAsync(Path.Combine(merged.Directory, "embeddings", "embeddings_0000.parquet"));
        Assert.Equal(["image_path", "caption", "status", "error", "image_embedding"], reader.Schema.Fields.Select(f => f.Name));
        using var group = reader.OpenRowGroupReader(0);
        Assert.Equal(5, group.RowCount);
    }

    [Fact]
    public void Merge_IntoSomething_Throws()
    {
        using var work = new ShardWork(pictures: 4);
        var plan = Done(work);
        work.Write("merged/mine.txt", "mine");

        var error = Assert.Throws<ClipShardException>(() => plan.Merge(work.Combine("merged")));

        Assert.Equal(ClipShardProblem.Output, error.Problem);
        Assert.Equal(["mine.txt"], SmallPictures.Content(work.Combine("merged")).Keys);
    }

    [Fact]
    public void Merge_BelowAFile_SaysWhatItCouldNotDo()
    {
        using var work = new ShardWork(pictures: 4);
        string destination = Path.Combine(work.Write("file", "a file"), "merged");

        var error = Assert.Throws<ClipShardException>(() => Done(work).Merge(destination));

        Assert.Contains($"The merge into '{destination}' could not be finished", error.Message, StringComparison.Ordinal);
        Assert.IsType<IOException>(error.InnerException, exactMatch: false);
    }

    [Fact]
    public void Merge_IntoAnEmptyDirectory_Fills()
    {
        using var work = new ShardWork(pictures: 4);
        var plan = Done(work);
        Directory.CreateDirectory(work.Combine("merged"));

        Assert.Equal(4, plan.Merge(work.Combine("merged") + Path.DirectorySeparatorChar).Rows);
    }

    [Fact]
    public void Merge_Cancelled_LeavesNothing()
    {
        using var work = new ShardWork(pictures: 4);
        var plan = Done(work);
        using var cancellation = new CancellationTokenSource();
        cancellation.Cancel();

        Assert.ThrowsAny<OperationCanceledException>(() => plan.Merge(work.Combine("merged"), cancellationToken: cancellation.Token));
        Assert.DoesNotContain(Directory.EnumerateFileSystemEntries(work.Combine(".")), e => e.Contains("merged", StringComparison.Ordinal));
    }

    // Results that were exchanged after they were marked, lengths and all.
    [Fact]
    public void Merge_OfAResultWithAnotherHash_ThrowsAndLeavesNothing()
    {
        using var work = new ShardWork(pictures: 8);
        var plan = Done(work);
        string file = Path.Combine(work.Output, MarkerFile.Read(plan, 1)!.File(ShardLayout.Images).Name);
        byte[] bytes = File.ReadAllBytes(file);
        bytes[^1] ^= 1;
        File.WriteAllBytes(file, bytes);

        var error = Assert.Throws<ClipShardException>(() => plan.Merge(work.Combine("merged")));

        Assert.Equal((ClipShardProblem.Marker, 1), (error.Problem, error.Shard));
        Assert.DoesNotContain(Directory.EnumerateFileSystemEntries(work.Combine(".")), e => e.Contains("merged", StringComparison.Ordinal));
    }

    [Fact]
    public void Merge_WithNoRowsInAFile_Throws()
    {
        using var work = new ShardWork(pictures: 4);

        Assert.Throws<ArgumentOutOfRangeException>(() => Done(work).Merge(work.Combine("merged"), new() { RowsPerFile = 0 }));
    }

    private static ClipShardPlan Done(ShardWork work)
    {
        var plan = work.PlanWithoutModel(options: new() { Half = false });
        for (int shard = 0; shard < plan.ShardCount; shard++)
        {
            new FakeWorker(plan).Run(shard, FakeWorker.Step.Done);
        }
        return plan;
    }

    private static IEnumerable<float> FirstValues(string path) => Rows(path, ShardWork.NoModel.Dimension).Select(r => r[0]);

    // By the format's own description: magic, version, length of the header, header, values.
    private static float[][] Rows(string path, int dimension)
    {
        byte[] file = File.ReadAllBytes(path);
        int header = 10 + BitConverter.ToUInt16(file, 8), rows = (file.Length - header) / (4 * dimension);
        Assert.Contains($"'shape': ({rows}, {dimension})", Encoding.ASCII.GetString(file, 10, header - 10), StringComparison.Ordinal);
        return [.. Enumerable.Range(0, rows * dimension).Select(i => BitConverter.ToSingle(file, header + (4 * i))).Chunk(dimension)];
    }
}
