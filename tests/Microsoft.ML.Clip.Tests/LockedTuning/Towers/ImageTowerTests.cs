namespace Microsoft.ML.Clip.Tests;

/// <summary>Image encoders of others as models of one tower.</summary>
public sealed class ImageTowerTests : IDisposable
{
    private readonly TemporaryDirectory _directory = new();

    public void Dispose() => _directory.Dispose();

    [Theory]
    [InlineData(1)]
    [InlineData(7)]
    [InlineData(64)]
    public void Write_FixedBatchOtherPlanesAndMeanImage_GivesWhatTheEncoderGives(int count)
    {
        float[] mean = [.. TinyTowers.Draw(3 * TinyTowers.Size * TinyTowers.Size, 9).Select(v => 100 * v)];
        Write(TinyTowers.Image(), t => t with { PixelScale = 255, Channels = ClipChannelOrder.Bgr, MeanImage = mean });

        float[] pixels = TinyTowers.Pixels(count);
        using var model = ClipModel.Load(_directory.Combine("model"));
        float[][] found = TinyTowers.Embed(model, pixels);

        Assert.False(model.HasTextEncoder);
        Assert.Equal(count, found.Length);
        int plane = TinyTowers.Size * TinyTowers.Size;
        for (int i = 0; i < count; i++)
        {
            float[] image = pixels[(i * 3 * plane)..((i + 1) * 3 * plane)];
            float[] planes = [.. new[] { 2, 1, 0 }.SelectMany(c => image.Skip(c * plane).Take(plane)).Select((v, p) => (255 * v) - mean[p])];
            Tolerances.Close(TinyTowers.ImageFeatures(planes), found[i], Tolerances.ComposedGraph);
        }
    }

    [Fact]
    public void Write_NoChoices_TakesPixelsAsTheyAre()
    {
        Write(TinyTowers.Image("N"), t => t with { Mean = [0.5f, 0.4f, 0.3f], StandardDeviation = [0.2f, 0.3f, 0.4f], ResizeEdge = 5 });

        using var model = ClipModel.Load(_directory.Combine("model"));
        float[] pixels = TinyTowers.Pixels(1);

        Tolerances.Close(TinyTowers.ImageFeatures(pixels), TinyTowers.Embed(model, pixels)[0], Tolerances.ComposedGraph);
        var settings = model.Preprocessor.Settings;
        Assert.Equal([0.5f, 0.4f, 0.3f], settings.Normalization!.Mean);
        Assert.Equal([0.2f, 0.3f, 0.4f], settings.Normalization.StandardDeviation);
        Assert.Equal((5, TinyTowers.Size), (settings.ResizeHeight, settings.Height));
    }

    [Fact]
    public void Write_HalfPrecision_TakesAndGivesSinglePrecision()
    {
        Write(TinyTowers.Image(1, isHalf: true), t => t);

        using var model = ClipModel.Load(_directory.Combine("model"));
        float[] pixels = TinyTowers.Pixels(3);
        float[][] found = TinyTowers.Embed(model, pixels);

        // Three digits of half precision.
        Tolerances.Close(TinyTowers.ImageFeatures(pixels[..48]), found[0], 5e-3f);
    }

    [Fact]
    public void Write_WeightsInAnotherFile_BringsThemIn()
    {
        var graph = new TinyOnnx { ExternalDataName = "weights.bin" };
        graph.Input("x", TinyOnnx.Float, "N", 3, 2, 2).Weights("m", TinyTowers.Draw(12 * 4, 1), 12, 4).Node("Flatten", ["x"], ["f"], ("axis", 1)).Node("MatMul", ["f", "m"], ["y"])
            .Output("y", TinyOnnx.Float, "N", 4);
        string file = _directory.Write("foreign/tower.onnx", graph.ToBytes());
        _directory.Write("foreign/weights.bin", graph.ExternalData);
        new ClipImageTower(file).Write(_directory.Combine("model"));
        File.Delete(_directory.Combine("foreign/weights.bin"));

        using var model = ClipModel.Load(_directory.Combine("model"));
        Assert.Equal(4, TinyTowers.Embed(model, TinyTowers.Pixels(2, 2))[0].Length);

        var error = Assert.Throws<FileNotFoundException>(() => new ClipImageTower(file).Write(_directory.Combine("other")));
        Assert.Contains("weights.bin", error.Message, StringComparison.Ordinal);
    }

