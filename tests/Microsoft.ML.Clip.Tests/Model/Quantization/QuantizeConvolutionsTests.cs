namespace Microsoft.ML.Clip.Tests;

/// <summary>Models whose image tower is convolutions, in 8 bits.</summary>
public sealed class QuantizeConvolutionsTests
{
    // On photographs, 0.9986 and 0.9997 with every convolution in 8 bits, when this was written.
    private const double LeastOfResNet = 0.99, LeastOfTinyClip = 0.995;

    private static string TinyClip => Path.Combine(BuildFacts.RepositoryRoot, "samples", "models", "tiny-clip");

    private static ClipImageSource[] Photographs =>
        [.. Directory.GetFiles(SharedFolder.Require("data/imagenet-samples"), "*.JPEG").Order(StringComparer.Ordinal).Select(ClipImageSource.FromFile)];

    /// <summary>On drawn patterns, as no photographs come with a clone: it shows that all are put in 8 bits, and that the model loads.</summary>
    [Fact]
    public void Quantize_FixedScales_PutConvolutionsInBytes()
    {
        using TemporaryDirectory fixedScales = new(), scalesOfEachRun = new();
        var options = new ClipQuantizationOptions { TargetCosine = 0, MeasureSpeed = false };

        var report = ClipModel.Quantize(TinyClip, fixedScales, options with { Method = ClipQuantizationMethod.Static });
        var dynamic = ClipModel.Quantize(TinyClip, scalesOfEachRun, options);

        // All but the first, which reads the image, and the projection.
        Assert.Equal(14, report.Images!.Layers);
        Assert.Empty(report.Images.LayersInFloat);
        Assert.InRange(report.Images.MeanCosine, 0.99, 1);
        Assert.Equal(1, dynamic.Images!.Layers);
        using var model = ClipModel.Load(fixedScales, new() { Variant = "int8" });
        Assert.True(model.HasImageEncoder);
    }

    [Fact]
    public void Quantize_TinyClipOnPhotographs_IsNear()
    {
        using var target = new TemporaryDirectory();

        var report = ClipModel.Quantize(TinyClip, target, new() { Images = Photographs, TargetCosine = 0, MeasureSpeed = false });

        Assert.Equal(ClipQuantizationMethod.Static, report.Images!.Method);
        Assert.Equal(14, report.Images.Layers);
        Assert.True(report.Images.MeanCosine > LeastOfTinyClip, report.ToString());
    }

    /// <summary>What stays in float has its part of the products, not only of the weights: the first layers of a network are small, and much to do.</summary>
    [Fact]
    public void Quantize_ForACosine_LeavesNoMoreWorkInFloatThanAllowed()
    {
        const double Share = 0.1;
        using var target = new TemporaryDirectory();
        var files = new DirectoryModelFiles(Path.Combine(TinyClip, "onnx"));
        var draft = new GraphDraft(files, OnnxGraphReader.Read(files, "vision_model.onnx"));
        // Of 80 pixels 20, 10 and 5 are left for layers of up to 64, 160 and 352 channels.
        var work = QuantizableConvolution.All(draft).ToDictionary(c => c.Output, c => c.Size * (c.Outputs <= 64 ? 400.0 : c.Outputs <= 160 ? 100 : 25));

        var report = ClipModel.Quantize(TinyClip, target, new() { Images = Photographs, TargetCosine = 1, MaximumFloatShare = Share, MeasureSpeed = false });

        Assert.NotEmpty(report.Images!.LayersInFloat);
        Assert.InRange(report.Images.LayersInFloat.Sum(l => work[l]) / work.Values.Sum(), 0.001, Share);
        Assert.True(report.Images.MeanCosine > LeastOfTinyClip, report.ToString());
    }

    [Fact]
    public void Quantize_ResNet18OnPhotographs_IsNear()
    {
        string models = Path.Combine(BuildFacts.PackageCache, "microsoft.ml.dnnimagefeaturizer.resnet18/0.23.1/tools/DnnImageModels");
        Assert.SkipUnless(Directory.Exists(models), "needs the package Microsoft.ML.DnnImageFeaturizer.ResNet18, which samples/TrainLockedClip restores");
        var photographs = Photographs;
        using TemporaryDirectory source = new(), target = new();
        new ClipImageTower(Path.Combine(models, "ResNet18Onnx", "ResNet18.onnx"))
        {
            PixelScale = 255,
            Channels = ClipChannelOrder.Bgr,
            MeanImage = ClipImageTower.ReadConstant(Path.Combine(models, "ResNetPrepOnnx", "ResNetPreprocess.onnx")),
        }.Write(source);

        var report = ClipModel.Quantize(source, target, new() { Images = photographs, TargetCosine = 0, MeasureSpeed = false });

        Assert.Equal(22, report.Images!.Layers);
        Assert.True(report.Images.MeanCosine > LeastOfResNet, report.ToString());
        Assert.InRange(report.Images.Bytes, 1, report.Images.OriginalBytes * 0.3);
    }
}
