namespace Microsoft.ML.Clip.Tests;

public sealed class ShardMetadataWriterTests
{
    [Fact]
    public void Rows_AreReadBack()
    {
        using var folder = new TemporaryDirectory();
        (string Key, string? Caption, string? Error)[] rows = [("a.jpg", "a dog", null), ("d/\u00fc\U0001F600.jpg", null, "It is no image."), ("c", "", null), ("c", "\uff21\U0001F600", new string('e', 2000))];

        string path = Write(folder, "a", rows);

        Assert.Equal(rows.Select(r => ((string?)r.Key, r.Caption, (string?)(r.Error is null ? "success" : "failed"), Cut(r.Error))), ParquetRows.Texts(path));
        Assert.Equal((1, ["image_path", "caption", "status", "error"]), ParquetRows.Shape(path), (a, b) => a.Item1 == b.Item1 && a.Item2.SequenceEqual(b.Item2));

        static string? Cut(string? error) => error?.Length > 1000 ? error[..1000] + "..." : error;
    }

    // DuckDB passes over a group whose largest text goes before the one that is asked for: by UTF-16, which Parquet.Net orders by, "\uff46" goes behind emoji.
    [Fact]
    public async Task OrderOfTexts_IsNotSaid()
    {
        using var folder = new TemporaryDirectory();
        string path = Write(folder, "a", [("a", "\uff46ull", null), ("b", "\U0001F600 smile", "e"), ("c", "plain", null)]);

        await using var stream = File.OpenRead(path);
        await using var reader = await Parquet.ParquetReader.CreateAsync(stream);
        using var group = reader.OpenRowGroupReader(0);
        Assert.Equal(4, reader.Schema.DataFields.Length);
        Assert.All(reader.Schema.DataFields, f => Assert.Null(group.GetStatistics(f)));
    }

    [Fact]
    public void NoRow_IsAFileOfNone()
    {
        using var folder = new TemporaryDirectory();

        Assert.Empty(ParquetRows.Texts(Write(folder, "a", [])));
    }

    [Fact]
    public void ManyRows_AreGroupsByARule_AndTheSameBytes()
    {
        using var folder = new TemporaryDirectory();
        (string, string?, string?)[] rows = [.. Enumerable.Range(0, (2 * MetadataColumns.MaximumRows) + 5)
            .Select(i => ($"{i}.jpg", i % 3 == 0 ? null : $"caption {i}", i % 100 == 0 ? "broken" : null))];

        string first = Write(folder, "a", rows), second = Write(folder, "b", rows);

        Assert.Equal(3, ParquetRows.Shape(first).Groups);
        Assert.Equal(rows.Select(r => r.Item1), ParquetRows.Texts(first).Select(r => r.Path));
        Assert.Equal(File.ReadAllBytes(first), File.ReadAllBytes(second));
    }

    [Fact]
    public void LongTexts_EndAGroupSooner_AndLongerOnesAreRefused()
    {
        using var folder = new TemporaryDirectory();
        string caption = new('c', 60_000);

        Assert.Equal(3, ParquetRows.Shape(Write(folder, "a", [.. Enumerable.Range(0, 300).Select(i => ($"{i}", (string?)caption, (string?)null))])).Groups);
        Assert.Throws<ArgumentException>(() => Write(folder, "b", [("k", new string('c', 70_000), null)]));
    }

    private static string Write(TemporaryDirectory folder, string name, (string Key, string? Caption, string? Error)[] rows)
    {
        string path = folder.Combine(name);
        using var stream = File.Create(path);
        var writer = new ShardMetadataWriter(stream);
        foreach (var (key, caption, error) in rows)
        {
            writer.Append(key, caption, error);
        }
        writer.Complete();
        return path;
    }
}
