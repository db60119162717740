using System.Text;

namespace Microsoft.ML.Clip.Tests;

/// <summary>Heads: what they compute, and their files.</summary>
public sealed class HeadTests : IDisposable
{
    private readonly TemporaryDirectory _directory = new();

    public void Dispose() => _directory.Dispose();

    public static TheoryData<string> Kinds => new(TinyHeads.Kinds);

    [Theory, MemberData(nameof(Kinds))]
    public void Embed_EveryForm_IsWhatTheDefinitionSays(string kind)
    {
        var head = TinyHeads.Create(kind, 6, 5);
        // More than one block of rows.
        float[][] images = TinyHeads.Features(1100, 6, 21), texts = TinyHeads.Features(3, 5, 22);

        float[][] found = head.EmbedImages(images);
        foreach (int i in (int[])[0, 7, 1023, 1024, 1099])
        {
            Tolerances.Close(TinyHeads.Embed(head.Image, images[i]), found[i], Tolerances.ComposedGraph);
        }
        found = head.EmbedTexts(texts);
        for (int i = 0; i < texts.Length; i++)
        {
            Tolerances.Close(TinyHeads.Embed(head.Text, texts[i]), found[i], Tolerances.ComposedGraph);
        }
    }

    [Theory, MemberData(nameof(Kinds))]
    public void Save_SinglePrecision_IsTheSameHeadAgain(string kind)
    {
        var head = TinyHeads.Create(kind, 6, 5);
        string path = _directory.Combine("head.safetensors");
        head.Save(path);

        var read = ClipLockedHead.Load(path);
        float[][] images = TinyHeads.Features(3, 6, 21), texts = TinyHeads.Features(3, 5, 22);
        Assert.Equal(head.EmbedImages(images), read.EmbedImages(images));
        Assert.Equal(head.EmbedTexts(texts), read.EmbedTexts(texts));
        Assert.Equal((head.LogitScale, 6, 5, head.EmbeddingDimension),
            (read.LogitScale, read.ImageFeatureLength, read.TextFeatureLength, read.EmbeddingDimension));
        using var stream = File.OpenRead(path);
        Assert.Equal(head.EmbedTexts(texts), ClipLockedHead.Load(stream).EmbedTexts(texts));
    }

    [Theory]
    [InlineData(ClipLockedStorage.Half, 1.9, 0.002)]
    [InlineData(ClipLockedStorage.Int8, 3.5, 0.02)]
    public void Save_FewerBits_IsSmallerAndClose(ClipLockedStorage storage, double smaller, double moves)
    {
        HeadSide image = new() { Mean = TinyTowers.Draw(64, 1) };
        var anchors = FloatMatrix.Of(TinyTowers.Draw(300 * 48, 2), 300);
        anchors.NormalizeRows(1);
        var head = new ClipLockedHead(image, new()
        {
            Mean = new float[48],
            Anchors = anchors,
            Sharpness = 8,
            Weights = FloatMatrix.Of(TinyTowers.Draw(300 * 64, 3), 300)
        }, 10);
        head.Save(_directory.Combine("whole"));
        head.Save(_directory.Combine("small"), storage);

        Assert.True(new FileInfo(_directory.Combine("whole")).Length > smaller * new FileInfo(_directory.Combine("small")).Length);
        float[][] texts = TinyHeads.Features(20, 48, 5), expected = head.EmbedTexts(texts),
            found = ClipLockedHead.Load(_directory.Combine("small")).EmbedTexts(texts);
        for (int i = 0; i < texts.Length; i++)
        {
            Assert.InRange(1 - ClipSimilarity.Cosine(expected[i], found[i]), -1e-6, moves * moves / 2);
        }
        Assert.NotEqual(expected[0], found[0]);
    }

    [Fact]
    public void Embed_WhatAreNoFeatures_IsRefusedWithItsPlace()
    {
        var head = TinyHeads.Create("linear", 6, 5);

        Assert.Contains("features[1] has 5 values; expected 6", Assert.Throws<ArgumentException>(() => head.EmbedImages([new float[] { 1, 1, 1, 1, 1, 1 }, [1, 1, 1, 1, 1]])).Message,
            StringComparison.Ordinal);
        Assert.Contains("features[0][2] is NaN", Assert.Throws<ArgumentException>(() => head.EmbedTexts([[1, 2, float.NaN, 4, 5]])).Message, StringComparison.Ordinal);
        Assert.Contains("features[0] is zero throughout", Assert.Throws<ArgumentException>(() => head.EmbedTexts([new float[5]])).Message, StringComparison.Ordinal);
        Assert.Contains("features[0] is null", Assert.Throws<ArgumentException>(() => head.EmbedTexts([null!])).Message, StringComparison.Ordinal);
        Assert.Empty(head.EmbedImages([]));
        Assert.Throws<ArgumentOutOfRangeException>(() => head.WithLogitScale(0));
        Assert.Throws<ArgumentOutOfRangeException>(() => head.WithLogitScale(1e-40f));
        Assert.Throws<ArgumentOutOfRangeException>(() => head.WithLogitScale(3e38f));
        Assert.Contains("is a folder", Assert.Throws<FileNotFoundException>(() => ClipLockedHead.Load(_directory.Combine("."))).Message, StringComparison.Ordinal);
        Assert.Equal(3, head.WithLogitScale(3).LogitScale);
        Assert.Throws<InvalidDataException>(() => new ClipLockedHead(new() { Mean = new float[4] }, new() { Mean = new float[3] }, 1));
    }

