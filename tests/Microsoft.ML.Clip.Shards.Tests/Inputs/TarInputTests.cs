using System.Formats.Tar;

namespace Microsoft.ML.Clip.Tests;

public sealed class TarInputTests
{
    [Theory]
    [InlineData(TarEntryFormat.Ustar)]
    [InlineData(TarEntryFormat.Gnu)]
    [InlineData(TarEntryFormat.Pax)]
    [InlineData(TarEntryFormat.V7)]
    public void Tars_GroupFilesByTheKeyBeforeTheFirstDot(TarEntryFormat format)
    {
        using var folder = new TemporaryDirectory();
        folder.Write("0.tar", InputRows.Tar(format, ("a/b.c/0.jpg", InputRows.Bytes("zero")), ("a/b.c/0.txt", InputRows.Bytes("a caption")), ("a/b.c/0.json", [1]),
            ("1.PNG", InputRows.Bytes("one")), ("2.jpg.json", [1]), ("2.seg.png", [2]), ("2.webp", InputRows.Bytes("two")), ("nodot", [3]), (".dot.jpg", [4])));
        folder.Write("1.tar", InputRows.Tar(format, ("0.txt", InputRows.Bytes("\u00e9")), ("0.gif", InputRows.Bytes("three"))));

        var inputs = ClipShardInputs.Tars(folder.Combine("{0..1}.tar"));
        var rows = InputRows.All(inputs);

        Assert.Equal([3, 2 - 1], InputRows.Files(inputs).Select(f => f.Rows));
        Assert.Equal([("a/b.c/0", "zero", "a caption"), ("1", "one", null), ("2", "two", null), ("0", "three", "\u00e9")], rows.Select(r => (r.Key, InputRows.Text(r), r.Caption)));
        Assert.All(rows, r => Assert.Null(r.Error));
        Assert.Equal((string)folder, inputs.Location);
    }

    [Theory]
    [InlineData(TarEntryFormat.Gnu)]
    [InlineData(TarEntryFormat.Pax)]
    public void Tars_WithLongNames_HaveThem(TarEntryFormat format)
    {
        using var folder = new TemporaryDirectory();
        string name = string.Concat(Enumerable.Repeat("long-\u00fc/", 60)) + "0";
        string tar = folder.Write("0.tar", InputRows.Tar(format, ("first.jpg", [1]), ($"{name}.jpg", InputRows.Bytes("image")), ($"{name}.txt", InputRows.Bytes("text")), ("last.jpg", [1])));

        var row = InputRows.Range(ClipShardInputs.Tars([tar]), 1, 1).Single();

        Assert.Equal((name, "image", "text"), (row.Key, InputRows.Text(row), row.Caption));
    }

    [Fact]
    public void Tars_OfSamples_AreTheirBytes()
    {
        using var folder = new TemporaryDirectory();
        string[] names = ["bison.jpg", "cat.png", "dog.jpg"];
        string tar = folder.Write("0.tar", InputRows.Tar([.. names.Select(n => (n, File.ReadAllBytes(InputRows.Sample(n))))]));

        Assert.Equal(names.Select(n => File.ReadAllBytes(InputRows.Sample(n))), InputRows.All(ClipShardInputs.Tars([tar])).Select(r => r.Bytes.ToArray()));
    }

    [Fact]
    public void Read_OfAnyRange_IsThatOfTheWhole()
    {
        using var folder = new TemporaryDirectory();
        var random = new Random(1);
        // The first has no row.
        string[] tars = [folder.Write("0.tar", new byte[1024]), .. Enumerable.Range(1, 3).Select(t => folder.Write($"{t}.tar", InputRows.Tar(
            [.. Enumerable.Range(0, 5 * t).SelectMany(i => Row($"{i}", $"{t}/{i}"))])))];
        var inputs = ClipShardInputs.Tars(tars);
        var all = InputRows.All(inputs);

        Assert.Equal(30, all.Length);
        for (int first = 0; first <= all.Length; first++)
        {
            for (int count = 0; first + count <= all.Length; count++)
            {
                Assert.Equal(all.Skip(first).Take(count).Select(r => r.Caption), InputRows.Range(inputs, first, count).Select(r => r.Caption));
            }
        }

        (string, byte[])[] Row(string key, string caption) => [($"{key}.jpg", new byte[1 + random.Next(2000)]), ($"{key}.txt", InputRows.Bytes(caption))];
    }

