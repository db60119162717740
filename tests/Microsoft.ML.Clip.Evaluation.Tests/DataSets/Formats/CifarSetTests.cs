using CsCheck;

namespace Microsoft.ML.Clip.Tests;

public sealed class CifarSetTests
{
    private static readonly string[] Train = [.. Enumerable.Range(1, 5).Select(i => $"data_batch_{i}")];

    [Fact]
    public void FromCifar10_Binary_ReadsBatchAfterBatch()
    {
        using var folder = Binary();

        var set = ClipDataSet.FromCifar10(folder, "train");
        var rows = SetFiles.ReadTwice(set);

        Assert.Equal((10, "cifar10/train"), (set.Count, set.Name));
        Assert.Equal(["airplane", "automobile"], set.ClassNames);
        Assert.Equal(Train.SelectMany(t => (string[])[$"{t}.bin[0]", $"{t}.bin[1]"]), rows.Select(r => r.Name));
        Assert.Equal(Enumerable.Range(0, 10).Select(i => i % 2), rows.Select(r => r.Label));
        Assert.Equal(Enumerable.Range(0, 10).Select(SetFiles.Pixels), rows.Select(r => SetFiles.Planes(r.Encoded.Span)));
        Assert.Single(ClipDataSet.FromCifar10(folder, "test").Read());
    }

    [Fact]
    public void FromCifar10_Python_GivesTheSameRowsAsBinary() => Gen.Select(Gen.Int[0, 1], Gen.Byte.Array[SetFiles.CifarPixels]).Array[1, 3].Sample(rows =>
    {
        using TemporaryDirectory binary = new(), python = new();
        binary.Write("batches.meta.txt", "airplane\nautomobile\n\n");
        binary.Write("test_batch.bin", [.. rows.SelectMany(r => (byte[])[(byte)r.Item1, .. r.Item2])]);
        python.Write("batches.meta", SetFiles.Gunzip(PickleFiles.Meta));
        python.Write("test_batch", SetFiles.Python2Batch("labels", [.. rows.Select(r => r.Item1)], [.. rows.Select(r => r.Item2)]));

        ClipDataSet a = ClipDataSet.FromCifar10(binary, "test"), b = ClipDataSet.FromCifar10(python, "test");

        Assert.Equal(a.ClassNames, b.ClassNames);
        Assert.Equal(SetFiles.ReadTwice(a).Select(r => (r.Label, Convert.ToHexString(r.Encoded.Span))),
            SetFiles.ReadTwice(b).Select(r => (r.Label, Convert.ToHexString(r.Encoded.Span))));
    }, iter: 10, threads: 1);

    [Theory]
    [InlineData(PickleFiles.Batch2)]
    [InlineData(PickleFiles.Batch4)]
    public void FromCifar10_PicklesOfPython3_AreRead(string batch)
    {
        using var folder = Python(batch);

        var rows = SetFiles.ReadTwice(ClipDataSet.FromCifar10(folder, "test"));

        Assert.Equal([("test_batch[0]", 1), ("test_batch[1]", 0)], rows.Select(r => (r.Name, r.Label)));
        Assert.Equal([SetFiles.Pixels(0), SetFiles.Pixels(1)], rows.Select(r => SetFiles.Planes(r.Encoded.Span)));
    }

    [Fact]
    public void FromCifar100_FineAndCoarse()
    {
        using var folder = new TemporaryDirectory();
        folder.Write("fine_label_names.txt", "apple\naquarium_fish\nbaby\n");
        folder.Write("coarse_label_names.txt", "aquatic_mammals\nfish\n");
        folder.Write("test.bin", [1, 2, .. SetFiles.Pixels(0), 0, 1, .. SetFiles.Pixels(1)]);

        Assert.Equal([2, 1], SetFiles.ReadTwice(ClipDataSet.FromCifar100(folder, "test")).Select(r => r.Label));
        Assert.Equal([1, 0], SetFiles.ReadTwice(ClipDataSet.FromCifar100(folder, "test", coarse: true)).Select(r => r.Label));
        Assert.Equal(["aquatic_mammals", "fish"], ClipDataSet.FromCifar100(folder, "test", coarse: true).ClassNames);
        Assert.Equal([SetFiles.Pixels(0), SetFiles.Pixels(1)], ClipDataSet.FromCifar100(folder, "test").Read().Select(r => SetFiles.Planes(r.Encoded.Span)));
    }

