using TorchSharp;
using static TorchSharp.torch;

namespace Microsoft.ML.Clip.Tests;

/// <summary>What an export says when it cannot be, and that it then leaves what was there.</summary>
public sealed class ClipOnnxExporterErrorTests : IDisposable
{
    private readonly TemporaryDirectory _directory = new();
    private readonly ExportedModel _model = new(ExportedModel.Architectures["ViT, QuickGELU"]);
    private readonly Dictionary<string, Tensor> _weights;

    public ClipOnnxExporterErrorTests() => _weights = new(_model.Weights);

    [Fact]
    public void Export_AParameterIsMissing_NamesIt()
    {
        _weights.Remove("visual.ln_post.bias");

        Assert.Contains("'visual.ln_post.bias' [32] is missing", Message(), StringComparison.Ordinal);
    }

    [Fact]
    public void Export_AParameterHasAnotherShape_NamesBoth()
    {
        _weights["text_projection"] = zeros(41, 24);

        Assert.Contains("'text_projection' has the shape [41, 24], but the architecture needs [40, 24]", Message(), StringComparison.Ordinal);
    }

    [Theory]
    [InlineData(float.NaN)]
    [InlineData(float.NegativeInfinity)]
    public void Export_AValueIsNotFinite_NamesItAndLeavesTheOldFiles(float value)
    {
        _model.Export(_directory);
        byte[] before = File.ReadAllBytes(_directory.Combine("onnx/vision_model.onnx"));
        _weights["transformer.resblocks.1.mlp.c_fc.bias"] = full(160, value);

        Assert.Contains("'transformer.resblocks.1.mlp.c_fc.bias' holds " + value, Message(), StringComparison.Ordinal);
        Assert.Equal(before, File.ReadAllBytes(_directory.Combine("onnx/vision_model.onnx")));
        Assert.Empty(Directory.EnumerateFiles(_directory, "*.tmp", SearchOption.AllDirectories));
    }

    [Fact]
    public void Export_AValueThatFloat16CannotHold_NamesIt()
    {
        _weights["visual.proj"] = full([32, 24], 70_000f);

        Assert.Contains("'visual.proj' holds 70000, which float16 cannot", Message(new() { Precision = ClipWeightPrecision.Float16 }), StringComparison.Ordinal);
    }

    [Fact]
    public void Export_ALogitScaleThatOverflows_SaysSo()
    {
        _weights["logit_scale"] = tensor(1000f);

        Assert.Contains("'logit_scale' is 1000", Message(), StringComparison.Ordinal);
    }

    [Fact]
    public void Export_AVocabularyThatDoesNotFit_SaysWhy()
    {
        var larger = ClipVocabularyTrainer.Train([.. VocabularyCorpus.Texts, "zebra zebra"], new() { ContextLength = 16 });
        var otherLength = ClipVocabularyTrainer.Train(VocabularyCorpus.Texts, new() { ContextLength = 20 });
        var smaller = ClipVocabularyTrainer.Train(VocabularyCorpus.Texts, new() { Size = 520, ContextLength = 16 });

        Assert.Contains($"ids up to {larger.Size - 1}, but the architecture has embeddings for {_model.Architecture.VocabularySize}", Message(vocabulary: larger), StringComparison.Ordinal);
        Assert.Contains("texts of 20 tokens", Message(vocabulary: otherLength), StringComparison.Ordinal);
        Assert.Contains("ends texts with id 519", Message(vocabulary: smaller), StringComparison.Ordinal);
    }

    [Theory]
    [InlineData("../fp16")]
    [InlineData("fp 16")]
    public void Export_AVariantThatIsNoPartOfAName_IsRefused(string variant) =>
        Assert.Contains(variant, Message(new() { Variant = variant }), StringComparison.Ordinal);

    [Fact]
    public void Export_AFileInTheWay_IsAnIOException()
    {
        File.WriteAllText(_directory.Combine("onnx"), "");

        Assert.ThrowsAny<IOException>(() => _model.Export(_directory));
    }

    public void Dispose()
    {
        _model.Dispose();
        _directory.Dispose();
    }

    private string Message(ClipOnnxExportOptions? options = null, ClipVocabulary? vocabulary = null) => Assert.ThrowsAny<ArgumentException>(() =>
        ClipOnnxExporter.Export(_model.Architecture, _weights, vocabulary ?? ExportedModel.Vocabulary, _directory, options)).Message;
}
