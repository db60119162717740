using System.Globalization;
using Microsoft.ML.Data;

namespace Microsoft.ML.Clip.Tests;

/// <summary>Towers and a head as one ordinary model.</summary>
public sealed class WriteModelTests : IDisposable
{
    private static readonly string[] Texts = ["a photo of two cats", "Dog", "a zebra"];

    private readonly TemporaryDirectory _directory = new();

    public void Dispose() => _directory.Dispose();

    public static TheoryData<string, int> Forms()
    {
        var data = new TheoryData<string, int>();
        foreach (string kind in TinyHeads.Kinds)
        {
            data.Add(kind, 1);
            data.Add(kind, 7);
            data.Add(kind, 64);
        }
        return data;
    }

    [Theory, MemberData(nameof(Forms))]
    public void WriteModel_ForeignTowers_GivesWhatThePartsGiveInAnyBatch(string kind, int count)
    {
        var (images, texts) = Foreign();
        using (images)
        using (texts)
        {
            var head = TinyHeads.Create(kind, TinyTowers.Width, TinyTowers.TextWidth);
            head.WriteModel(images, texts, _directory.Combine("model"));

            using var composed = ClipModel.Load(_directory.Combine("model"));
            float[] pixels = TinyTowers.Pixels(count);
            string[] captions = [.. Enumerable.Range(0, count).Select(i => Texts[i % 3])];
            Close(head.EmbedImages(TinyTowers.Embed(images, pixels)), TinyTowers.Embed(composed, pixels));
            Close(head.EmbedTexts(texts.EncodeTexts(captions)), composed.EncodeTexts(captions));
            Assert.Equal(head.LogitScale, composed.LogitScale);
            Assert.Equal(head.EmbeddingDimension, composed.EmbeddingDimension);
            Assert.Equal(["config.json", "onnx/text_model.onnx", "onnx/vision_model.onnx", "preprocessor_config.json", "tokenizer.json", "tokenizer_config.json"], Files("model"));
        }
    }

    public static TheoryData<string> Clips => new("plain", "normalized", "combined", "open_clip", "half", "mask", "recorded scale", "weights outside");

    // Any CLIP is a pair of encoders, too, whatever form its files have.
    [Theory, MemberData(nameof(Clips))]
    public void WriteModel_TowersOfClips_KeepsHowTheirTextsAndImagesArePrepared(string form)
    {
        var options = form switch
        {
            "normalized" => new TinyClipOptions { Normalized = true },
            "combined" => new TinyClipOptions { Combined = true },
            "open_clip" => new TinyClipOptions { Immich = true },
            "half" => new TinyClipOptions { Float16 = true },
            "mask" => new TinyClipOptions { AttentionMask = true },
            "recorded scale" => new TinyClipOptions { RecordedLogitScale = "33" },
            "weights outside" => new TinyClipOptions { ExternalData = true },
            _ => new TinyClipOptions(),
        };
        TinyClip.WriteTo(_directory.Combine("clip"), options);
        using var clip = ClipModel.Load(_directory.Combine("clip"));
        var head = TinyHeads.Create("mlp", clip.EmbeddingDimension, clip.EmbeddingDimension);
        head.WriteModel(clip, clip, _directory.Combine("model"));

        using var composed = ClipModel.Load(_directory.Combine("model"));
        string[] captions = ["a photo of a cat", "dog", "a photo of a red car and of a dog and of a cat, which is longer than the context"];
        float[] pixels = TinyTowers.Pixels(3, options.ImageSize);
        float tolerance = form == "half" ? 5e-3f : Tolerances.ComposedGraph;
        Close(head.EmbedImages(TinyTowers.Embed(clip, pixels)), TinyTowers.Embed(composed, pixels), tolerance);
        Close(head.EmbedTexts(clip.EncodeTexts(captions)), composed.EncodeTexts(captions), tolerance);
        Assert.Equal(head.LogitScale, composed.LogitScale);
        Assert.Equal(clip.ContextLength, composed.ContextLength);
        Assert.Equal(clip.Family.Texts, composed.Family.Texts);
        Assert.True(clip.Preprocessor.Settings.MeansTheSameAs(composed.Preprocessor.Settings));
        Assert.Equal(clip.Preprocessor.Convention, composed.Preprocessor.Convention);
    }

    [Fact]
    public void WriteModel_ThePipelineSaved_AnswersAlikeInAFreshProcess()
    {
        var (images, texts) = Foreign();
        using (images)
        using (texts)
        {
            TinyHeads.Create("kernel", TinyTowers.Width, TinyTowers.TextWidth).WriteModel(images, texts, _directory.Combine("model"));
        }
        var ml = new MLContext(1);
        using var composed = ClipModel.Load(_directory.Combine("model"));
        var data = ml.Data.LoadFromEnumerable(Texts.Select(t => new Caption { Text = t }));
        var step = ml.Transforms.ClipTextEmbedding("Output", "Text", composed).Fit(data);
        string file = _directory.Combine("pipeline.zip");
        ml.Model.Save(step, data.Schema, file);

        float[][] fresh = Processes.Predict(file, "Text", "Output", Texts);

        Assert.Equal(step.Transform(data).GetColumn<float[]>("Output"), fresh);
    }

