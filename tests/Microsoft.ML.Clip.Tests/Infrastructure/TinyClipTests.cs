using Microsoft.ML.OnnxRuntime;

namespace Microsoft.ML.Clip.Tests;

/// <summary>The hand-made model itself: ONNX Runtime must compute what the plain C# says, or every test built on it means nothing.</summary>
public class TinyClipTests
{
    // Both sides compute in float32 in different order; values are of order 1.
    private const float Tolerance = 2e-5f;

    [Fact]
    public void Graphs_InOnnxRuntime_ComputeWhatThePlainCodeSays()
    {
        using var directory = new TemporaryDirectory();
        var clip = new TinyClip(new() { AttentionMask = false });
        clip.Write(directory);
        var random = new Random(5);
        float[] pixels = [.. Enumerable.Range(0, 3 * 8 * 8).Select(_ => random.NextSingle())];
        long[] ids = [TinyTokenizerFiles.StartOfText, 70, 3, 5, TinyTokenizerFiles.EndOfText, TinyTokenizerFiles.EndOfText];

        float[] image = Run(directory.Combine("onnx/vision_model.onnx"), "pixel_values", pixels, [1, 3, 8, 8], "image_embeds");
        float[] features = Run(directory.Combine("onnx/vision_model.onnx"), "pixel_values", pixels, [1, 3, 8, 8], "pooler_output");
        float[] text = Run(directory.Combine("onnx/text_model.onnx"), "input_ids", ids, [1, ids.Length], "text_embeds");

        Assert.Equal(clip.EmbedImage(pixels), image, Near);
        Assert.Equal(clip.ImageFeatures(pixels), features, Near);
        Assert.Equal(clip.EmbedTokens([.. ids.Select(id => (int)id)]), text, Near);
    }

    private static bool Near(float a, float b) => MathF.Abs(a - b) <= Tolerance;

    private static float[] Run<T>(string path, string input, T[] values, long[] shape, string output)
        where T : unmanaged
    {
        using var session = new InferenceSession(path);
        using var value = OrtValue.CreateTensorValueFromMemory(values, shape);
        using var results = session.Run(new RunOptions(), [input], [value], [output]);
        return results[0].GetTensorDataAsSpan<float>().ToArray();
    }
}
