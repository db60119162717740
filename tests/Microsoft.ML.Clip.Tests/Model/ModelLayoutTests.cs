using System.Numerics.Tensors;

namespace Microsoft.ML.Clip.Tests;

/// <summary>Every shape in which exporters leave a model, against the same towers in plain C#.</summary>
public sealed class ModelLayoutTests
{
    /// <summary>float32 sums in another order, of values of order 1.</summary>
    private const float Float32 = 2e-5f;

    /// <summary>Inputs and outputs rounded to half precision, 2⁻¹¹ relative, on values up to about 4.</summary>
    private const float Float16 = 1e-2f;

    private static readonly Dictionary<string, TinyClipOptions> Layouts = new()
    {
        ["Hugging Face, split"] = new(),
        ["split, normalised"] = new() { Normalized = true },
        ["split, int32 ids"] = new() { Int32Ids = true },
        ["split, attention mask"] = new() { AttentionMask = true },
        ["split, int32 ids and mask"] = new() { Int32Ids = true, AttentionMask = true },
        ["split, fixed batch of 3"] = new() { StaticBatch = 3 },
        ["split, fixed batch, int32"] = new() { StaticBatch = 2, Int32Ids = true, AttentionMask = true },
        ["split, fixed sequence"] = new() { StaticSequence = true, ContextLength = 12 },
        ["split, external data"] = new() { ExternalData = true },
        ["split, projection with bias"] = new() { ProjectionBias = true },
        ["split, no pooler output"] = new() { PoolerOutput = false },
        ["split, fp16"] = new() { Float16 = true, Suffix = "_fp16" },
        ["split, fp16, fixed batch"] = new() { Float16 = true, StaticBatch = 3 },
        ["combined"] = new() { Combined = true },
        ["combined, attention mask"] = new() { Combined = true, AttentionMask = true },
        ["combined, external data"] = new() { Combined = true, ExternalData = true },
        ["combined, fp16"] = new() { Combined = true, Float16 = true },
        ["immich"] = new() { Immich = true },
        ["immich, external data"] = new() { Immich = true, ExternalData = true },
        ["immich, fixed batch of 1"] = new() { Immich = true, StaticBatch = 1 },
    };

    public static TheoryData<string> Names => [.. Layouts.Keys];

    [Theory, MemberData(nameof(Names))]
    public void EncodePixels_AnyLayout_GivesWhatThePlainCodeSays(string name)
    {
        using var directory = new TemporaryDirectory();
        var (tiny, clip) = Load(name, directory);
        using (clip)
        {
            const int Count = 5;
            float[] pixels = Pixels(tiny, Count);
            foreach (bool normalize in (bool[])[false, true])
            {
                float[] output = new float[Count * clip.EmbeddingDimension];
                clip.EncodePixels(Rows.Of(pixels, Count), ClipFeatures.JointEmbedding, normalize, Rows.Of(output, Count));
                Tolerances.Close(Expect(pixels, Count, tiny.EmbedImage, normalize), output, Tolerance(tiny), name);
            }
        }
    }

    [Theory, MemberData(nameof(Names))]
    public void EncodeTokens_AnyLayout_GivesWhatThePlainCodeSays(string name)
    {
        using var directory = new TemporaryDirectory();
        var (tiny, clip) = Load(name, directory);
        using (clip)
        {
            string[] texts = ["a photo of a cat", "", "red car", "a dog to a cat of a red car, a photo of a cat and a dog"];
            int[] ids = [.. texts.SelectMany(t => Tokens(clip, t))];
            foreach (bool normalize in (bool[])[false, true])
            {
                float[] output = new float[texts.Length * clip.EmbeddingDimension];
                clip.EncodeTokens(Rows.Of(ids, texts.Length), normalize, Rows.Of(output, texts.Length));
                float[] expected = [.. texts.SelectMany(t => Finish(tiny.EmbedTokens(Tokens(clip, t)), normalize))];
                Tolerances.Close(expected, output, Tolerance(tiny), name);
            }
        }
    }

    [Theory, MemberData(nameof(Names))]
    public void EncodePixels_EncoderFeatures_AreTheVectorBeforeTheProjection(string name)
    {
        using var directory = new TemporaryDirectory();
        var (tiny, clip) = Load(name, directory);
        using (clip)
        {
            // Where the graph names no such output, the tensor that goes into the projection is cut free.
            Assert.Equal(TinyClip.ImageWidth, clip.ImageFeatureDimension(ClipFeatures.Encoder));
            float[] pixels = Pixels(tiny, 2);
            float[] output = new float[2 * TinyClip.ImageWidth];
            clip.EncodePixels(Rows.Of(pixels, 2), ClipFeatures.Encoder, normalize: false, Rows.Of(output, 2));
            Tolerances.Close(Expect(pixels, 2, tiny.ImageFeatures, normalize: false), output, Tolerance(tiny), name);
        }
    }

