// Parquet files by Apache's own writer, Arrow's for C++, which is the one behind pyarrow and so behind Hugging Face's hub:
//   dotnet run eng/golden/parquet.cs -- tests/Microsoft.ML.Clip.Evaluation.Tests/Golden/parquet
// Row i of each has as image 30 x (1 + i % 7) bytes of value i, and the label i % 3; in nulls.parquet row 5 has no image and row 11 only a path.
#:package ParquetSharp@25.0.1.2
#:property ManagePackageVersionsCentrally=false
#:property AllowUnsafeBlocks=true
using ParquetSharp;
using ParquetSharp.IO;
using ParquetSharp.Schema;

const int Rows = 200, RowsOfGroup = 80;
const string Names = """{"info": {"features": {"image": {"_type": "Image"}, "label": {"names": ["cat", "dog", "hors d'\u0153uvre"], "_type": "ClassLabel"} } } }""";
string folder = args[0];
Directory.CreateDirectory(folder);

Write("snappy-dictionary", Compression.Snappy, b => b);
Write("gzip-plain", Compression.Gzip, b => b.DisableDictionary());
Write("brotli-v2", Compression.Brotli, b => b.DataPageVersion(ParquetDataPageVersion.V2));
Write("none-v2-plain", Compression.Uncompressed, b => b.DataPageVersion(ParquetDataPageVersion.V2).DisableDictionary());
Write("zstd", Compression.Zstd, b => b);
Write("nulls", Compression.Snappy, b => b, hasNulls: true);
Write("delta", Compression.Snappy, b => b.DisableDictionary("label").Encoding("label", Encoding.DeltaBinaryPacked));

void Write(string name, Compression compression, Func<WriterPropertiesBuilder, WriterPropertiesBuilder> more, bool hasNulls = false)
{
    using var bytes = new PrimitiveNode("bytes", Repetition.Optional, LogicalType.None(), PhysicalType.ByteArray);
    using var path = new PrimitiveNode("path", Repetition.Optional, LogicalType.String(), PhysicalType.ByteArray);
    using var image = new GroupNode("image", Repetition.Optional, [bytes, path]);
    using var label = new PrimitiveNode("label", Repetition.Optional, LogicalType.None(), PhysicalType.Int64);
    using var schema = new GroupNode("schema", Repetition.Required, [image, label]);
    // Small pages, so that there are several, and a small dictionary, so that it overflows into plain pages.
    using var builder = new WriterPropertiesBuilder().Compression(compression).DataPagesize(2048).DictionaryPagesizeLimit(6000).WriteBatchSize(8);
    using var properties = more(builder).Build();
    using var stream = new ManagedOutputStream(File.Create(Path.Combine(folder, name + ".parquet")));
    using var writer = new ParquetFileWriter(stream, schema, properties, new Dictionary<string, string> { ["huggingface"] = Names });
    for (int from = 0; from < Rows; from += RowsOfGroup)
    {
        int[] rows = [.. Enumerable.Range(from, Math.Min(RowsOfGroup, Rows - from))];
        using var group = writer.AppendRowGroup();
        Column(group, rows.Select(i => (hasNulls && i == 5 ? 0 : hasNulls && i == 11 ? 1 : 2, Enumerable.Repeat((byte)i, 30 * (1 + (i % 7))).ToArray())));
        Column(group, rows.Select(i => (hasNulls && i == 5 ? 0 : 2, System.Text.Encoding.UTF8.GetBytes($"{i}.jpg"))));
        using var labels = (ColumnWriter<long>)group.NextColumn();
        labels.WriteBatch(rows.Length, [.. rows.Select(_ => (short)1)], null, [.. rows.Select(i => (long)(i % 3))]);
    }
    writer.Close();
}

static unsafe void Column(RowGroupWriter group, IEnumerable<(int Level, byte[] Value)> values)
{
    using var column = (ColumnWriter<ByteArray>)group.NextColumn();
    foreach (var (level, value) in values)
    {
        fixed (byte* first = value.Length == 0 ? [0] : value)
        {
            column.WriteBatch(1, [(short)level], null, level == 2 ? [new ByteArray((IntPtr)first, value.Length)] : []);
        }
    }
}