    [Fact]
    public void FromCifar100_Python_ReadsItsKeys()
    {
        using var folder = new TemporaryDirectory();
        folder.Write("meta", [0x80, 2, .. "}(U"u8, 18, .. "coarse_label_names](U\u0004fishU\u0004treeeu."u8]);
        SetFiles.Refused(() => ClipDataSet.FromCifar100(folder, "test", coarse: true), "lacks 'test'");
        folder.Write("test", SetFiles.Python2Batch("coarse_labels", [1], [SetFiles.Pixels(5)]));

        var row = Assert.Single(ClipDataSet.FromCifar100(folder, "test", coarse: true).Read());

        Assert.Equal((1, "test[0]"), (row.Label, row.Name));
        SetFiles.Refused(() => ClipDataSet.FromCifar100(folder, "test"), "fine_label_names", "'coarse_label_names'");
    }

    [Fact]
    public void FromCifar_WhatDoesNotFit_IsNamed()
    {
        using var folder = Binary();

        folder.Write("data_batch_3.bin", new byte[SetFiles.CifarPixels]);
        SetFiles.Refused(() => ClipDataSet.FromCifar10(folder, "train"), "data_batch_3.bin", "after 0 rows", "3072 more");
        File.Delete(folder.Combine("data_batch_3.bin"));
        SetFiles.Refused(() => ClipDataSet.FromCifar10(folder, "train"), "lacks 'data_batch_3.bin'");
        folder.Write("test_batch.bin", [2, .. SetFiles.Pixels(0)]);
        SetFiles.Refused(() => SetFiles.Drain(ClipDataSet.FromCifar10(folder, "test")), "test_batch.bin[0]", "label 2", "2 class names");
        folder.Write("batches.meta.txt", "airplane\n");
        SetFiles.Refused(() => ClipDataSet.FromCifar10(folder, "test"), "batches.meta.txt", "one class only");
        File.Delete(folder.Combine("batches.meta.txt"));
        SetFiles.Refused(() => ClipDataSet.FromCifar10(folder, "test"), "neither 'batches.meta.txt'", "nor 'batches.meta'");
        Assert.Contains("'val'", Assert.Throws<ArgumentException>(() => ClipDataSet.FromCifar10(folder, "val")).Message, StringComparison.Ordinal);
        Assert.Throws<ArgumentException>(() => ClipDataSet.FromCifar100(folder, "val"));
    }

    [Fact]
    public void FromCifar10_LabelsAndImagesOfAnotherNumber_AreNamed()
    {
        using var folder = Python(PickleFiles.Floats);
        SetFiles.Refused(() => SetFiles.Drain(ClipDataSet.FromCifar10(folder, "test")), "test_batch", "'f4'", "expected 'u1'");
        folder.Write("test_batch", SetFiles.Python2Batch("labels", [1, 0], [SetFiles.Pixels(0)]));
        SetFiles.Refused(() => SetFiles.Drain(ClipDataSet.FromCifar10(folder, "test")), "test_batch", "1 images", "2 labels");
        folder.Write("test_batch", SetFiles.Python2Batch("other", [1], [SetFiles.Pixels(0)]));
        SetFiles.Refused(() => SetFiles.Drain(ClipDataSet.FromCifar10(folder, "test")), "test_batch", "'labels'", "'other'");
        folder.Write("test_batch", SetFiles.Gunzip(PickleFiles.Meta));
        SetFiles.Refused(() => SetFiles.Drain(ClipDataSet.FromCifar10(folder, "test")), "test_batch", "'labels'");
    }

    private static TemporaryDirectory Binary()
    {
        var folder = new TemporaryDirectory();
        folder.Write("batches.meta.txt", "airplane\nautomobile\n");
        for (int i = 0; i < Train.Length; i++)
        {
            folder.Write(Train[i] + ".bin", [0, .. SetFiles.Pixels(2 * i), 1, .. SetFiles.Pixels((2 * i) + 1)]);
        }
        folder.Write("test_batch.bin", [1, .. SetFiles.Pixels(0)]);
        return folder;
    }

    private static TemporaryDirectory Python(string batch)
    {
        var folder = new TemporaryDirectory();
        folder.Write("batches.meta", SetFiles.Gunzip(PickleFiles.Meta));
        folder.Write("test_batch", SetFiles.Gunzip(batch));
        return folder;
    }
}
