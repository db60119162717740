using Microsoft.ML.OnnxRuntime;

namespace Microsoft.ML.Clip.Tests;

/// <summary>Runs an ONNX file in ONNX Runtime alone, without this library.</summary>
internal sealed class OnnxRun(string file) : IDisposable
{
    private readonly InferenceSession _session = new(file);

    /// <summary>Runs the graph on its one input.</summary>
    /// <param name="values">The input's values.</param>
    /// <param name="shape">The input's axes.</param>
    /// <param name="outputs">The outputs wanted.</param>
    public float[][] Run<T>(T[] values, long[] shape, params string[] outputs)
        where T : unmanaged
    {
        using var value = OrtValue.CreateTensorValueFromMemory(values, shape);
        using var options = new RunOptions();
        using var results = _session.Run(options, [_session.InputNames.Single()], [value], outputs);
        return [.. results.Select(r => r.GetTensorDataAsSpan<float>().ToArray())];
    }

    /// <summary>Divides each row by its norm.</summary>
    public static float[] Normalized(float[] values, int width)
    {
        float[] result = [.. values];
        for (int row = 0; row < values.Length; row += width)
        {
            double norm = Math.Sqrt(values.AsSpan(row, width).ToArray().Sum(v => (double)v * v));
            for (int i = row; i < row + width; i++)
            {
                result[i] = (float)(values[i] / norm);
            }
        }
        return result;
    }

    public void Dispose() => _session.Dispose();
}
