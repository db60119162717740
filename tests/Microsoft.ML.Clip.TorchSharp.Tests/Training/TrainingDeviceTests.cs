using TorchSharp;
using static TorchSharp.torch;

namespace Microsoft.ML.Clip.Tests;

/// <summary>The device by its name, what is said where it is not there, and that nothing of a network is left on another.</summary>
public sealed class TrainingDeviceTests
{
    [Theory]
    [InlineData("gpu")]
    [InlineData("")]
    [InlineData("CUDA")]
    [InlineData("cuda:")]
    [InlineData("cuda:-1")]
    [InlineData("cuda:1.5")]
    public void Trainer_AnUnknownDevice_SaysWhatThereIs(string name)
    {
        string message = Assert.Throws<ArgumentException>(() => Trainer(name)).Message;

        Assert.Contains($"The device is '{name}'. Expected \"cpu\", \"cuda\" (the first GPU) or \"cuda:N\"", message, StringComparison.Ordinal);
    }

    [Theory]
    [InlineData("cuda")]
    [InlineData("cuda:1")]
    public void Trainer_OnAGpuWithTheLibtorchOfProcessors_NamesThePackage(string name)
    {
        Assert.SkipWhen(cuda.is_available(), "there is a GPU");

        string message = Assert.Throws<PlatformNotSupportedException>(() => Trainer(name)).Message;

        Assert.Contains($"The device is '{name}'", message, StringComparison.Ordinal);
        Assert.Contains(OperatingSystem.IsWindows() ? "the package TorchSharp-cuda-windows" : "the package TorchSharp-cuda-linux", message, StringComparison.Ordinal);
    }

    [Fact]
    public void Require_AGpuThatIsNotThere_SaysHowManyThereAre()
    {
        TrainingDevice.Require("cuda:1", () => true, () => 2);
        Assert.EndsWith("there is 1 GPU, 'cuda:0'.", Message("cuda:1", 1), StringComparison.Ordinal);
        Assert.EndsWith("there are 2 GPUs, 'cuda:0' to 'cuda:1'.", Message("cuda:2", 2), StringComparison.Ordinal);

        static string Message(string name, int count) =>
            Assert.Throws<PlatformNotSupportedException>(() => TrainingDevice.Require(name, () => true, () => count)).Message;
    }

    [Fact]
    public void Require_ALibtorchThatThrows_SaysWhatItSays() =>
        Assert.EndsWith("libtorch says: no such library", Assert.Throws<PlatformNotSupportedException>(() =>
            TrainingDevice.Require("cuda", () => throw new NotSupportedException("no such library"), () => 0)).Message, StringComparison.Ordinal);

    [Fact]
    public void Parse_ANumber_IsTheGpus() =>
        Assert.Equal((DeviceType.CUDA, 3, DeviceType.CUDA, 0, DeviceType.CPU), (TrainingDevice.Parse("cuda:3").type, TrainingDevice.Parse("cuda:3").index,
            TrainingDevice.Parse("cuda").type, TrainingDevice.Parse("cuda").index, TrainingDevice.Parse("cpu").type));

    /// <summary>The device "meta" has shapes without numbers, on any machine.</summary>
    [Theory]
    [InlineData("vit")]
    [InlineData("small-resnet")]
    [InlineData("openai-resnet")]
    [InlineData("cbow")]
    public void Module_OnAnotherDevice_HasNothingElsewhere(string name)
    {
        using var module = new ClipModule(SmallArchitectures.All[name], seed: 1, new Device(DeviceType.META));

        Assert.All(module.Weights().Values, w => Assert.Equal(DeviceType.META, w.device_type));
        Assert.Equal(DeviceType.META, module.Device.type);
        using var optimizer = new AdamW(module.Parameters(), 0.9, 0.98, 1e-6, 0.2);
        Assert.All(optimizer.State(), s => Assert.Equal(DeviceType.META, s.Value.device_type));
    }

    /// <summary>The whole way on a GPU, where there is one.</summary>
    [Theory]
    [InlineData("vit", 2)]
    [InlineData("small-resnet", null)]
    public void Fit_OnAGpu_LearnsWhatAProcessorDoes(string name, int? part)
    {
        Assert.SkipUnless(cuda.is_available(), "there is no GPU, or libtorch is not made for one");
        using var directory = new TemporaryDirectory();
        double[] processor = Losses("cpu"), gpu = Losses("cuda");
        for (int i = 0; i < processor.Length; i++)
        {
            Assert.Equal(processor[i], gpu[i], 0.01);
        }

        double[] Losses(string device)
        {
            var reports = new TrainingFixture.Reports();
            var options = TrainingFixture.Options(SmallArchitectures.All[name], steps: 6, microBatchSize: part, checkpoint: directory.Combine(device),
                evaluate: model => Assert.Equal(8, model.EncodeTexts(["red"])[0].Length)) with
            { Device = device };
            using var model = new ClipContrastiveTrainer("Image", "Caption", options).Train(TrainingFixture.View(TrainingFixture.Rows()), reports);
            using var clip = model.CreateClipModel();
            Assert.Equal(8, clip.EncodeTexts(["red"])[0].Length);
            return [.. reports.Select(r => r.Loss)];
        }
    }

    private static ClipContrastiveTrainer Trainer(string device) => new("Image", "Caption", TrainingFixture.Options() with { Device = device });
}
