using System.Text;
using CsCheck;

namespace Microsoft.ML.Clip.Tests;

public sealed class TarSetTests
{
    private static readonly byte[] Image = [0xFF, 0xD8, 7, 8, 9];

    [Fact]
    public void FromWebDataset_ReadsImagesLabelsNamesAndTemplates()
    {
        using var folder = Folder(SetFiles.Tar(Picture("s0", "jpg", 1), Label("s0", 1), Picture("s1", "webp", 0), Label("s1", 0), ("s1.json", SetFiles.NoImage)),
            SetFiles.Tar(Label("s2", 1), Picture("s2", "PNG", 1)));
        folder.Write("zeroshot_classification_templates.txt", "a photo of a {c}.\na sketch of the {c}.\n");
        folder.Write("test/nshards.txt", "2\n");

        var set = ClipDataSet.FromWebDataset(folder);
        var rows = SetFiles.ReadTwice(set);

        Assert.Equal(["cat", "dog"], set.ClassNames);
        Assert.Equal(["a photo of a {}.", "a sketch of the {}."], set.Templates);
        Assert.Equal([("test/0.tar/s0", 1), ("test/0.tar/s1", 0), ("test/1.tar/s2", 1)], rows.Select(r => (r.Name, r.Label)));
        Assert.Equal([Content("s0", 1), Content("s1", 0), Content("s2", 1)], rows.Select(r => r.Encoded.ToArray()));
        Assert.EndsWith("/test", set.Name, StringComparison.Ordinal);
    }

    [Fact]
    public void FromWebDataset_GivesBackWhatWasWritten() => Gen.Select(Gen.Byte.Array[1, 2000], Gen.Int[0, 1]).Array[1, 6].Sample(rows =>
    {
        using var folder = Folder(SetFiles.Tar([.. rows.SelectMany((r, i) => ((string, byte[])[])[($"dir/{i:D3}.png", r.Item1), Label($"dir/{i:D3}", r.Item2)])]));

        var read = ClipDataSet.FromWebDataset(folder).Read().ToArray();

        Assert.Equal(rows.Select(r => (r.Item2, Convert.ToHexString(r.Item1))), read.Select(r => (r.Label, Convert.ToHexString(r.Encoded.Span))));
    }, iter: 20, threads: 1);

    [Theory]
    [InlineData("test/1.tar")]
    [InlineData("test/nshards.txt")]
    [InlineData("test")]
    [InlineData("classnames.txt")]
    public void FromWebDataset_WithoutAFile_NamesIt(string missing)
    {
        byte[] tar = SetFiles.Tar(Picture("s0", "jpg", 1), Label("s0", 1));
        using var folder = Folder(tar, tar, tar);
        folder.Write("test/nshards.txt", "4");
        if (Directory.Exists(folder.Combine(missing)))
        {
            Directory.Delete(folder.Combine(missing), recursive: true);
        }
        else
        {
            File.Delete(folder.Combine(missing));
        }
        if (missing == "test/nshards.txt")
        {
            // Without a count nothing tells that the last is missing, but that one between is.
            Assert.Equal(3, ClipDataSet.FromWebDataset(folder).Read().Count());
            File.Delete(folder.Combine("test/0.tar"));
            missing = "'0.tar'";
        }
        SetFiles.Refused(() => ClipDataSet.FromWebDataset(folder), missing.Split('/')[^1]);
    }

    [Fact]
    public void Read_TarCutShort_SaysWhereWherever()
    {
        byte[] tar = SetFiles.Tar(Picture("s0", "jpg", 1), Label("s0", 1), Picture("s1", "jpg", 1), Label("s1", 1));

        // Between two entries, within a head, within an image; two blocks for each entry here.
        foreach (int length in (int[])[4 * 512, 8 * 512, 512, 1000, 516, (4 * 512) + 100])
        {
            using var folder = Folder(tar[..length]);
            SetFiles.Refused(() => SetFiles.Drain(ClipDataSet.FromWebDataset(folder)), "0.tar", "cut short", SetFiles.Number(length));
        }
    }

    [Fact]
    public void Read_WhatDoesNotFit_IsNamed()
    {
        Refused([Picture("s0", "jpg", 1)], "'s0'", "no label");
        Refused([Label("s0", 1)], "'s0'", "no image");
        Refused([Picture("s0", "jpg", 1), Label("s0", 2)], "test/0.tar/s0", "label 2", "2 class names");
        Refused([Picture("s0", "jpg", 1), ("s0.cls", "dog"u8.ToArray())], "'s0.cls'", "'dog'");
        Refused([Picture("s0", "jpg", 1), ("s0.cls", "-1"u8.ToArray())], "'s0.cls'", "'-1'");
        Refused([Picture("s0", "jpg", 1), ("s0.cls", new byte[65])], "'s0.cls'", "65 bytes");
        Refused([Picture("s0", "jpg", 1), Picture("s0", "png", 1)], "image of 's0' twice", "s0.png");
        Refused([Label("s0", 1), Label("s0", 1)], "label of 's0' twice");
        Refused([Picture("s0", "jpg", 1), Label("s0", 1), Picture("s1", "jpg", 1), Label("s1", 1), Label("s0", 1)], "'s0' twice");
        Refused([("README", SetFiles.NoImage)], "'README'");
        Refused([("s0.jpg", []), Label("s0", 1)], "'s0.jpg'", "0 bytes");
    }