    // As PyTorch exports a vision transformer for one image: the class token is a constant by then.
    [Theory]
    [InlineData(ClipTowerPooling.Automatic)]
    [InlineData(ClipTowerPooling.Average)]
    public void Write_ClassTokenRepeatedForOneImage_IsRepeatedForAll(ClipTowerPooling pooling)
    {
        float[] token = TinyTowers.Draw(4, 4);
        var graph = new TinyOnnx().Input("pixels", TinyOnnx.Float, 1, 3, 2, 2).Weights("class", token, 1, 1, 4).Integers("shape", [1, 3, 4], 3)
            .Node("Reshape", ["pixels", "shape"], ["patches"]).Node("Concat", ["class", "patches"], ["tokens"], ("axis", 1))
            .Integers("axes", [1], 1).Node("ReduceSum", ["tokens", "axes"], ["all"], ("keepdims", 1)).Node("Add", ["tokens", "all"], ["last_hidden_state"])
            .Output("last_hidden_state", TinyOnnx.Float, 1, 4, 4);
        Write(graph, t => t with { Pooling = pooling });

        using var model = ClipModel.Load(_directory.Combine("model"));
        float[] pixels = TinyTowers.Pixels(3, 2);
        float[][] found = TinyTowers.Embed(model, pixels);
        for (int i = 0; i < 3; i++)
        {
            float[][] tokens = [token, .. pixels[(i * 12)..((i + 1) * 12)].Chunk(4)];
            float[] sum = [.. Enumerable.Range(0, 4).Select(c => tokens.Sum(t => t[c]))];
            float[] expected = [.. sum.Select((s, c) => pooling == ClipTowerPooling.Average ? (s / 4) + s : token[c] + s)];
            Tolerances.Close(TinyTowers.Unit(expected), found[i], Tolerances.ComposedGraph);
        }
    }

    [Fact]
    public void Write_InnerTensorThatIsAMap_AveragesIt()
    {
        var graph = new TinyOnnx().Input("x", TinyOnnx.Float, "N", 3, 4, 4).Weights("w", TinyTowers.Draw(5 * 3, 3), 5, 3, 1, 1).Node("Conv", ["x", "w"],
            ["conv"]).Node("Relu", ["conv"], ["map"])
            .Node("GlobalMaxPool", ["map"], ["pooled"]).Node("Flatten", ["pooled"], ["y"], ("axis", 1)).Output("y", TinyOnnx.Float, "N", 5);
        Write(graph, t => t with { Output = "map" });

        using var model = ClipModel.Load(_directory.Combine("model"));
        float[] pixels = TinyTowers.Pixels(1), w = TinyTowers.Draw(15, 3);
        float[] expected = [.. Enumerable.Range(0, 5).Select(c =>
            Enumerable.Range(0, 16).Average(p => Math.Max(0, Enumerable.Range(0, 3).Sum(k => w[(c * 3) + k] * pixels[(k * 16) + p]))))];
        Tolerances.Close(TinyTowers.Unit(expected), TinyTowers.Embed(model, pixels)[0], Tolerances.ComposedGraph);
    }

    [Fact]
    public void Write_BatchThatCannotBeFreed_SaysSoAndWritesNothing()
    {
        // All rows of a batch are summed.
        var graph = new TinyOnnx().Input("x", TinyOnnx.Float, 1, 3, 2, 2).Integers("axes", [0], 1).Node("ReduceSum", ["x", "axes"], ["sum"], ("keepdims", 1)).Node("Add", ["x", "sum"], ["y"])
            .Output("y", TinyOnnx.Float, 1, 3, 2, 2);

        var error = Assert.Throws<InvalidDataException>(() => Write(graph, t => t));
        Assert.Contains("fixed the size of a batch", error.Message, StringComparison.Ordinal);
        Assert.False(Directory.Exists(_directory.Combine("model")));
    }

    public static TheoryData<string, string> Refusals => new()
    {
        { "two", "takes 2 images (x, y); expected one" },
        { "none", "takes no image" },
        { "other", "also takes z" },
        { "output", "computes no tensor 'nothing'" },
        { "outputs", "gives 2 tensors" },
        { "mean", "MeanImage has 3 values" },
        { "size", "ImageSize is 7" },
        { "open", "leaves the size of its images open" },
        { "bytes", "takes images as x: uint8" },
        { "unused", "does not depend on its input 'x'" },
        { "rank", "has 1 axes" },
    };

