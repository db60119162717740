using Microsoft.ML.OnnxRuntime;

namespace Microsoft.ML.Clip.Tests;

/// <summary>Graphs that tests change, write and run.</summary>
internal static class EditedGraphs
{
    // Float32 sums, and exponentials, are taken in another order where an operation has another form.
    private const float Tolerance = 1e-5f;

    /// <summary>Values of order 1 without a pattern.</summary>
    public static float[] Values(int count, int seed = 1) => [.. Enumerable.Range(seed, count).Select(i => MathF.Cos(i * i))];

    /// <summary>Whether two results are the same but for the order of sums.</summary>
    public static bool Near(float a, float b) => MathF.Abs(a - b) <= Tolerance * MathF.Max(1, MathF.Abs(a));

    /// <summary>Changes a graph, and checks that this changed something or nothing.</summary>
    public static GraphDraft Changed(byte[] bytes, Func<GraphDraft, bool> change, bool expected)
    {
        var draft = Draft(GraphFiles.Files(bytes));
        Assert.Equal(expected, change(draft));
        Assert.Equal(expected, draft.IsChanged);
        return draft;
    }

    public static GraphDraft Draft(ModelFiles files) => new(files, OnnxGraphReader.Read(files, GraphFiles.Name));

    public static byte[] Bytes(GraphDraft draft)
    {
        using var source = draft.Files.OpenRead(GraphFiles.Name);
        return ProtobufOutput.ToExactArray(output => draft.Write(output, source), "the test's graph");
    }

    /// <summary>Runs a graph on those of the inputs that it has.</summary>
    public static float[] Run(byte[] bytes, string output, params (string Name, Func<OrtValue> Value)[] inputs)
    {
        using var session = new InferenceSession(bytes);
        string[] names = [.. session.InputNames];
        OrtValue[] values = [.. names.Select(name => inputs.First(i => i.Name == name).Value())];
        using var run = new RunOptions();
        try
        {
            using var results = session.Run(run, names, values, [output]);
            return results[0].GetTensorDataAsSpan<float>().ToArray();
        }
        finally
        {
            Array.ForEach(values, v => v.Dispose());
        }
    }
}
