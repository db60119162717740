namespace Microsoft.ML.Clip.Tests;

public sealed class ShardEmbeddingWriterTests
{
    [Theory]
    [InlineData(1, 7)]
    [InlineData(512, 5_000)]
    [InlineData(3, 40_000)]
    public async Task Rows_AreReadBack(int dimension, int count)
    {
        using var folder = new TemporaryDirectory();
        float[] images = Values(dimension * count, 1), texts = Values(dimension * count, 2);
        images.AsSpan(0, dimension).Fill(float.NaN);

        string path = Write(folder, "a", dimension, images, texts), again = Write(folder, "b", dimension, images, texts);

        Assert.Equal(images, await ParquetRows.ListAsync(path, "image_embedding", dimension));
        Assert.Equal(texts, await ParquetRows.ListAsync(path, "text_embedding", dimension));
        var rows = ParquetRows.Texts(path);
        Assert.Equal(Enumerable.Range(0, count).Select(i => $"{i}.jpg"), rows.Select(r => r.Path));
        Assert.Equal(("failed", "broken", "success", null), (rows[0].Status, rows[0].Error, rows[1].Status, rows[1].Error));
        Assert.True(File.ReadAllBytes(path).AsSpan().SequenceEqual(File.ReadAllBytes(again)), "The same rows gave other bytes.");
    }

    [Fact]
    public async Task WithoutTexts_ThereIsNoSuchColumn()
    {
        using var folder = new TemporaryDirectory();
        float[] images = Values(8, 1);

        string path = Write(folder, "a", 4, images, null);

        Assert.Equal(images, await ParquetRows.ListAsync(path, "image_embedding", 4));
        Assert.Equal(["image_path", "caption", "status", "error", "image_embedding.list.element"], ParquetRows.Shape(path).Columns);
    }

    [Fact]
    public void OtherDimensions_AreRefused()
    {
        using var stream = new MemoryStream();
        var writer = new ShardEmbeddingWriter(stream, 4, hasTexts: true);

        var image = Assert.Throws<ArgumentException>(() => writer.Append("a", null, null, new float[3], new float[4]));
        var text = Assert.Throws<ArgumentException>(() => writer.Append("a", null, null, new float[4]));

        Assert.Contains("of 3 and 4 numbers; expected 4 and 4", image.Message, StringComparison.Ordinal);
        Assert.Contains("of 4 and 0 numbers; expected 4 and 4", text.Message, StringComparison.Ordinal);
    }

    private static float[] Values(int count, int seed)
    {
        var random = new Random(seed);
        return [.. Enumerable.Range(0, count).Select(_ => random.NextSingle() - 0.5f)];
    }

    private static string Write(TemporaryDirectory folder, string name, int dimension, float[] images, float[]? texts)
    {
        string path = folder.Combine(name);
        using var stream = File.Create(path);
        var writer = new ShardEmbeddingWriter(stream, dimension, texts is not null);
        for (int i = 0; i < images.Length / dimension; i++)
        {
            var text = texts is null ? default : texts.AsSpan(i * dimension, dimension);
            writer.Append($"{i}.jpg", null, i == 0 ? "broken" : null, images.AsSpan(i * dimension, dimension), text);
        }
        writer.Complete();
        return path;
    }
}
