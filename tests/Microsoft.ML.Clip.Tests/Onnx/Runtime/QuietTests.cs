namespace Microsoft.ML.Clip.Tests;

/// <summary>ONNX Runtime's own warnings do not appear beside what the application prints.</summary>
public sealed class QuietTests
{
    [Fact]
    public void FreshProcess_AGraphWithWeightsThatNoNodeUses_WritesNothingToTheErrorOutput()
    {
        using var directory = new TemporaryDirectory();
        var ml = new MLContext(seed: 1);
        using var clip = ClipModel.Load(TinyClip.WriteTo(directory.Combine("model"), new TinyClipOptions { UnusedWeights = true }));
        string image = TestImages.Write(directory.Combine(""), 1)[0];
        var data = ml.Data.LoadFromEnumerable([new StepRow { Path = image }]);
        string file = directory.Combine("model.zip");
        ml.Model.Save(ml.Transforms.ClipImageEmbedding("Output", "Path", clip).Fit(data), data.Schema, file);

        var (code, output, error) = Processes.RunDotnet([BuildFacts.FreshProcess, file, "Path", "Output", image]);

        Assert.Equal((0, ""), (code, error));
        Assert.NotEqual("", output);
    }
}