    [Fact]
    public void Read_OfALongTar_BeginsAtAMark()
    {
        using var folder = new TemporaryDirectory();
        const int Rows = (2 * TarInput.Stride) + 10;
        byte[] tar = InputRows.Tar([.. Enumerable.Range(0, Rows).Select(i => ($"{i}.jpg", InputRows.Bytes($"{i}")))]);
        var inputs = ClipShardInputs.Tars([folder.Write("0.tar", tar)]);
        var file = InputRows.Files(inputs).Single();

        Assert.Equal([1024L * TarInput.Stride, 1024L * 2 * TarInput.Stride], file.Marks!);
        foreach (int first in (int[])[0, 1, TarInput.Stride - 1, TarInput.Stride, TarInput.Stride + 1, (2 * TarInput.Stride) - 1, Rows - 2])
        {
            Assert.Equal([$"{first}", $"{first + 1}"], inputs.Open().Read(file, first, 2, CancellationToken.None).Select(InputRows.Text));
            Assert.Equal([$"{first}"], inputs.Open().Read(file with { Marks = null }, first, 1, CancellationToken.None).Select(InputRows.Text));
        }
        // What lies before the mark is not read.
        byte[] damaged = [.. tar];
        damaged.AsSpan(1024, 1024 * 100).Fill(0xAA);
        folder.Write("0.tar", damaged);
        Assert.Equal($"{TarInput.Stride + 5}", InputRows.Text(inputs.Open().Read(file, TarInput.Stride + 5, 1, CancellationToken.None).Single()));
        var e = Assert.Throws<ClipShardException>(() => inputs.Open().Read(file, 5, 1, CancellationToken.None).ToList());
        Assert.Equal(ClipShardProblem.InputChanged, e.Problem);
    }

    [Fact]
    public void BrokenRows_KeepTheirPlaces()
    {
        using var folder = new TemporaryDirectory();
        string tar = folder.Write("0.tar", InputRows.Tar(
            ("0.jpg", [1]), ("1.txt", InputRows.Bytes("alone")), ("2.jpg", [1]), ("2.png", [1]), ("3.jpg", []), ("4.jpg", [1]), ("4.txt", [0xFF]), ("5.jpg", [1]),
            ("5.txt", new byte[70_000]), ("6.jpg", [1]), ("6.txt", [1]), ("6.txt", [1]), ("7.jpg", [7])));

        var rows = InputRows.All(ClipShardInputs.Tars([tar]));

        Assert.Equal(["0", "1", "2", "3", "4", "5", "6", "7"], rows.Select(r => r.Key));
        string?[] errors = [null, "There is no image", "two images, '2.jpg' and '2.png'", "'3.jpg' has 0 bytes", "not UTF-8", "70000 bytes; expected at most 65536", "two captions",
            null];
        Assert.Equal(errors.Select(e => e is null), rows.Select(r => r.Error is null));
        Assert.All(rows.Zip(errors), r => Assert.Contains(r.Second ?? "", r.First.Error ?? "", StringComparison.Ordinal));
        Assert.All(rows, r => Assert.Equal(r.Error is not null, r.Bytes.IsEmpty));
    }

    [Fact]
    public void Links_AreNotFollowed()
    {
        using var folder = new TemporaryDirectory();
        using var stream = new MemoryStream();
        using (var writer = new TarWriter(stream, TarEntryFormat.Ustar, leaveOpen: true))
        {
            writer.WriteEntry(new UstarTarEntry(TarEntryType.Directory, "../x.jpg"));
            writer.WriteEntry(new UstarTarEntry(TarEntryType.SymbolicLink, "../../a.jpg") { LinkName = "/etc/hosts" });
            writer.WriteEntry(new UstarTarEntry(TarEntryType.RegularFile, "/etc/b.jpg") { DataStream = new MemoryStream([1]) });
        }
        var rows = InputRows.All(ClipShardInputs.Tars([folder.Write("0.tar", stream.ToArray())]));

        Assert.Equal(["../x", "../../a", "/etc/b"], rows.Select(r => r.Key));
        Assert.Equal([true, true, false], rows.Select(r => r.Error?.Contains("is no file", StringComparison.Ordinal) == true));
    }

    [Fact]
    public void Read_OfATarWithFewerRows_SaysSo()
    {
        using var folder = new TemporaryDirectory();
        var inputs = ClipShardInputs.Tars([folder.Write("0.tar", InputRows.Tar(("0.jpg", [1]), ("1.jpg", [1]), ("2.jpg", [1])))]);
        var file = InputRows.Files(inputs).Single();
        folder.Write("0.tar", InputRows.Tar(("0.jpg", [1]), ("1.jpg", [1])));

        var e = Assert.Throws<ClipShardException>(() => inputs.Open().Read(file, 1, 2, CancellationToken.None).ToList());

        Assert.Equal(ClipShardProblem.InputChanged, e.Problem);
        Assert.Contains("has 2 rows; when the plan was made, it had 3", e.Message, StringComparison.Ordinal);
    }
}
