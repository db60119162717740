using Microsoft.ML.OnnxRuntime;

namespace Microsoft.ML.Clip.Tests;

/// <summary>Graphs of convolutions that tests put in 8 bits, calibrated on what they are then run on.</summary>
internal static class QuantizedGraphs
{
    public static readonly GraphQuantizationSettings Static = new(IsDynamic: false, SmoothingStrength: null, ReducesRange: false, QuantizesTokens: false);

    /// <summary>Puts a graph of one input, x, in 8 bits.</summary>
    /// <param name="files">The graph, and what belongs to it.</param>
    /// <param name="inputs">What it is calibrated on.</param>
    /// <param name="shape">The shape of each.</param>
    /// <param name="settings">What is asked for; by default fixed scales and whole bytes.</param>
    /// <param name="inFloat">Layers to leave in float.</param>
    public static (byte[] Bytes, string[] Layers) Quantize(ModelFiles files, IReadOnlyList<float[]> inputs, long[] shape,
        GraphQuantizationSettings? settings = null, params string[] inFloat)
    {
        var graph = OnnxGraphReader.Read(files, GraphFiles.Name);
        var quantizer = new GraphQuantizer(files, graph, settings ?? Static, () => inputs.Select(x => new OnnxInputs().Add("x", Value(x, shape))), ["y"]);
        quantizer.Calibrate(TestContext.Current.CancellationToken);
        using var stream = new MemoryStream();
        quantizer.Write(stream, inFloat.ToHashSet());
        return (stream.ToArray(), [.. quantizer.Layers.Select(l => l.Name)]);
    }

    public static float[] Run(byte[] bytes, float[] input, long[] shape, string output = "y") =>
        EditedGraphs.Run(bytes, output, ("x", () => Value(input, shape)));

    public static GraphDraft Read(byte[] bytes) => EditedGraphs.Draft(GraphFiles.Files(bytes));

    /// <summary>The operations of a graph after ONNX Runtime has made it faster, those of its layouts among them.</summary>
    public static string[] Optimized(byte[] bytes)
    {
        using var folder = new TemporaryDirectory();
        string path = Path.Combine(folder, "optimized.onnx");
        using (var options = new SessionOptions { OptimizedModelFilePath = path, LogSeverityLevel = OrtLoggingLevel.ORT_LOGGING_LEVEL_ERROR })
        {
            using var session = new InferenceSession(bytes, options);
        }
        return [.. Read(File.ReadAllBytes(path)).Nodes.Select(n => n.Operation)];
    }

    /// <summary>Runs a graph as it stands, as a runtime does that joins no operations.</summary>
    public static float[] RunAsItStands(byte[] bytes, float[] input, long[] shape)
    {
        using var options = new SessionOptions { GraphOptimizationLevel = GraphOptimizationLevel.ORT_DISABLE_ALL };
        using var session = new InferenceSession(bytes, options);
        using var value = Value(input, shape);
        using var run = new RunOptions();
        using var results = session.Run(run, ["x"], [value], ["y"]);
        return results[0].GetTensorDataAsSpan<float>().ToArray();
    }

    private static OrtValue Value(float[] values, long[] shape) => OrtValue.CreateTensorValueFromMemory(values, shape);
}
