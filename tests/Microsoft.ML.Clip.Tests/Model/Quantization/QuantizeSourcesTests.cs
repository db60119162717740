using System.Numerics.Tensors;

namespace Microsoft.ML.Clip.Tests;

/// <summary>Weights are read however the source keeps them, and the model of 8 bits loads in the same layout.</summary>
public sealed class QuantizeSourcesTests
{
    private const int Width = 32, Layers = 4, Pixels = 8;

    private static readonly string[] Texts = [.. Enumerable.Range(0, 40).Select(i => $"a photo of {i} cats and {i * i} dogs")];

    public enum Source
    {
        Float32,
        Float16,
        WeightsInAnotherFile,
        BothTowersInOneGraph,
        TextsAlone,
    }

    public static TheoryData<Source> Sources => [.. Enum.GetValues<Source>()];

    [Theory]
    [MemberData(nameof(Sources))]
    public void Quantize_OfAnySource_LoadsAndIsNear(Source source)
    {
        using TemporaryDirectory model = new(), target = new();
        Write(model, source);

        var report = ClipModel.Quantize(model, target, new() { Captions = Texts, MeasureSpeed = false });

        Assert.Equal(source == Source.TextsAlone, report.Images is null);
        Assert.True(report.Texts!.Layers > 0, report.ToString());
        Assert.Empty(Directory.GetFiles(target, "*.bin", SearchOption.AllDirectories));
        using ClipModel original = ClipModel.Load(model), quantized = ClipModel.Load(target, new() { Variant = "int8" });
        Assert.Equal(original.HasImageEncoder, quantized.HasImageEncoder);
        float[][] exact = original.EncodeTexts(Texts), found = quantized.EncodeTexts(Texts);
        Assert.True(exact.Zip(found, (a, b) => TensorPrimitives.CosineSimilarity<float>(a, b)).Min() > 0.99f, report.ToString());
    }

    private static void Write(TemporaryDirectory model, Source source)
    {
        TinyClip.WriteTo(model, new() { WithImageTower = false, ImageSize = Pixels });
        File.Delete(model.Combine("onnx/text_model.onnx"));
        bool isOne = source == Source.BothTowersInOneGraph;
        if (isOne)
        {
            var both = Tower(source, "weights.bin", texts: true, images: true);
            model.Write("onnx/model.onnx", both.ToBytes());
            return;
        }
        foreach (var (file, texts) in (ReadOnlySpan<(string, bool)>)[("text_model", true), ("vision_model", false)])
        {
            if (!texts && source == Source.TextsAlone)
            {
                continue;
            }
            var tower = Tower(source, file + ".bin", texts, images: !texts);
            model.Write($"onnx/{file}.onnx", tower.ToBytes());
            if (tower.ExternalDataName is { } name)
            {
                model.Write($"onnx/{name}", tower.ExternalData);
            }
        }
    }

    private static TinyOnnx Tower(Source source, string external, bool texts, bool images)
    {
        bool isHalf = source == Source.Float16;
        int type = isHalf ? TinyOnnx.Float16 : TinyOnnx.Float;
        var graph = new TinyOnnx { HalfWeights = isHalf, ExternalDataName = source == Source.WeightsInAnotherFile ? external : null };
        var random = new Random(7);
        if (texts)
        {
            graph.Input("input_ids", TinyOnnx.Int64, "batch", "sequence").Weights("table", Values(TinyTokenizerFiles.VocabularySize * Width), TinyTokenizerFiles.VocabularySize, Width)
                .Node("Gather", ["table", "input_ids"], ["tokens"]).Node("ReduceMean", ["tokens"], ["t0"], ("axes", (int[])[1]), ("keepdims", 0));
            Products("t", "text_embeds");
        }
        if (images)
        {
            int length = 3 * Pixels * Pixels;
            graph.Input("pixel_values", type, "batch", 3, Pixels, Pixels).Weights("patch", Values(length * Width), length, Width)
                .Node("Flatten", ["pixel_values"], ["flat"], ("axis", 1)).Node("MatMul", ["flat", "patch"], ["i0"]);
            Products("i", "image_embeds");
        }
        return graph;

        void Products(string stem, string output)
        {
            for (int i = 0; i < Layers; i++)
            {
                string name = $"{stem}{i + 1}";
                graph.Weights($"{name}_w", Values(Width * Width), Width, Width).Node("MatMul", [$"{stem}{i}", $"{name}_w"], [$"{name}_p"])
                    .Node("Tanh", [$"{name}_p"], [i == Layers - 1 ? output : name]);
            }
            graph.Output(output, type, "batch", Width);
        }

        float[] Values(int count) => [.. Enumerable.Range(0, count).Select(_ => (random.NextSingle() - 0.5f) / 2)];
    }
}