    [Fact]
    public void WriteModel_ThenQuantize_IsAVariantBesideIt()
    {
        const int Width = 24, Dimension = 20;
        TinyClip.WriteTo(_directory.Combine("clip"), new() { EmbeddingDimension = Width });
        using var clip = ClipModel.Load(_directory.Combine("clip"));
        HeadSide Side(int seed) => new() { Mean = new float[Width], Weights = FloatMatrix.Of(TinyTowers.Draw(Width * Dimension, seed), Width) };
        new ClipLockedHead(Side(1), Side(2), 10).WriteModel(clip, clip, _directory.Combine("model"));

        ClipModel.Quantize(_directory.Combine("model"), _directory.Combine("model"), new() { MinimumCosine = 0.5, MeasureSpeed = false });

        using var small = ClipModel.Load(_directory.Combine("model"), new() { Variant = "int8" });
        Assert.Equal(Dimension, small.EncodeTexts(["a photo of a cat"])[0].Length);
        Assert.Equal(10, small.LogitScale);
    }

    // CNTK wrote version 8 of ONNX's operators, in which there are no 8 bits, and norms with an attribute that is gone since.
    [Fact]
    public void WriteModel_TowerOfAnEarlyVersion_CanBeQuantized()
    {
        const int Width = 24, Dimension = 20, Size = TinyTowers.Size;
        float[] weights = TinyTowers.Draw(Width * 3, 1), scale = TinyTowers.Draw(Width, 2), shift = TinyTowers.Draw(Width, 3), mean = TinyTowers.Draw(Width, 4);
        float[] variance = [.. TinyTowers.Draw(Width, 5).Select(v => v + 2)];
        var graph = new TinyOnnx().Input("x", TinyOnnx.Float, 1, 3, Size, Size).Weights("w", weights, Width, 3, 1, 1).Weights("s", scale,
            Width).Weights("b", shift, Width)
            .Weights("m", mean, Width).Weights("v", variance, Width)
            .Node("Conv", ["x", "w"], ["c"]).Node("BatchNormalization", ["c", "s", "b", "m", "v"], ["n"], ("spatial", 1), ("epsilon", 0.25f), ("momentum", 0.9f))
            .Node("Relu", ["n"], ["r"]).Node("AveragePool", ["r"], ["y"], ("kernel_shape", new[] { Size, Size })).Output("y", TinyOnnx.Float, 1, Width, 1, 1);
        new ClipImageTower(_directory.Write("early.onnx", graph.ToBytes(opset: 8))).Write(_directory.Combine("early"));
        using var images = ClipModel.Load(_directory.Combine("early"));
        float[] pixels = TinyTowers.Pixels(3);
        float[] expected = [.. Enumerable.Range(0, Width).Select(c => Enumerable.Range(0, Size * Size).Average(p =>
        {
            float sum = Enumerable.Range(0, 3).Sum(k => weights[(c * 3) + k] * pixels[(k * Size * Size) + p]);
            return Math.Max(0, ((sum - mean[c]) * scale[c] / MathF.Sqrt(variance[c] + 0.25f)) + shift[c]);
        }))];
        Tolerances.Close(TinyTowers.Unit(expected), TinyTowers.Embed(images, pixels)[0], Tolerances.ComposedGraph);

        TinyClip.WriteTo(_directory.Combine("clip"), new() { EmbeddingDimension = Width });
        using var clip = ClipModel.Load(_directory.Combine("clip"));
        HeadSide Side(int seed) => new() { Mean = new float[Width], Weights = FloatMatrix.Of(TinyTowers.Draw(Width * Dimension, seed), Width) };
        new ClipLockedHead(Side(1), Side(2), 10).WriteModel(images, clip, _directory.Combine("model"));
        ClipModel.Quantize(_directory.Combine("model"), _directory.Combine("model"), new() { MinimumCosine = 0.5, MeasureSpeed = false });

        using var small = ClipModel.Load(_directory.Combine("model"), new() { Variant = "int8" });
        Assert.Equal(Dimension, TinyTowers.Embed(small, pixels)[0].Length);
    }