    [Fact]
    public void Read_NoTarOrHostile_IsRefused()
    {
        byte[] tar = SetFiles.Tar(Picture("s0", "jpg", 1), Label("s0", 1));
        Damaged(t => t[0] ^= 1, "checksum");
        Damaged(t => Patch(t, 124, "77777777777\0"), "cut short within 's0.jpg'");
        Damaged(t => Patch(t, 124, "9999\0"), "size cannot be right");
        // A list of attributes of 8 GB: nobody asks for the memory.
        Damaged(t =>
        {
            t[156] = (byte)'x';
            Patch(t, 124, "77777777777\0");
        }, "size cannot be right");
        Damaged(t => t[156] = (byte)'2', "SymbolicLink");

        void Damaged(Action<byte[]> damage, string expected)
        {
            byte[] copy = [.. tar];
            damage(copy);
            if (expected != "checksum")
            {
                copy.AsSpan(148, 8).Fill((byte)' ');
                Patch(copy, 148, Convert.ToString(copy.AsSpan(0, 512).ToArray().Sum(b => b), 8).PadLeft(6, '0') + "\0 ");
            }
            using var folder = Folder(copy);
            SetFiles.Refused(() => SetFiles.Drain(ClipDataSet.FromWebDataset(folder)), "0.tar", expected);
        }
    }

    // Whatever is damaged, it ends with rows or with the one kind of error.
    [Fact]
    public void Read_DamagedTar_IsReadOrRefused()
    {
        byte[] tar = SetFiles.Tar(Picture("s0", "jpg", 1), Label("s0", 1));
        Gen.Select(Gen.Int[0, 1535], Gen.Byte, Gen.Bool).Sample((at, value, isSigned) =>
        {
            byte[] damaged = [.. tar];
            damaged[at] = value;
            if (isSigned && at < 512)
            {
                damaged.AsSpan(148, 8).Fill((byte)' ');
                Patch(damaged, 148, Convert.ToString(damaged.AsSpan(0, 512).ToArray().Sum(b => b), 8).PadLeft(6, '0') + "\0 ");
            }
            using var folder = Folder(damaged);
            var error = Record.Exception(() => SetFiles.Drain(ClipDataSet.FromWebDataset(folder)));
            Assert.True(error is null or InvalidDataException, $"{error}");
        }, iter: 300, threads: 1);
    }

    [Fact]
    public void FromWebDataset_ListsThatDoNotFit_AreNamed()
    {
        byte[] tar = SetFiles.Tar(Picture("s0", "jpg", 1), Label("s0", 1));
        using var folder = Folder(tar);
        folder.Write("zeroshot_classification_templates.txt", "a photo of a {c}.\na sketch.\n");
        SetFiles.Refused(() => ClipDataSet.FromWebDataset(folder), "Line 2", "zeroshot_classification_templates.txt");
        folder.Write("test/nshards.txt", "many");
        SetFiles.Refused(() => ClipDataSet.FromWebDataset(folder), "nshards.txt", "'many'");
        folder.Write("test/00.tar", tar);
        SetFiles.Refused(() => ClipDataSet.FromWebDataset(folder), "number of another");
        Assert.Throws<ArgumentException>(() => ClipDataSet.FromWebDataset(folder, ".."));
        Assert.Throws<ArgumentException>(() => ClipDataSet.FromWebDataset(folder, "a/b"));
    }

    private static void Refused((string, byte[])[] entries, params string[] words)
    {
        using var folder = Folder(SetFiles.Tar(entries));
        SetFiles.Refused(() => SetFiles.Drain(ClipDataSet.FromWebDataset(folder)), ["0.tar", .. words]);
    }

    private static TemporaryDirectory Folder(params byte[][] tars)
    {
        var folder = new TemporaryDirectory();
        folder.Write("classnames.txt", "cat\ndog\n");
        for (int i = 0; i < tars.Length; i++)
        {
            folder.Write($"test/{i}.tar", tars[i]);
        }
        return folder;
    }

    private static void Patch(byte[] tar, int at, string text) => Encoding.ASCII.GetBytes(text).CopyTo(tar, at);

    private static byte[] Content(string name, int label) => [.. Image, .. Encoding.ASCII.GetBytes(name), (byte)label];

    private static (string, byte[]) Picture(string name, string field, int label) => ($"{name}.{field}", Content(name, label));

    private static (string, byte[]) Label(string name, int label) => ($"{name}.cls", Encoding.ASCII.GetBytes(SetFiles.Number(label)));
}
