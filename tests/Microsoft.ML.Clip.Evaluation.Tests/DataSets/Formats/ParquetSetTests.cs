using CsCheck;
using Parquet;

namespace Microsoft.ML.Clip.Tests;

/// <summary>Files by Apache's own writer (eng/golden/parquet.cs), and by Parquet.Net.</summary>
public sealed class ParquetSetTests
{
    private const int GoldenRows = 200;

    private static readonly string[] GoldenNames = ["cat", "dog", "hors d'œuvre"];

    [Theory]
    [InlineData("snappy-dictionary")]
    [InlineData("gzip-plain")]
    [InlineData("brotli-v2")]
    [InlineData("none-v2-plain")]
    public void FromParquet_ApachesFiles_AreRead(string name)
    {
        var set = ClipDataSet.FromParquet(Golden(name));
        var rows = SetFiles.ReadTwice(set);

        Assert.Equal((GoldenRows, name, false), (set.Count, set.Name, set.ImagesAreFiles));
        Assert.Equal(GoldenNames, set.ClassNames);
        for (int i = 0; i < GoldenRows; i++)
        {
            Assert.Equal(($"{name}.parquet[{i}]", i % 3), (rows[i].Name, rows[i].Label));
            Assert.Equal(Enumerable.Repeat((byte)i, 30 * (1 + (i % 7))), rows[i].Encoded.ToArray());
        }
    }

    [Fact]
    public void FromParquet_NoImageOrOnlyItsPath_NamesTheRow()
    {
        var set = ClipDataSet.FromParquet(Golden("nulls"));

        Assert.Equal(5, set.Read().TakeWhile(r => !r.Name.EndsWith("[4]", StringComparison.Ordinal)).Count() + 1);
        SetFiles.Refused(() => SetFiles.Drain(set), "Row 5 (counted from 0)", "nulls.parquet", "has no image in the column 'image.bytes'");
    }

    /// <summary>A value that is missing within its group moves the others, and with them the labels, in readers that look at the column alone.</summary>
    [Fact]
    public void Column_ValuesThatAreMissing_KeepTheirPlaces()
    {
        string path = Golden("nulls");
        using var stream = File.OpenRead(path);
        var footer = ParquetFooter.Read(stream, path);
        var leaf = Assert.Single(footer.Leaves, l => l.Path == "image.bytes");

        var values = footer.RowGroups.SelectMany(g => ParquetColumn.Read(stream, leaf, g.Chunks.Single(c => c.Path == leaf.Path), "it")).ToArray();

        Assert.Equal((GoldenRows, 3, 2), (values.Length, footer.RowGroups.Count, leaf.MaximumDefinition));
        for (int i = 0; i < GoldenRows; i++)
        {
            Assert.Equal(i is 5 or 11 ? null : (byte)i, values[i]?.Bytes.Span[0]);
        }
    }

    [Fact]
    public void FromParquet_WhatIsNotRead_SaysSo()
    {
        SetFiles.Refused(() => SetFiles.Drain(ClipDataSet.FromParquet(Golden("zstd"))), "zstd.parquet", "'image.bytes'", "Zstandard", "expected none, Snappy, gzip or Brotli");
        SetFiles.Refused(() => SetFiles.Drain(ClipDataSet.FromParquet(Golden("delta"))), "delta.parquet", "'label'", "encoding 5", "expected plain");
    }

    [Theory]
    [InlineData(CompressionMethod.None)]
    [InlineData(CompressionMethod.Snappy)]
    [InlineData(CompressionMethod.Gzip)]
    [InlineData(CompressionMethod.Brotli)]
    public void FromParquet_GivesBackWhatAnotherLibraryWrote(CompressionMethod method) =>
        Gen.Select(Gen.Byte.Array[1, 5000], Gen.Int[0, 2]).Array[1, 12].Array[1, 3].Sample(groups =>
        {
            using var folder = new TemporaryDirectory();
            folder.Write("classnames.txt", "a\nb\nc\n");
            ParquetFiles.Write(folder, "train.parquet", [.. groups.Select(g => g.Select(r => (r.Item1, (object)r.Item2)).ToArray())], method);

            var set = ClipDataSet.FromParquet(folder);

            Assert.Equal(groups.Sum(g => g.Length), set.Count);
            Assert.Equal(groups.SelectMany(g => g).Select(r => (r.Item2, Convert.ToHexString(r.Item1))),
                SetFiles.ReadTwice(set).Select(r => (r.Label, Convert.ToHexString(r.Encoded.Span))));
        }, iter: 15, threads: 1);