    [Fact]
    public void WriteModel_WhatDoesNotFit_IsRefusedAndNothingIsWritten()
    {
        var (images, texts) = Foreign();
        using (images)
        using (texts)
        {
            string model = _directory.Combine("model");
            var head = TinyHeads.Create("linear", TinyTowers.Width, TinyTowers.TextWidth);
            Assert.Contains("gives 6 features; the head takes 7", Assert.Throws<InvalidDataException>(() => TinyHeads.Create("linear", 7, 5).WriteModel(images, texts, model)).Message,
                StringComparison.Ordinal);
            Assert.Contains("gives 5 features; the head takes 8", Assert.Throws<InvalidDataException>(() => TinyHeads.Create("linear", 6, 8).WriteModel(images, texts, model)).Message,
                StringComparison.Ordinal);
            Assert.Contains("no image tower", Assert.Throws<InvalidOperationException>(() => head.WriteModel(texts, texts, model)).Message, StringComparison.Ordinal);
            Assert.Contains("has no text encoder", Assert.Throws<InvalidOperationException>(() => head.WriteModel(images, images, model)).Message, StringComparison.Ordinal);
            using var other = ClipModel.Load(_directory.Combine("text"), new() { Tokenizer = new() { ContextLength = 8 } });
            Assert.Contains("Tokenizer", Assert.Throws<NotSupportedException>(() => head.WriteModel(images, other, model)).Message, StringComparison.Ordinal);
            using var source = new CancellationTokenSource();
            source.Cancel();
            Assert.Throws<OperationCanceledException>(() => head.WriteModel(images, texts, model, source.Token));
            Assert.False(Directory.Exists(model));
            string file = _directory.Write("file", "x");
            Assert.Throws<IOException>(() => head.WriteModel(images, texts, file));
        }
    }

    [Fact]
    public void WriteModel_OverAnother_ReplacesItAndLeavesTheTowersAlone()
    {
        var (images, texts) = Foreign();
        using (images)
        using (texts)
        {
            byte[] tower = File.ReadAllBytes(_directory.Combine("image/onnx/vision_model.onnx"));
            TinyHeads.Create("linear", TinyTowers.Width, TinyTowers.TextWidth).WriteModel(images, texts, _directory.Combine("model"));
            _directory.Write("model/LICENSE", "mine");
            // What Quantize made of the model that was there: loaded as a variant of the new one, it would answer with the old head.
            _directory.Write("model/onnx/text_model_int8.onnx", "old");
            _directory.Write("model/onnx/vision_model_fp16.onnx", "old");
            TinyHeads.Create("kernel", TinyTowers.Width, TinyTowers.TextWidth).WriteModel(images, texts, _directory.Combine("model"));

            using var composed = ClipModel.Load(_directory.Combine("model"));
            Assert.Equal(TinyTowers.Width, composed.EmbeddingDimension);
            Assert.Contains("LICENSE", Files("model"));
            Assert.DoesNotContain(Files("model"), f => f.Contains("int8", StringComparison.Ordinal) || f.Contains("fp16", StringComparison.Ordinal));
            Assert.Equal(tower, File.ReadAllBytes(_directory.Combine("image/onnx/vision_model.onnx")));
        }
    }

    // Hugging Face's own: a language model beside an image encoder hides its padding, and a CLIP's text tower stays one.
    [Theory]
    [InlineData("bert", "Masked")]
    [InlineData("roberta", "Masked")]
    [InlineData("clip_text_model", "EndOfText")]
    [InlineData("siglip_text_model", "LastPlace")]
    [InlineData(null, "Masked")]
    public void Family_OfTwoEncoders_IsThatOfTheTextTower(string? textType, string pooling)
    {
        string text = textType is null ? "" : $", \"text_config\": {{ \"model_type\": \"{textType}\" }}";
        var files = new MemoryModelFiles(new Dictionary<string, byte[]> { ["config.json"] = System.Text.Encoding.UTF8.GetBytes($"{{ \"model_type\": \"vision-text-dual-encoder\"{text} }}") }, "memory");

        var family = ClipFamily.Of(files);

        Assert.Equal(pooling, family.Pooling.ToString());
        Assert.Equal(ClipScoreKind.Softmax, family.Score);
        Assert.Null(family.UnknownType);
        Assert.False(family.IsAssumed);
    }

    private static void Close(float[][] expected, float[][] found, float tolerance = Tolerances.ComposedGraph)
    {
        Assert.Equal(expected.Length, found.Length);
        for (int i = 0; i < expected.Length; i++)
        {
            Tolerances.Close(expected[i], found[i], tolerance, i.ToString(CultureInfo.InvariantCulture));
        }
    }

    private string[] Files(string folder) => [.. Directory.GetFiles(_directory.Combine(folder), "*", SearchOption.AllDirectories)
        .Select(f => Path.GetRelativePath(_directory.Combine(folder), f).Replace('\\', '/')).Order(StringComparer.Ordinal)];

    private (ClipModel Images, ClipModel Texts) Foreign()
    {
        new ClipImageTower(_directory.Write("tower.onnx", TinyTowers.Image().ToBytes())).Write(_directory.Combine("image"));
        new ClipTextTower(_directory.Write("text.onnx", TinyTowers.Text().ToBytes()), TinyTowers.WriteVocabulary(_directory)).Write(_directory.Combine("text"));
        return (ClipModel.Load(_directory.Combine("image")), ClipModel.Load(_directory.Combine("text")));
    }

    private sealed class Caption
    {
        public string Text { get; set; } = "";
    }
}
