using Parquet;
using Parquet.Schema;

namespace Microsoft.ML.Clip.Tests;

/// <summary>Reads what the writers of Parquet wrote: texts by this repository's reader, lists by Parquet.Net.</summary>
internal static class ParquetRows
{
    public static (string? Path, string? Caption, string? Status, string? Error)[] Texts(string path)
    {
        using var stream = RegularFile.Open(path);
        var footer = ParquetFooter.Read(stream, path);
        string?[][] columns = [.. ((string[])["image_path", "caption", "status", "error"]).Select(name => footer.RowGroups
            .SelectMany(g => ParquetColumn.Read(stream, footer.Leaves.Single(l => l.Path == name), g.Chunks.Single(c => c.Path == name), name).ToArray())
            .Select(v => v is { } value ? System.Text.Encoding.UTF8.GetString(value.Bytes.Span) : null).ToArray())];
        return [.. Enumerable.Range(0, (int)footer.Rows).Select(i => (columns[0][i], columns[1][i], columns[2][i], columns[3][i]))];
    }

    public static (int Groups, string[] Columns) Shape(string path)
    {
        using var stream = RegularFile.Open(path);
        var footer = ParquetFooter.Read(stream, path);
        return (footer.RowGroups.Count, [.. footer.Leaves.Select(l => l.Path)]);
    }

    public static async Task<float[]> ListAsync(string path, string column, int dimension)
    {
        await using var stream = File.OpenRead(path);
        await using var reader = await ParquetReader.CreateAsync(stream);
        var field = reader.Schema.GetDataFields().Single(f => f.Path.ToString().StartsWith(column, StringComparison.Ordinal));
        Assert.IsType<ListField>(reader.Schema.Fields.Single(f => f.Name == column));
        var values = new List<float>();
        for (int i = 0; i < reader.RowGroupCount; i++)
        {
            using var group = reader.OpenRowGroupReader(i);
            int count = (int)group.RowCount * dimension;
            float[] found = new float[count];
            int[] definitions = new int[count], repetitions = new int[count];
            await group.ReadRawAsync<float>(field, found, definitions, repetitions);
            values.AddRange(found);
            Assert.True(repetitions.Select((level, at) => level == (at % dimension == 0 ? 0 : 1)).All(r => r), "A list begins elsewhere.");
        }
        return [.. values];
    }
}