    [Fact]
    public void FromParquet_LabelsThatAreNames_MakeTheClasses()
    {
        using var folder = new TemporaryDirectory();
        ParquetFiles.Write(folder, "test-00000-of-00002.parquet", [[([1], "dog"), ([2], "cat")]]);
        ParquetFiles.Write(folder, "test-00001-of-00002.parquet", [[([3], "Zebra"), ([4], "cat")]]);

        var set = ClipDataSet.FromParquet(folder, "test");

        Assert.Equal(["Zebra", "cat", "dog"], set.ClassNames);
        Assert.Equal([2, 1, 0, 1], SetFiles.ReadTwice(set).Select(r => r.Label));
        Assert.EndsWith("/test", set.Name, StringComparison.Ordinal);
        Assert.Equal([0, 1, 2, 1], ClipDataSet.FromParquet(folder, classNames: ["dog", "cat", "Zebra"]).Read().Select(r => r.Label));
        SetFiles.Refused(() => SetFiles.Drain(ClipDataSet.FromParquet(folder, classNames: ["dog", "cat"])), "Row 0", "00001-of", "'Zebra'", "2 class names");
        SetFiles.Refused(() => ClipDataSet.FromParquet(folder, classNames: ["dog", "dog"]), "'dog' is the name of classes 0 and 1");
    }

    [Fact]
    public void FromParquet_OtherColumns_AreChosen()
    {
        using var folder = new TemporaryDirectory();
        string file = ParquetFiles.Write(folder, "a.parquet", [[([1], 1), ([2], 0)]], image: "png", label: "fine");

        Assert.Equal([1, 0], ClipDataSet.FromParquet(file, labelColumn: "fine", classNames: ["a", "b"]).Read().Select(r => r.Label));
        Assert.Equal(2, ClipDataSet.FromParquet(file, imageColumn: "png", labelColumn: "fine", classNames: ["a", "b"]).Count);
        SetFiles.Refused(() => ClipDataSet.FromParquet(file), "a.parquet", "no column of labels, 'label', 'cls'", "its columns are 'png', 'fine'");
        SetFiles.Refused(() => ClipDataSet.FromParquet(file, imageColumn: "photo", labelColumn: "fine"), "no column of images, 'photo'");
        SetFiles.Refused(() => ClipDataSet.FromParquet(file, imageColumn: "fine", labelColumn: "fine"), "'fine'", "type 1", "expected bytes");
        SetFiles.Refused(() => ClipDataSet.FromParquet(file, labelColumn: "fine"), "labels that are numbers", "classnames.txt", "give the names");
    }

    [Fact]
    public void FromParquet_LabelsThatDoNotFit_AreNamed()
    {
        using var folder = new TemporaryDirectory();
        string file = ParquetFiles.Write(folder, "a.parquet", [[([1], 1), ([2], 2)], [([3], -1)]]);
        SetFiles.Refused(() => SetFiles.Drain(ClipDataSet.FromParquet(file, classNames: ["a", "b"])), "a.parquet[1]", "label 2", "2 class names");
        SetFiles.Refused(() => SetFiles.Drain(ClipDataSet.FromParquet(file, classNames: ["a", "b", "c"])), "Row 2", "label -1", "not public have -1");
        SetFiles.Refused(() => ClipDataSet.FromParquet(Golden("gzip-plain"), classNames: ["a", "b"]), "2 class names for 3 classes");
    }

    [Fact]
    public void FromParquet_Splits_AreNotMixed()
    {
        using var folder = new TemporaryDirectory();
        (byte[], object)[][] rows = [[([1], "a"), ([2], "b")]];
        ParquetFiles.Write(folder, "data/train-00000-of-00001.parquet", rows);
        ParquetFiles.Write(folder, "data/test-00000-of-00002.parquet", rows);
        SetFiles.Refused(() => ClipDataSet.FromParquet(folder), "several splits, 'test', 'train'");
        SetFiles.Refused(() => ClipDataSet.FromParquet(folder, "validation"), "no split 'validation'", "'test', 'train'");
        SetFiles.Refused(() => ClipDataSet.FromParquet(folder, "test"), "1 files of 'test'", "expected 2");
        Assert.Equal("data/train-00000-of-00001.parquet[0]", ClipDataSet.FromParquet(folder, "train").Read().First().Name);

        using var other = new TemporaryDirectory();
        ParquetFiles.Write(other, "default/test/0000.parquet", rows);
        ParquetFiles.Write(other, "default/test/0001.parquet", [[([3], 1)]]);
        SetFiles.Refused(() => ClipDataSet.FromParquet(other, "test"), "0001.parquet", "another kind");
        ParquetFiles.Write(other, "default/test/0001.parquet", rows);
        Assert.Equal(4, ClipDataSet.FromParquet(other, "test").Read().Count());
        SetFiles.Refused(() => ClipDataSet.FromParquet(other.Combine("nothing")), "nothing");
        Directory.CreateDirectory(other.Combine("empty"));
        SetFiles.Refused(() => ClipDataSet.FromParquet(other.Combine("empty")), "no Parquet file");
    }

