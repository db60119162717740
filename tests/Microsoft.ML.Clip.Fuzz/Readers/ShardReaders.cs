using System.Formats.Tar;
using System.Text;

namespace Microsoft.ML.Clip.Fuzz;

/// <summary>Inputs of shards, planned and read as a worker does that has only the plan: which kind an input is for, its files' names say.</summary>
internal static class ShardReaders
{
    private const string Tar = "0.tar", List = "list.txt", Coco = "coco.json", Parquet = "rows.parquet";

    private static readonly JsonFormat Json = new("images", "annotations", "id", "file_name", "image_id", "caption", "a.jpg", "../a.jpg", "/etc/hosts", "C:\\a.jpg", "./a.jpg");

    private static readonly ByteFormat Bytes = new("ustar", ".jpg", ".txt", "a.jpg\n", "../", "./", "/etc/hosts", "\r\n", "\n\n", "\u00EF\u00BB\u00BF", "PAR1", "\u0015\u0000", "\u0019\u00FC",
        "30 path=a.jpg\n", "20 size=99999999999\n", "77777777777");

    public static Reader Inputs { get; } = new("shard-inputs", new BundleFormat(FormatOf), Seeds, Read)
    {
        Sources = ["Microsoft.ML.Clip.Shards/Inputs/"],
        IsDocumented = e => e is ClipShardException { Problem: ClipShardProblem.Input or ClipShardProblem.InputChanged },
        // A row of a Parquet file may take a bit of it, and takes some 200 bytes as an object; all of them are held here.
        MaximumAllocation = 256 << 20,
        Share = 6_000,
    };

    private static IFormat? FormatOf(string name) => Path.GetExtension(name) switch { ".json" => Json, ".tar" => new TarFormat(Bytes), _ => Bytes };

    private static IEnumerable<byte[]> Seeds()
    {
        foreach (var format in (TarEntryFormat[])[TarEntryFormat.V7, TarEntryFormat.Ustar, TarEntryFormat.Gnu, TarEntryFormat.Pax])
        {
            yield return Bundle(Tar, TarFile(format));
        }
        yield return Bundle(List, Text("\uFEFFa.jpg\r\n\r\n./b.jpg\nnone.jpg\nd/a.jpg"));
        yield return Bundle(Coco, Text("""
            {"images": [{"id": 7, "file_name": "a.jpg"}, {"id": 9, "file_name": "none.jpg"}],
             "annotations": [{"image_id": 7, "caption": "a dog"}, {"image_id": 7, "caption": "again"}, {"image_id": 9, "bbox": [1, 2]}]}
            """));
        foreach (string file in Directory.GetFiles(Path.Combine(Fuzz.Inputs.Repository, "tests/Microsoft.ML.Clip.Evaluation.Tests/Golden/parquet")).Order(StringComparer.Ordinal))
        {
            yield return Bundle(Parquet, File.ReadAllBytes(file));
        }
    }

    private static void Read(byte[] input)
    {
        string folder = Path.Combine(Fuzz.Inputs.Folder, "shards"), images = Path.Combine(folder, "images");
        if (Directory.Exists(folder))
        {
            Directory.Delete(folder, recursive: true);
        }
        Directory.CreateDirectory(images);
        File.WriteAllBytes(Path.Combine(images, "a.jpg"), [1]);
        File.WriteAllBytes(Path.Combine(images, "b.jpg"), []);
        var files = BundleFormat.Read(input);
        // Only names that are known: the bundle's own are not what is fuzzed.
        foreach (string name in ((string[])[Tar, List, Coco, Parquet]).Where(files.ContainsKey))
        {
            string path = Path.Combine(folder, name);
            File.WriteAllBytes(path, files[name]);
            Drain(name switch
            {
                Tar => ClipShardInputs.Tars([path]),
                List => ClipShardInputs.List(path, images),
                Coco => ClipShardInputs.Coco(path, images),
                _ => ClipShardInputs.Parquet([path], imageFolder: files[name].Length % 2 == 0 ? images : null),
            }, images);
        }
    }

    private static void Drain(ClipShardInputs inputs, string images)
    {
        ShardInputFile[] files = [.. inputs.Open().List(CancellationToken.None)];
        var again = ClipShardInputs.FromPlan(inputs.Kind, inputs.Location, inputs.Settings).Open();
        foreach (var file in files)
        {
            Fuzz.Inputs.Require(file.Rows >= 0 && again.Look(file) == file, "A file is not as it was planned.");
            ShardRow[] rows = [.. again.Read(file, 0, file.Rows, CancellationToken.None)];
            Fuzz.Inputs.Require(rows.Length == file.Rows, "There are not as many rows as were planned.");
            foreach (var row in rows)
            {
                Fuzz.Inputs.Require((row.Error is null) == (row.Path is not null || !row.Bytes.IsEmpty), "A row has neither image nor error, or both.");
                bool isWithin = row.Path is null || Path.GetFullPath(row.Path).StartsWith(images + Path.DirectorySeparatorChar, StringComparison.Ordinal);
                Fuzz.Inputs.Require(isWithin, "An image lies elsewhere.");
            }
            if (rows.Length > 1)
            {
                var last = again.Read(file, rows.Length - 1, 1, CancellationToken.None).Single();
                Fuzz.Inputs.Require(last.Key == rows[^1].Key && last.Error == rows[^1].Error && last.Bytes.Span.SequenceEqual(rows[^1].Bytes.Span), "The last row is another if it is read alone.");
            }
        }
    }

    private static byte[] TarFile(TarEntryFormat format)
    {
        string folder = format is TarEntryFormat.Gnu or TarEntryFormat.Pax ? string.Concat(Enumerable.Repeat("long/", 40)) : "dir/";
        using var stream = new MemoryStream();
        using (var writer = new TarWriter(stream, format, leaveOpen: true))
        {
            foreach (var (name, content) in ((string, string)[])[("0.jpg", "image"), ("0.txt", "a caption"), (folder + "1.webp", "other"), ("2.json", "{}"), ("3.txt", "alone")])
            {
                TarEntry entry = format switch
                {
                    TarEntryFormat.V7 => new V7TarEntry(TarEntryType.V7RegularFile, name),
                    TarEntryFormat.Ustar => new UstarTarEntry(TarEntryType.RegularFile, name),
                    TarEntryFormat.Gnu => new GnuTarEntry(TarEntryType.RegularFile, name),
                    _ => new PaxTarEntry(TarEntryType.RegularFile, name),
                };
                entry.DataStream = new MemoryStream(Text(content));
                writer.WriteEntry(entry);
            }
        }
        return stream.ToArray();
    }

    private static byte[] Bundle(string name, byte[] content) => BundleFormat.Write(new Dictionary<string, byte[]> { [name] = content });

    private static byte[] Text(string text) => Encoding.UTF8.GetBytes(text);
}