    public static TheoryData<string, string> Damages => new()
    {
        { "format", "'format'" },
        { "version", "'version' '2'" },
        { "scale", "'logit_scale'" },
        { "small scale", "at least 1E-06" },
        { "large scale", "at most 1E+06" },
        { "no mean", "no tensor 'image.mean'" },
        { "unknown", "tensor 'image.extra'" },
        { "shape", "'text.weight'" },
        { "nan", "is NaN" },
        { "anchors", "expected unit vectors" },
        { "type", "must be F32" },
        { "hidden", "'image.hidden.weight' without 'image.hidden.output'" },
        { "spaces", "into one space" },
        { "scales", "no scales" },
        { "large scales", "expected finite numbers" },
        { "large values", "is 3E+38; expected finite numbers, at most 1E+12" },
        { "truncated", "truncated" },
        { "empty", "no bytes" },
        { "text", "its header claims" },
    };

    [Theory, MemberData(nameof(Damages))]
    public void Load_WhatIsNoHead_IsRefusedByName(string damage, string expected)
    {
        var metadata = new Dictionary<string, string> { ["format"] = "clip-locked-head", ["version"] = "1", ["logit_scale"] = "10", ["text.sharpness"] = "8" };
        var tensors = new Dictionary<string, (long[] Shape, float[] Values, string Type)>
        {
            ["image.mean"] = ([3], [0, 0, 0], "F32"),
            ["text.mean"] = ([2], [0, 0], "F32"),
            ["text.weight"] = ([2, 3], [1, 2, 3, 4, 5, 6], "F32"),
        };
        switch (damage)
        {
            case "format": metadata["format"] = "pt"; break;
            case "version": metadata["version"] = "2"; break;
            case "scale": metadata["logit_scale"] = "-1"; break;
            case "small scale": metadata["logit_scale"] = "1e-40"; break;
            case "large scale": metadata["logit_scale"] = "3e38"; break;
            case "no mean": tensors.Remove("image.mean"); break;
            case "unknown": tensors["image.extra"] = ([1], [1], "F32"); break;
            case "shape": tensors["text.weight"] = ([3, 2], [1, 2, 3, 4, 5, 6], "F32"); break;
            case "nan": tensors["image.mean"] = ([3], [0, float.NaN, 0], "F32"); break;
            case "anchors": tensors["text.anchors"] = ([2, 2], [1, 1, 0, 1], "F32"); break;
            case "type": tensors["image.mean"] = ([3], [0, 0, 0], "F64"); break;
            case "hidden": tensors["image.hidden.weight"] = ([3, 1], [1, 1, 1], "F32"); break;
            case "spaces": tensors["text.weight"] = ([2, 2], [1, 2, 3, 4], "F32"); break;
            case "large values": tensors["image.mean"] = ([3], [0, 3e38f, 0], "F32"); break;
            case "large scales":
                tensors["text.weight"] = ([2, 3], [100, 0, 0, 0, 0, 0], "I8");
                tensors["text.weight.scale"] = ([2], [3e38f, 1], "F32");
                break;
            case "scales": tensors["text.weight"] = ([2, 3], [0, 0, 0, 0, 0, 0], "I8"); break;
        }
        string path = _directory.Combine("head.safetensors");
        using (var stream = File.Create(path))
        {
            SafetensorsWriter.Write(stream, [.. tensors.Select(t =>
                new SafetensorsSource(t.Key, t.Value.Shape, s => s.Write(Bytes(t.Value.Values, t.Value.Type)), t.Value.Type))], metadata);
        }
        byte[] bytes = File.ReadAllBytes(path);
        File.WriteAllBytes(path, damage switch { "truncated" => bytes[..^4], "empty" => [], "text" => Encoding.UTF8.GetBytes("this is no head at all"), _ => bytes });

        var error = Assert.ThrowsAny<IOException>(() => damage == "empty" ? ClipLockedHead.Load(path) : Load(path));
        Assert.Contains(expected, error.Message, StringComparison.Ordinal);
        Assert.Contains("head.safetensors", error.Message, StringComparison.Ordinal);
    }

    private static ClipLockedHead Load(string path)
    {
        try
        {
            return ClipLockedHead.Load(path);
        }
        catch (InvalidDataException e)
        {
            throw new IOException(e.Message, e);
        }
    }

    private static byte[] Bytes(float[] values, string type) => type switch
    {
        "I8" => [.. values.Select(v => (byte)(sbyte)v)],
        "F64" => [.. values.SelectMany(v => BitConverter.GetBytes((double)v))],
        _ => [.. values.SelectMany(BitConverter.GetBytes)],
    };
}
