namespace Microsoft.ML.Clip.Tests;

/// <summary>ONNX Runtime on the exported graphs against TorchSharp on the modules that they were made from.</summary>
public sealed class ClipOnnxExporterTests(ITestOutputHelper log)
{
    private static readonly int[] Batches = [1, 7, 64];

    public static TheoryData<string, ClipWeightPrecision> Cases =>
        [.. from name in ExportedModel.Architectures.Keys from precision in Enum.GetValues<ClipWeightPrecision>() select (name, precision)];

    [Theory]
    [MemberData(nameof(Cases))]
    public void Export_AnyArchitecture_GivesTheModulesEmbeddings(string name, ClipWeightPrecision precision)
    {
        using var directory = new TemporaryDirectory();
        using var model = new ExportedModel(ExportedModel.Architectures[name]);
        model.Export(directory, new() { Precision = precision });
        using OnnxRun images = new(directory.Combine("onnx/vision_model.onnx")), texts = new(directory.Combine("onnx/text_model.onnx"));
        foreach (int batch in Batches)
        {
            var (image, features, text) = Differences(model, images, texts, batch);
            log.WriteLine($"{name}, {precision}, batch {batch}: image {image:E1}, I_f {features:E1}, text {text:E1}");
            Assert.InRange(image, 0, ExportTolerances.Of(precision));
            Assert.InRange(text, 0, ExportTolerances.Of(precision));
            Assert.InRange(features, 0, precision == ClipWeightPrecision.Float32 ? ExportTolerances.Features : float.MaxValue);
        }
    }

    [Theory]
    [InlineData(ClipWeightPrecision.Float16)]
    [InlineData(ClipWeightPrecision.Int8)]
    public void Export_InLessPrecision_IsExactToTheRoundedWeights(ClipWeightPrecision precision)
    {
        using var directory = new TemporaryDirectory();
        using var model = new ExportedModel(ExportedModel.Architectures["ViT, QuickGELU"]);
        model.Export(directory, new() { Precision = precision });
        RoundedWeights.Apply(model.Weights, precision);

        using OnnxRun images = new(directory.Combine("onnx/vision_model.onnx")), texts = new(directory.Combine("onnx/text_model.onnx"));
        var (image, _, text) = Differences(model, images, texts, batch: 7);
        Assert.InRange(image, 0, ExportTolerances.Float32);
        Assert.InRange(text, 0, ExportTolerances.Float32);
    }

    [Theory]
    [InlineData("ViT, QuickGELU")]
    [InlineData("ResNet, basic blocks, mean, CBOW")]
    public void Export_TextsShorterThanTheContext_EmbedAlike(string name)
    {
        using var directory = new TemporaryDirectory();
        using var model = new ExportedModel(ExportedModel.Architectures[name]);
        model.Export(directory);
        using var texts = new OnnxRun(directory.Combine("onnx/text_model.onnx"));
        int length = model.Architecture.ContextLength, joint = model.Architecture.JointDimension;
        long end = model.Architecture.EndOfTextId;
        long[] ids = [ExportedModel.Vocabulary.StartOfTextId, 300, 7, end, end];
        long[] padded = [.. ids, .. Enumerable.Repeat(end, length - ids.Length)];

        Assert.InRange(ExportTolerances.Difference(Text(padded), Text(ids)), 0, ExportTolerances.Float32);

        // Without an end token the graph does what the module does.
        long[] endless = [.. Enumerable.Range(0, length).Select(i => (long)i)];
        Assert.InRange(ExportTolerances.Difference(model.EncodeTexts(endless, length), Text(endless)), 0, ExportTolerances.Float32);

        float[] Text(long[] row) => OnnxRun.Normalized(texts.Run(row, [1, row.Length], "text_embeds")[0], joint);
    }

    private static (float Image, float Features, float Text) Differences(ExportedModel model, OnnxRun images, OnnxRun texts, int batch)
    {
        int size = model.Architecture.ImageSize, joint = model.Architecture.JointDimension, length = model.Architecture.ContextLength;
        float[] pixels = model.RandomPixels(batch, seed: batch);
        long[] ids = model.RandomIds(batch, length, seed: batch);
        float[][] image = images.Run(pixels, [batch, 3, size, size], "image_embeds", "pooler_output");
        float[][] text = texts.Run(ids, [batch, length], "text_embeds");
        var (features, expected) = model.EncodeImages(pixels);
        return (
            ExportTolerances.Difference(expected, OnnxRun.Normalized(image[0], joint)),
            ExportTolerances.Difference(features, image[1]),
            ExportTolerances.Difference(model.EncodeTexts(ids, length), OnnxRun.Normalized(text[0], joint)));
    }
}
