using Parquet;
using Parquet.Schema;

namespace Microsoft.ML.Clip.Tests;

public sealed class ParquetInputTests
{
    [Fact]
    public void Read_OfAnyRange_IsThatOfTheWhole()
    {
        using var folder = new TemporaryDirectory();
        string[] files = [Write(folder, "b.parquet", [3, 1, 4]), Write(folder, "a.parquet", [2, 5])];
        var inputs = ClipShardInputs.Parquet(files, "jpg", "text");

        var all = InputRows.All(inputs);

        Assert.Equal(["b.parquet[0]", "b.parquet[1]", "b.parquet[2]", "b.parquet[3]"], all.Take(4).Select(r => r.Key));
        Assert.Equal([8, 7], InputRows.Files(inputs).Select(f => f.Rows));
        Assert.Equal(all.Select(r => $"image of {r.Key}"), all.Select(InputRows.Text));
        Assert.Equal(all.Select(r => $"caption of {r.Key}"), all.Select(r => r.Caption));
        for (int first = 0; first <= all.Length; first++)
        {
            for (int count = 0; first + count <= all.Length; count++)
            {
                Assert.Equal(all.Skip(first).Take(count).Select(Content), InputRows.Range(inputs, first, count).Select(Content));
            }
        }
    }

    // By Apache's own writer; a group of bytes and path, of which one row has nothing, and one a path alone.
    [Fact]
    public void Nulls_KeepTheirPlaces()
    {
        string file = Path.Combine(BuildFacts.RepositoryRoot, "tests/Microsoft.ML.Clip.Evaluation.Tests/Golden/parquet/nulls.parquet");

        var rows = InputRows.All(ClipShardInputs.Parquet([file]));

        Assert.Contains(rows, r => r.Error is null);
        Assert.Contains(rows, r => r.Error?.Contains("no image in the column 'image'", StringComparison.Ordinal) == true);
        Assert.Equal(rows.Select((_, i) => $"nulls.parquet[{i}]"), rows.Select(r => r.Key));
        Assert.All(rows, r => Assert.Equal(r.Error is not null, r.Bytes.IsEmpty));
    }

    [Fact]
    public void Paths_AreThoseOfTheirFolder()
    {
        using var folder = new TemporaryDirectory();
        folder.Copy(InputRows.Sample("dog.jpg"), "images/d/dog.jpg");
        string file = Write(folder, "a.parquet", [["d/dog.jpg", "../secret.jpg", "none.jpg", "/etc/hosts", null]]);

        var rows = InputRows.All(ClipShardInputs.Parquet([file], "jpg", imageFolder: folder.Combine("images")));

        Assert.Equal(folder.Combine("images/d/dog.jpg"), rows[0].Path);
        Assert.Equal("d/dog.jpg", rows[0].Key);
        string[] errors = ["'../secret.jpg'; expected one within", "There is no file", "'/etc/hosts'; expected one within", "There is no path"];
        Assert.All(rows.Skip(1).Zip(errors), r => Assert.Contains(r.Second, r.First.Error, StringComparison.Ordinal));
        Assert.All(rows.Skip(1), r => Assert.Null(r.Path));
    }

    [Fact]
    public void DamagedGroup_IsRowsWithErrors_AndTheNextIsRead()
    {
        using var folder = new TemporaryDirectory();
        string file = Write(folder, "a.parquet", [3, 3, 3]);
        var inputs = ClipShardInputs.Parquet([file], "jpg", "text");
        byte[] bytes = File.ReadAllBytes(file);
        // The head of the second group's first page.
        int at = bytes.AsSpan().IndexOf(InputRows.Bytes("image of a.parquet[3]")) - 40;
        bytes.AsSpan(at, 30).Fill(0xFF);
        folder.Write("a.parquet", bytes);

        var rows = InputRows.All(inputs);

        Assert.Equal([false, false, false, true, true, true, false, false, false], rows.Select(r => r.Error is not null));
        Assert.Equal("image of a.parquet[6]", InputRows.Text(rows[6]));
        Assert.Contains("a.parquet", rows[3].Error, StringComparison.Ordinal);
    }

    [Fact]
    public void OtherColumnsAndFiles_AreRefused()
    {
        using var folder = new TemporaryDirectory();
        string file = Write(folder, "a.parquet", [3]);

        Assert.Contains("has no column 'none'; its columns are 'jpg', 'text', 'number'", InputRows.Fails(ClipShardInputs.Parquet([file], "none")).Message, StringComparison.Ordinal);
        Assert.Contains("is of type 1; expected bytes or texts", InputRows.Fails(ClipShardInputs.Parquet([file], "jpg", "number")).Message, StringComparison.Ordinal);
        Assert.Contains("no Parquet file", InputRows.Fails(ClipShardInputs.Parquet([InputRows.Sample("dog.jpg")])).Message, StringComparison.Ordinal);
        Assert.Contains("There is no file", InputRows.Fails(ClipShardInputs.Parquet([folder.Combine("b.parquet")])).Message, StringComparison.Ordinal);
        Assert.Contains("There is no folder", InputRows.Fails(ClipShardInputs.Parquet([file], "jpg", imageFolder: folder.Combine("none"))).Message, StringComparison.Ordinal);
        Assert.Throws<ArgumentException>(() => ClipShardInputs.Parquet([]));
    }

    [Fact]
    public void FileWithOtherRows_HasChanged()
    {
        using var folder = new TemporaryDirectory();
        var inputs = ClipShardInputs.Parquet([Write(folder, "a.parquet", [3])], "jpg");
        var file = InputRows.Files(inputs).Single();
        Write(folder, "a.parquet", [2]);

        var e = Assert.Throws<ClipShardException>(() => inputs.Open().Read(file, 0, 1, CancellationToken.None).ToList());

        Assert.Equal(ClipShardProblem.InputChanged, e.Problem);
        Assert.Contains("it has 2 rows, and had 3", e.Message, StringComparison.Ordinal);
    }

    private static (string, string, string?) Content(ShardRow row) => (row.Key, InputRows.Text(row), row.Caption);

    private static string Write(TemporaryDirectory folder, string name, int[] groups)
    {
        int row = 0;
        return Write(folder, name, [.. groups.Select(rows => Enumerable.Range(0, rows).Select(_ => $"image of {name}[{row++}]").ToArray())]);
    }

    private static string Write(TemporaryDirectory folder, string name, string?[][] groups)
    {
        using var stream = new MemoryStream();
        WriteAsync(stream, groups).GetAwaiter().GetResult();
        return folder.Write(name, stream.ToArray());
    }

    private static async Task WriteAsync(Stream stream, string?[][] groups)
    {
        DataField images = new DataField<byte[]>("jpg"), texts = new DataField<string>("text"), numbers = new DataField<int>("number");
        var options = new ParquetOptions { CompressionMethod = CompressionMethod.None };
        await using var writer = await ParquetWriter.CreateAsync(new ParquetSchema(images, texts, numbers), stream, options);
        foreach (string?[] group in groups)
        {
            using var rows = writer.CreateRowGroup();
            await rows.WriteAsync(images, [.. group.Select(t => t is null ? null : InputRows.Bytes(t))]);
            await rows.WriteAsync(texts, [.. group.Select(t => t?.Replace("image", "caption", StringComparison.Ordinal))]);
            await rows.WriteAsync<int>(numbers, new int[group.Length]);
        }
    }
}
