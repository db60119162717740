using System.Globalization;
using System.Runtime.InteropServices;
using System.Text;
using System.Text.RegularExpressions;

namespace Microsoft.ML.Clip.Tests;

/// <summary>
/// A merge as embedding-reader 5c866f1 reads it (get_file_list.py, numpy_reader.py, parquet_numpy_reader.py): files sorted by path, heads by two regular
/// expressions, and the n-th file of metadata beside the n-th array.
/// </summary>
public sealed partial class EmbeddingReaderTests
{
    [Fact]
    public async Task Merge_IsReadByEmbeddingReadersRules()
    {
        using var work = new ShardWork(pictures: 14);
        File.WriteAllText(Path.Combine(work.Pictures, "0/0005.bmp"), "no image");
        var plan = work.Plan(2);
        await ShardWork.Run(plan, new() { MaxFailed = 1 });
        string merged = plan.Merge(work.Combine("merged"), new() { RowsPerFile = 4 }).Directory;

        string[] arrays = Files(Path.Combine(merged, "img_emb"), "*.npy"), metadata = Files(Path.Combine(merged, "metadata"), "*.parquet");
        Assert.Equal(arrays.Length, metadata.Length);
        var found = new List<(string? Path, bool IsNumber)>();
        foreach (var (array, beside) in arrays.Zip(metadata))
        {
            byte[] bytes = File.ReadAllBytes(array);
            string line = Encoding.Latin1.GetString(bytes, 0, Math.Min(bytes.Length, 300)).Split('\n')[0];
            var shape = Shape().Match(line);
            int count = Number(shape.Groups[1]), dimension = Number(shape.Groups[2]), size = Number(Type().Match(line).Groups[1]);
            // One that is empty would be left out, and its metadata would not.
            Assert.True(count > 0);
            Assert.Equal(plan.EmbeddingDimension, dimension);
            Assert.Equal(line.Length + 1 + (count * dimension * size), bytes.Length);
            var numbers = MemoryMarshal.Cast<byte, Half>(bytes.AsSpan(line.Length + 1));
            var rows = ParquetRows.Texts(beside);
            Assert.Equal(count, rows.Length);
            for (int i = 0; i < count; i++)
            {
                bool isNumber = !Half.IsNaN(numbers[i * dimension]);
                Assert.Equal(isNumber ? "success" : "failed", rows[i].Status);
                found.Add((rows[i].Path, isNumber));
            }
        }

        Assert.Equal(InputRows.Files(ClipShardInputs.Folder(work.Pictures)).Select(f => f.Name), found.Select(r => r.Path));
        Assert.Equal("0/0005.bmp", found.Single(r => !r.IsNumber).Path);
    }

    private static string[] Files(string folder, string pattern)
    {
        string[] files = Directory.GetFiles(folder, pattern, SearchOption.AllDirectories);
        Array.Sort(files, StringComparer.Ordinal);
        return files;
    }

    private static int Number(Group group) => int.Parse(group.ValueSpan, CultureInfo.InvariantCulture);

    [GeneratedRegex(@"'shape': \(([0-9]+), ([0-9]+)\)")]
    private static partial Regex Shape();

    [GeneratedRegex("'descr': '<f([0-9]+)'")]
    private static partial Regex Type();
}