    [Theory, MemberData(nameof(Names))]
    public void SaveAndLoad_AnyLayout_GivesTheSameRows(string name)
    {
        using var directory = new TemporaryDirectory();
        var (_, clip) = Load(name, directory);
        using (clip)
        {
            var ml = new MLContext();
            string[] paths = TestImages.Write(Directory.CreateDirectory(directory.Combine("images")).FullName, 4);
            var data = ml.Data.LoadFromEnumerable(paths.Select((p, i) => new StepRow { Path = p, Text = $"a photo of {i} cats" }));
            var pipeline = ml.Transforms.ClipImageEmbedding("Image_", "Path", clip).Append(ml.Transforms.ClipTextEmbedding("Text_", "Text", clip))
                .Append(ml.Transforms.ClipZeroShotClassification("Path", clip, ["cat", "dog"])).Fit(data);
            string file = directory.Combine("model.zip");
            ml.Model.Save(pipeline, data.Schema, file);

            var loaded = new MLContext().Model.Load(file, out _);
            foreach (string column in (string[])["Image_", "Text_", "Score"])
            {
                Assert.Equal(pipeline.Transform(data).GetColumnOf(column), loaded.Transform(data).GetColumnOf(column));
            }
            (loaded as IDisposable)?.Dispose();
        }
    }

    [Fact]
    public void Load_FilesAtTheRoot_AreFound()
    {
        using var directory = new TemporaryDirectory();
        TinyClip.WriteTo(directory);
        foreach (string file in Directory.GetFiles(directory.Combine("onnx")))
        {
            File.Move(file, directory.Combine(Path.GetFileName(file)));
        }

        using var clip = ClipModel.Load(directory);

        Assert.True(clip.HasImageEncoder && clip.HasTextEncoder);
        Assert.Equal(6, clip.EncodeTexts(["a cat"])[0].Length);
    }

    [Theory]
    [InlineData("fp16")]
    [InlineData("_quantized")]
    [InlineData("q4f16")]
    public void Load_Variant_IsTheOneAskedFor(string variant)
    {
        using var directory = new TemporaryDirectory();
        TinyClip.WriteTo(directory, new() { Seed = 1 });
        var other = new TinyClip(new() { Seed = 2, Suffix = "_" + variant.TrimStart('_') });
        other.Write(directory);
        using var clip = ClipModel.Load(directory, new() { Variant = variant });

        float[] pixels = Pixels(other, 1);
        float[] output = new float[6];
        clip.EncodePixels(Rows.Of(pixels, 1), ClipFeatures.JointEmbedding, normalize: false, Rows.Of(output, 1));

        Tolerances.Close(other.EmbedImage(pixels), output, Float32);
    }

    [Fact]
    public void Load_OneTower_WorksAndNamesTheMissingFile()
    {
        using var images = new TemporaryDirectory();
        TinyClip.WriteTo(images, new() { WithTextTower = false, WithTokenizer = false });
        using var imageOnly = ClipModel.Load(images);
        Assert.True(imageOnly.HasImageEncoder);
        Assert.False(imageOnly.HasTextEncoder);
        Assert.Equal(6, imageOnly.EmbeddingDimension);
        string message = Assert.Throws<InvalidOperationException>(() => imageOnly.EncodeTexts(["a cat"])).Message;
        Assert.Contains("has no text encoder", message, StringComparison.Ordinal);
        Assert.Contains("onnx/text_model.onnx", message, StringComparison.Ordinal);
        Assert.Contains("onnx/text_model.onnx", Assert.Throws<InvalidOperationException>(() => new MLContext().Transforms.ClipTextEmbedding("A", "B", imageOnly))
            .Message, StringComparison.Ordinal);

        using var texts = new TemporaryDirectory();
        TinyClip.WriteTo(texts, new() { WithImageTower = false });
        using var textOnly = ClipModel.Load(texts);
        Assert.Equal(6, textOnly.EncodeTexts(["a cat"])[0].Length);
        message = Assert.Throws<InvalidOperationException>(() => new MLContext().Transforms.ClipImageEmbedding("A", "B", textOnly)).Message;
        Assert.Contains("has no image encoder", message, StringComparison.Ordinal);
        Assert.Contains("onnx/vision_model.onnx", message, StringComparison.Ordinal);
    }

    private static (TinyClip Tiny, ClipModel Clip) Load(string name, TemporaryDirectory directory)
    {
        var tiny = new TinyClip(Layouts[name]);
        return (tiny, ClipModel.Load(tiny.Write(directory)));
    }

    private static float Tolerance(TinyClip tiny) => tiny.Options.Float16 ? Float16 : Float32;

    private static float[] Pixels(TinyClip tiny, int count)
    {
        var random = new Random(3);
        return [.. Enumerable.Range(0, count * 3 * tiny.Options.ImageSize * tiny.Options.ImageSize).Select(_ => (4 * random.NextSingle()) - 2)];
    }

    private static int[] Tokens(ClipModel clip, string text)
    {
        int[] ids = new int[clip.ContextLength];
        clip.Tokenizer.EncodeToContext(text, ids, out _);
        return ids;
    }

    private delegate float[] Embed(ReadOnlySpan<float> pixelValues);

    private static float[] Expect(float[] pixels, int count, Embed embed, bool normalize)
    {
        int length = pixels.Length / count;
        return [.. Enumerable.Range(0, count).SelectMany(i => Finish(embed(pixels.AsSpan(i * length, length)), normalize))];
    }

    private static float[] Finish(float[] embedding, bool normalize)
    {
        if (normalize)
        {
            TensorPrimitives.Divide(embedding, TensorPrimitives.Norm<float>(embedding), embedding);
        }
        return embedding;
    }
}
