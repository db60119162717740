namespace Microsoft.ML.Clip.Tests;

public sealed class MergedEmbeddingsTests
{
    [Theory]
    [InlineData(true, 4)]
    [InlineData(false, 1_000_000)]
    public async Task Read_OfAMerge_GivesEveryRowInOrder(bool half, int rowsPerFile)
    {
        using var work = new ShardWork(pictures: 7);
        string[] paths = [.. Directory.GetFiles(work.Pictures, "*", SearchOption.AllDirectories).Order(StringComparer.Ordinal)];
        File.WriteAllText(paths[3], "no image");
        var plan = work.Plan(2, options: new() { Half = half });
        await ShardWork.Run(plan, new() { MaxFailed = 1 });
        plan.Merge(work.Combine("merged"), new() { RowsPerFile = rowsPerFile });

        ClipMergedRow[] rows = [.. ClipMergedEmbeddings.Read(work.Combine("merged"))];

        Assert.Equal(paths.Select(p => Path.GetRelativePath(work.Pictures, p).Replace('\\', '/')), rows.Select(r => r.Path));
        Assert.Equal([3], Enumerable.Range(0, 7).Where(i => rows[i].Error is not null));
        Assert.All(rows.Where(r => r.Error is not null), r => Assert.True(float.IsNaN(r.Embedding.Span[0])));
        // Half has 11 bits.
        float tolerance = half ? 1e-3f : 1e-5f;
        Assert.All(rows.Where(r => r.Error is null), r =>
            Assert.Equal(ShardWork.Clip.EncodeImage(Path.Combine(work.Pictures, r.Path)), r.Embedding.ToArray(), (a, b) => Math.Abs(a - b) <= tolerance));
    }

    [Fact]
    public async Task Read_OfADamagedMerge_NamesTheFile()
    {
        using var work = new ShardWork(pictures: 4);
        var plan = work.Plan(2);
        await ShardWork.Run(plan, new());
        string merged = plan.Merge(work.Combine("merged"), new() { RowsPerFile = 2 }).Directory;
        string embeddings = Path.Combine(merged, "img_emb", "img_emb_0001.npy"), metadata = Path.Combine(merged, "metadata", "metadata_0001.parquet");

        byte[] whole = File.ReadAllBytes(embeddings);
        File.WriteAllBytes(embeddings, whole[..^1]);
        Assert.Contains("img_emb_0001.npy", Assert.Throws<InvalidDataException>(() => ClipMergedEmbeddings.Read(merged).Count()).Message, StringComparison.Ordinal);
        File.WriteAllBytes(embeddings, [0, .. whole]);
        Assert.Contains("img_emb_0001.npy", Assert.Throws<InvalidDataException>(() => ClipMergedEmbeddings.Read(merged).Count()).Message, StringComparison.Ordinal);
        File.WriteAllBytes(embeddings, whole);
        File.Delete(metadata);
        Assert.Contains("metadata_0001.parquet", Assert.Throws<FileNotFoundException>(() => ClipMergedEmbeddings.Read(merged).Count()).Message, StringComparison.Ordinal);
        Assert.Throws<DirectoryNotFoundException>(() => ClipMergedEmbeddings.Read(work.Combine("nowhere")));
    }
}