    [Fact]
    public void FromParquet_CutShortOrNone_IsRefused()
    {
        byte[] whole = File.ReadAllBytes(Golden("snappy-dictionary"));
        using var folder = new TemporaryDirectory();
        foreach (int length in (int[])[whole.Length - 1, whole.Length / 2, 100, 12])
        {
            SetFiles.Refused(() => ClipDataSet.FromParquet(folder.Write("a.parquet", whole[..length])), "a.parquet", "cut short");
        }
        SetFiles.Refused(() => ClipDataSet.FromParquet(folder.Write("a.parquet", "PAR1")), "a.parquet", "4 bytes");
        SetFiles.Refused(() => ClipDataSet.FromParquet(folder.Write("a.parquet", "version https://git-lfs")), "a.parquet", "no Parquet file");
        byte[] long_ = [.. whole];
        long_[^5] = 0x7F;
        SetFiles.Refused(() => ClipDataSet.FromParquet(folder.Write("a.parquet", long_)), "a.parquet", "footer");
    }

    /// <summary>Whatever is damaged, it ends with rows or with the one kind of error, and soon.</summary>
    [Theory]
    [InlineData("snappy-dictionary")]
    [InlineData("gzip-plain")]
    [InlineData("brotli-v2")]
    [InlineData("none-v2-plain")]
    public void Read_Damaged_IsReadOrRefused(string name)
    {
        byte[] whole = File.ReadAllBytes(Golden(name));
        using var folder = new TemporaryDirectory();
        Gen.Select(Gen.Int[0, whole.Length - 1], Gen.Byte, Gen.Int[0, whole.Length - 1], Gen.Byte).Sample((at, value, second, other) =>
        {
            byte[] damaged = [.. whole];
            (damaged[at], damaged[second]) = (value, other);
            string file = folder.Write("a.parquet", damaged);
            var error = Record.Exception(() => SetFiles.Drain(ClipDataSet.FromParquet(file)));
            Assert.True(error is null or InvalidDataException, $"{error}");
        }, iter: 200, threads: 1);
    }

    // What would be read for ever, or be all of memory: said of a file of some hundred bytes.
    [Fact]
    public void Footer_ThatPromisesTooMuch_IsRefused()
    {
        byte[] rows = [0x80, 0x80, 0x80, 0x80, 0x80, 0x40];
        Refused(Footer(name: "label", groups: [rows]), "it says that a group has");
        // 800 rows in 124 bytes or so may be; many times that, of the same bytes, may not.
        Refused(Footer(name: "label", groups: [.. Enumerable.Repeat<byte[]>([0xC0, 0x0C], 14)]), "it says that there are 11,200 rows");
        Refused(Footer(name: new string('x', 5000), groups: []), "a name of 5000 characters");
        Refused([0x15, 2, 0x19, 0xFC, 0xFF, 0xFF, 0xFF, 0xFF, 0x0F], "a list of 4294967295 items goes beyond its end");
        Refused([.. Enumerable.Repeat((byte)0x7C, 100)], "nested more than 32 deep");
        Refused([0x15, 0xFF, 0xFF, 0xFF, 0xFF, 0xFF, 0xFF, 0xFF, 0xFF, 0xFF, 0xFF, 0xFF], "more than ten bytes");
        Refused([0x15, 0xFF], "cut short");
        Refused([0], "no schema");

        static void Refused(byte[] footer, string expected)
        {
            using var folder = new TemporaryDirectory();
            string file = folder.Write("a.parquet", [.. "PAR1"u8, .. new byte[100], .. footer, .. BitConverter.GetBytes(footer.Length), .. "PAR1"u8]);
            SetFiles.Refused(() => ClipDataSet.FromParquet(file), "a.parquet", expected);
        }

        // By parquet.thrift, in the compact protocol: a version, a schema of one column of bytes, groups of no columns and so many rows (as varints).
        static byte[] Footer(string name, byte[][] groups)
        {
            byte[] length = name.Length < 0x80 ? [(byte)name.Length] : [(byte)(name.Length | 0x80), (byte)(name.Length >> 7)];
            byte[] leaf = [0x15, 12, 0x25, 0, 0x18, .. length, .. System.Text.Encoding.ASCII.GetBytes(name), 0];
            byte[] all = [.. groups.SelectMany(g => (byte[])[0x19, 0x0C, 0x26, .. g, 0])];
            return [0x15, 2, 0x19, 0x2C, 0x48, 1, (byte)'s', 0x15, 2, 0, .. leaf, 0x29, (byte)((groups.Length << 4) | 0xC), .. all, 0];
        }
    }

    [Fact]
    public void FromParquet_LabelsOfACaptionsLength_AreShortInMessages()
    {
        using var folder = new TemporaryDirectory();
        string file = ParquetFiles.Write(folder, "a.parquet", [[([1], new string('x', 10_000)), ([2], "b")]]);

        var error = Assert.Throws<InvalidDataException>(() => SetFiles.Drain(ClipDataSet.FromParquet(file, classNames: ["a", "b"])));

        Assert.InRange(error.Message.Length, 200, 500);
    }

    private static string Golden(string name) => Path.Combine(AppContext.BaseDirectory, "Golden", "parquet", name + ".parquet");
}