    [Theory, MemberData(nameof(Refusals))]
    public void Write_WhatIsNoImageEncoder_IsRefusedWithWhatWasExpectedAndFound(string kind, string expected)
    {
        TinyOnnx Plain(object size) => new TinyOnnx().Input("x", TinyOnnx.Float, "N", 3, size, size).Node("GlobalAveragePool", ["x"], ["pooled"]).Node("Flatten", ["pooled"], ["f"], ("axis", 1));
        TinyOnnx Given(TinyOnnx graph, string name = "f") => graph.Output(name, TinyOnnx.Float, "N", 3);
        (TinyOnnx Graph, Func<ClipImageTower, ClipImageTower> Choose) made = kind switch
        {
            "two" => (Given(Plain(4).Input("y", TinyOnnx.Float, "N", 3, 4, 4).Node("Add", ["x", "y"], ["z"])), t => t),
            "none" => (Given(new TinyOnnx().Input("i", TinyOnnx.Float, "N", 3).Node("Relu", ["i"], ["f"])), t => t),
            "other" => (Given(Plain(4).Input("z", TinyOnnx.Float, "N", 3).Node("Add", ["f", "z"], ["g"]), "g"), t => t),
            "output" => (Given(Plain(4)), t => t with { Output = "nothing" }),
            "outputs" => (Given(Given(Plain(4).Node("Relu", ["f"], ["g"])), "g"), t => t),
            "mean" => (Given(Plain(4)), t => t with { MeanImage = [1, 2, 3] }),
            "size" => (Given(Plain(4)), t => t with { ImageSize = 7 }),
            "open" => (Given(Plain("S")), t => t),
            "bytes" => (Given(new TinyOnnx().Input("x", 2, "N", 3, 4, 4).Node("Cast", ["x"], ["f"], ("to", TinyOnnx.Float))), t => t),
            "unused" => (Given(Plain(4).Integers("c", [1], 1).Node("Cast", ["c"], ["g"], ("to", TinyOnnx.Float)), "g"), t => t),
            _ => (Plain(4).Integers("flat", [-1], 1).Node("Reshape", ["f", "flat"], ["g"]).Output("g", TinyOnnx.Float, "N"), (Func<ClipImageTower, ClipImageTower>)(t => t)),
        };

        var error = Assert.Throws<InvalidDataException>(() => Write(made.Graph, made.Choose));
        Assert.Contains(expected, error.Message, StringComparison.Ordinal);
        Assert.Contains("tower.onnx", error.Message, StringComparison.Ordinal);
    }

    [Fact]
    public void Write_NoFileOrOptionsOutOfRange_AreRefused()
    {
        Assert.Throws<FileNotFoundException>(() => new ClipImageTower(_directory.Combine("none.onnx")).Write(_directory.Combine("model")));
        Assert.Throws<ArgumentException>(() => Write(TinyTowers.Image(), t => t with { StandardDeviation = [1, 0, 1] }));
        Assert.Throws<ArgumentOutOfRangeException>(() => Write(TinyTowers.Image(), t => t with { PixelScale = float.NaN }));
        Assert.Throws<ArgumentOutOfRangeException>(() => Write(TinyTowers.Image(), t => t with { Pooling = (ClipTowerPooling)9 }));
        using var source = new CancellationTokenSource();
        source.Cancel();
        string file = _directory.Write("tower.onnx", TinyTowers.Image().ToBytes());
        Assert.Throws<OperationCanceledException>(() => new ClipImageTower(file).Write(_directory.Combine("model"), source.Token));
        Assert.False(Directory.Exists(_directory.Combine("model")));
    }

    [Fact]
    public void ReadConstant_OneLargeConstant_IsReadAndSeveralAreRefused()
    {
        float[] mean = TinyTowers.Draw(12, 3);
        string one = _directory.Write("one.onnx", new TinyOnnx().Input("x", TinyOnnx.Float, 1, 3, 2, 2).Weights("m", mean, 1, 3, 2, 2).Node("Sub", ["x", "m"],
            ["y"]).Output("y", TinyOnnx.Float, 1, 3, 2, 2).ToBytes());
        string two = _directory.Write("two.onnx", TinyTowers.Image().ToBytes());

        Assert.Equal(mean, ClipImageTower.ReadConstant(one));
        Assert.Contains("3 constants", Assert.Throws<InvalidDataException>(() => ClipImageTower.ReadConstant(two)).Message, StringComparison.Ordinal);
    }

    private void Write(TinyOnnx graph, Func<ClipImageTower, ClipImageTower> choose) =>
        choose(new ClipImageTower(_directory.Write("tower.onnx", graph.ToBytes()))).Write(_directory.Combine("model"));
}
