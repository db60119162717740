using CsCheck;

namespace Microsoft.ML.Clip.Tests;

public sealed class IdxSetTests
{
    private static readonly string[] Digits = [.. Enumerable.Range(0, 10).Select(SetFiles.Number)];

    private static readonly Gen<(byte[][] Images, byte[] Labels, int Height, int Width, bool IsPacked)> Sets =
        from height in Gen.Int[1, 9]
        from width in Gen.Int[1, 9]
        from count in Gen.Int[1, 5]
        from images in Gen.Byte.Array[height * width].Array[count]
        from labels in Gen.Byte[0, 9].Array[count]
        from isPacked in Gen.Bool
        select (images, labels, height, width, isPacked);

    [Fact]
    public void FromIdx_GivesBackWhatWasWritten() => Sets.Sample(s =>
    {
        using var folder = new TemporaryDirectory();
        byte[] images = SetFiles.IdxImages(s.Images, s.Height, s.Width), labels = SetFiles.IdxLabels(s.Labels);
        string imagesFile = folder.Write("images", s.IsPacked ? SetFiles.Gzip(images) : images);
        string labelsFile = folder.Write("labels", s.IsPacked ? SetFiles.Gzip(labels) : labels);

        var set = ClipDataSet.FromIdx(imagesFile, labelsFile, Digits);
        var rows = SetFiles.ReadTwice(set);

        Assert.Equal(s.Labels.Length, set.Count);
        Assert.Equal(s.Labels.Select(l => (int)l), rows.Select(r => r.Label));
        Assert.Equal(s.Images.Select(i => (byte[])[.. i, .. i, .. i]), rows.Select(r => SetFiles.Planes(r.Encoded.Span)));
    }, iter: 30, threads: 1);

    [Fact]
    public void FromIdx_Images_AreDecodedToTheirValues()
    {
        byte[] pixels = [.. Enumerable.Range(0, 28 * 28).Select(i => (byte)(5 * i))];
        using var folder = new TemporaryDirectory();
        var row = Assert.Single(Open(folder, SetFiles.IdxImages([pixels], 28, 28), SetFiles.IdxLabels([3])).Read());
        var preprocessor = ClipImagePreprocessor.FromJson("""
            { "size": { "shortest_edge": 28 }, "crop_size": { "height": 28, "width": 28 }, "image_mean": [0, 0, 0], "image_std": [1, 1, 1], "resample": 3 }
            """);
        float[] values = new float[preprocessor.PixelValueCount];

        preprocessor.PreprocessEncoded(row.Encoded.Span, values);

        Assert.Equal((byte[])[.. pixels, .. pixels, .. pixels], values.Select(v => (byte)MathF.Round(255 * v)));
    }

    [Fact]
    public void FromIdx_WrongFiles_AreNamed()
    {
        byte[] images = SetFiles.IdxImages([new byte[4], new byte[4]], 2, 2), labels = SetFiles.IdxLabels([0, 1]);
        using var folder = new TemporaryDirectory();

        SetFiles.Refused(() => Open(folder, labels, labels), "images", "0x00000801", "expected 0x00000803");
        SetFiles.Refused(() => Open(folder, images, SetFiles.IdxLabels([0])), "2 images", "1 labels");
        SetFiles.Refused(() => Open(folder, [], labels), "images", "no bytes");
        SetFiles.Refused(() => Open(folder, [0, 0], labels), "images", "cut short");
        SetFiles.Refused(() => Open(folder, SetFiles.Idx(0x803, [2, 0, 2], []), labels), "2 x 0 pixels");
        SetFiles.Refused(() => Open(folder, SetFiles.Idx(0x803, [2, int.MaxValue, int.MaxValue], []), labels), "pixels");
        SetFiles.Refused(() => Open(folder, SetFiles.Idx(0x803, [-1, 2, 2], []), labels), "-1 rows");
        SetFiles.Refused(() => SetFiles.Drain(Open(folder, images, SetFiles.IdxLabels([0, 10]))), "images[1]", "label 10", "10 class names");
        SetFiles.Refused(() => SetFiles.Drain(Open(folder, [.. images, 0], labels)), "images", "goes on after its 2 rows");
    }

    [Theory]
    [InlineData(false)]
    [InlineData(true)]
    public void FromIdx_CutShort_GivesTheRowsBeforeAndNamesTheNext(bool isPacked)
    {
        // Values that packing does not make shorter.
        byte[] pixels = new byte[50 * 4096];
        new Random(1).NextBytes(pixels);
        byte[] images = SetFiles.IdxImages([.. pixels.Chunk(4096)], 64, 64);
        images = isPacked ? SetFiles.Gzip(images) : images;
        using var folder = new TemporaryDirectory();
        var set = Open(folder, images[..^5000], SetFiles.IdxLabels(new byte[50]));

        int read = 0;
        SetFiles.Refused(() =>
        {
            foreach (var row in set.Read())
            {
                Assert.Equal(pixels.AsSpan(4096 * read++, 4096), SetFiles.Planes(row.Encoded.Span).AsSpan(0, 4096));
            }
        }, "images", "row 48 of 50");
        Assert.Equal(48, read);
    }

    [Fact]
    public void FromIdx_FashionMnist_HasAThousandOfEachClass()
    {
        using var folder = SetFiles.Unpack("fashion-mnist-t10k");

        var set = ClipDataSet.FromIdx(folder.Combine("t10k-images-idx3-ubyte.gz"), folder.Combine("t10k-labels-idx1-ubyte.gz"), Digits);

        Assert.All(set.Summarize().Classes, c => Assert.Equal(1000, c.Count));
        Assert.Equal([9, 2, 1, 1, 6, 1, 4, 6, 5, 7], set.Read().Take(10).Select(r => r.Label));
    }

    private static ClipDataSet Open(TemporaryDirectory folder, byte[] images, byte[] labels) =>
        ClipDataSet.FromIdx(folder.Write("images", images), folder.Write("labels", labels), Digits);
}
