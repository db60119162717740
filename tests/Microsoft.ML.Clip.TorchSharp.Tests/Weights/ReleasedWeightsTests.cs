namespace Microsoft.ML.Clip.Tests;

/// <summary>
/// From weights to a pipeline: models whose embeddings OpenAI's own PyTorch code computed are read from safetensors, exported, and must embed as it did.
/// </summary>
public sealed class ReleasedWeightsTests
{
    [Theory]
    [InlineData("tiny-vit")]
    [InlineData("tiny-rn")]
    public void Load_ThenExport_EmbedsAsOpenAIsCode(string name)
    {
        var expected = ExpectedModel.Load(name);
        string fixture = SharedFolder.Require($"fixtures/models/{name}");
        using var directory = new TemporaryDirectory();
        FixtureWeights.Write(name, directory.Combine("model.safetensors"));
        if (name == "tiny-vit")
        {
            File.Copy(Path.Combine(fixture, "config.json"), directory.Combine("config.json"));
        }

        var architecture = ClipWeights.ReadArchitecture(directory);
        architecture = name == "tiny-vit" ? architecture : architecture with { TextHeads = 2 };
        var weights = ClipWeights.Load(directory, architecture);
        ClipOnnxExporter.Export(architecture, weights, fixture, directory.Combine("onnx-model"));
        weights.Values.ToList().ForEach(w => w.Dispose());

        using var images = new OnnxRun(directory.Combine("onnx-model/onnx/vision_model.onnx"));
        float[] pixels = expected.PixelValues(name);
        float[] embeddings = images.Run(pixels, [expected.Images.Length, 3, expected.ImageSize, expected.ImageSize], "image_embeds")[0];
        Tolerances.Close([.. expected.Images.SelectMany(i => i.Embedding)], embeddings, Tolerances.Embedding, "image");

        // The ids are OpenAI's, padded with 0: what follows the end token must not matter.
        using var texts = new OnnxRun(directory.Combine("onnx-model/onnx/text_model.onnx"));
        long[] ids = [.. expected.Texts.SelectMany(t => t.Ids.Select(id => (long)id))];
        embeddings = texts.Run(ids, [expected.Texts.Length, expected.ContextLength], "text_embeds")[0];
        Tolerances.Close([.. expected.Texts.SelectMany(t => t.Embedding)], embeddings, Tolerances.Embedding, "text");

        using var clip = ClipModel.Load(directory.Combine("onnx-model"));
        Assert.Equal(expected.LogitScale, clip.LogitScale, 1e-4f * expected.LogitScale);
    }
}
