namespace Microsoft.ML.Clip.Tests;

/// <summary>Which files hold the towers, by their names alone.</summary>
public sealed class ClipModelLayoutTests
{
    [Theory]
    [InlineData("onnx/vision_model.onnx onnx/text_model.onnx onnx/model.onnx model.onnx", "onnx/vision_model.onnx", "onnx/text_model.onnx", "onnx/model.onnx model.onnx")]
    [InlineData("vision_model.onnx text_model.onnx", "vision_model.onnx", "text_model.onnx", "")]
    [InlineData("vision_model.onnx onnx/vision_model.onnx visual/model.onnx textual/model.onnx", "onnx/vision_model.onnx", "textual/model.onnx", "")]
    [InlineData("visual/model.onnx textual/model.onnx", "visual/model.onnx", "textual/model.onnx", "")]
    [InlineData("onnx/model.onnx", "onnx/model.onnx", "onnx/model.onnx", "onnx/model.onnx")]
    [InlineData("model.onnx onnx/model.onnx", "onnx/model.onnx", "onnx/model.onnx", "onnx/model.onnx model.onnx")]
    [InlineData("onnx/vision_model.onnx onnx/model.onnx", "onnx/vision_model.onnx", "onnx/model.onnx", "onnx/model.onnx")]
    [InlineData("onnx/vision_model.onnx", "onnx/vision_model.onnx", null, "")]
    [InlineData("textual/model.onnx", null, "textual/model.onnx", "")]
    public void Find_Names_InOrderOfPreference(string names, string? image, string? text, string combined)
    {
        var layout = ClipModelLayout.Find(Files(names), variant: null);

        Assert.Equal((image, text, combined, ""), (layout.ImageFile, layout.TextFile, string.Join(' ', layout.CombinedFiles), layout.Variant));
    }

    [Theory]
    [InlineData("onnx/model.onnx onnx/model_fp16.onnx", null, "onnx/model.onnx", "")]
    [InlineData("onnx/model.onnx onnx/model_fp16.onnx", "fp16", "onnx/model_fp16.onnx", "_fp16")]
    [InlineData("onnx/model.onnx onnx/model_fp16.onnx", "_fp16", "onnx/model_fp16.onnx", "_fp16")]
    [InlineData("onnx/model.onnx onnx/model_fp16.onnx", "", "onnx/model.onnx", "")]
    [InlineData("onnx/model_q4f16.onnx onnx/vision.onnx onnx/model-int8.onnx other/model_fp16.onnx visual/vision_model_x.onnx", null, "onnx/model_q4f16.onnx", "_q4f16")]
    public void Find_Variant_IsTheOneAskedForOrTheOnlyOne(string names, string? variant, string expected, string suffix)
    {
        var layout = ClipModelLayout.Find(Files(names), variant);

        Assert.Equal((expected, suffix), (layout.ImageFile, layout.Variant));
    }

    [Fact]
    public void Find_CombinedFiles_TheMostExactComesFirst() => Assert.Equal(["onnx/model.onnx", "onnx/model_q4.onnx", "onnx/model_fp16.onnx"],
        ClipModelLayout.Find(Files("onnx/model_fp16.onnx onnx/model_q4.onnx onnx/model.onnx"), "q4").CombinedFiles);

    [Theory]
    [InlineData("", null, "There is no CLIP model in memory: looked for onnx/vision_model.onnx, vision_model.onnx, visual/model.onnx, visual.onnx, image-encoder.onnx, image_encoder.onnx, *.img.onnx, onnx/text_model.onnx, text_model.onnx, textual/model.onnx, textual.onnx, text.onnx, text-encoder.onnx, text_encoder.onnx, *.txt.onnx, onnx/model.onnx, model.onnx. It holds no files.")]
    [InlineData("a b", null, "It holds a, b.")]
    [InlineData("01 02 03 04 05 06 07 08 09 10 11 12 13 14", null, "It holds 01, 02, 03, 04, 05, 06, 07, 08, 09, 10, 11, 12 and 2 more files.")]
    [InlineData("onnx/model_a.onnx text_model_b.onnx", null, "The CLIP model in memory comes in several variants: 'a', 'b'. Choose one with ClipModelOptions.Variant.")]
    [InlineData("onnx/model_a.onnx onnx/model.onnx", "c", "The CLIP model in memory has no variant 'c'. It has the one without a suffix, 'a'.")]
    public void Find_Nothing_SaysWhatThereIs(string names, string? variant, string expected) =>
        Assert.EndsWith(expected, Assert.Throws<FileNotFoundException>(() => ClipModelLayout.Find(Files(names), variant)).Message, StringComparison.Ordinal);

    [Theory]
    [InlineData("config.json model.safetensors", "This directory holds 'model.safetensors', weights without a graph: convert it with ClipOnnxExporter.Convert(safetensorsDirectory, output) of the package Microsoft.ML.Clip.TorchSharp")]
    [InlineData("model.safetensors.index.json", "This directory holds 'model.safetensors.index.json', weights")]
    [InlineData("open_clip_model.safetensors pytorch_model.bin", "This directory holds 'open_clip_model.safetensors', weights")]
    [InlineData("pytorch_model.bin", "This directory holds 'pytorch_model.bin', weights as a Python pickle, which is not read as it may run code: save it as safetensors (model.save_pretrained(directory) in Python), then convert that with ClipOnnxExporter.Convert")]
    [InlineData("open_clip_pytorch_model.bin", "This directory holds 'open_clip_pytorch_model.bin', weights as a Python pickle")]
    public void Find_WeightsWithoutAGraph_SaysHowToConvertThem(string names, string expected) =>
        Assert.Contains(expected, Assert.Throws<FileNotFoundException>(() => ClipModelLayout.Find(Files(names), variant: null)).Message,
            StringComparison.Ordinal);

    [Fact]
    public void Load_ADirectoryOfReleasedWeights_SaysHowToConvertThem()
    {
        using var directory = new TemporaryDirectory();
        directory.Write("config.json", "{}");
        directory.Write("model.safetensors", "");

        string message = Assert.Throws<FileNotFoundException>(() => ClipModel.Load(directory)).Message;

        Assert.Contains(directory, message, StringComparison.Ordinal);
        Assert.Contains("ClipOnnxExporter.Convert", message, StringComparison.Ordinal);
    }

    [Fact]
    public void Names_UnderWhichATowerIsLookedFor()
    {
        Assert.Equal(["onnx/vision_model_x.onnx", "vision_model_x.onnx", "visual/model_x.onnx", "visual_x.onnx", "image-encoder_x.onnx", "image_encoder_x.onnx", "*.img.x.onnx",
            "onnx/model_x.onnx", "model_x.onnx"], ClipModelLayout.ImageFiles("_x"));
        Assert.Equal(["onnx/text_model.onnx", "text_model.onnx", "textual/model.onnx", "textual.onnx", "text.onnx", "text-encoder.onnx", "text_encoder.onnx", "*.txt.onnx",
            "onnx/model.onnx", "model.onnx"], ClipModelLayout.TextFiles(""));
    }

    private static MemoryModelFiles Files(string names) =>
        new(names.Split(' ', StringSplitOptions.RemoveEmptyEntries).ToDictionary(n => n, _ => Array.Empty<byte>()), "memory");
}
