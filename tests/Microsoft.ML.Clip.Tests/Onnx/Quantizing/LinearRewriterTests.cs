using Microsoft.ML.OnnxRuntime;

namespace Microsoft.ML.Clip.Tests;

/// <summary>Products in 8 bits as the graph computes them, against the same arithmetic written out.</summary>
public sealed class LinearRewriterTests
{
    private const int Rows = 5, Width = 32, Columns = 17;

    // Float32, added and multiplied in another order.
    private const float Tolerance = 2e-6f;

    public enum Before
    {
        Nothing,
        LayerNormalization,
        DecomposedNorm,
        NormThatAnotherReads,
    }

    private static readonly GraphQuantizationSettings Dynamic = new(IsDynamic: true, SmoothingStrength: 0, ReducesRange: true, QuantizesTokens: false);

    private static readonly float[] Weights = EditedGraphs.Values(Width * Columns, 3), Bias = EditedGraphs.Values(Columns, 7);

    /// <summary>Rows of another size each, with an outlier channel.</summary>
    private static readonly float[] Input = [.. EditedGraphs.Values(Rows * Width, 11).Select((v, i) => v * (1 + i / Width) * (i % Width == 5 ? 40 : 1))];

    /// <summary>
    /// (x / s) · (s W) is x · W: what is rounded is x / s in every channel, to the bit where scales are powers of two and no norm is before, and the rows
    /// of W are the scaled ones.
    /// </summary>
    [Theory]
    [InlineData(Before.Nothing, true), InlineData(Before.Nothing, false)]
    [InlineData(Before.LayerNormalization, true), InlineData(Before.LayerNormalization, false)]
    [InlineData(Before.DecomposedNorm, true), InlineData(Before.DecomposedNorm, false)]
    [InlineData(Before.NormThatAnotherReads, true), InlineData(Before.NormThatAnotherReads, false)]
    public void Smoothing_BeforeRounding_KeepsTheFunction(Before before, bool powersOfTwo)
    {
        byte[] plain = Graph(before).ToBytes();
        float[] scales = [.. Enumerable.Range(0, Width).Select(j => powersOfTwo ? MathF.Pow(2, (j % 9) - 4) : 0.3f + (j * 0.37f))];
        var draft = EditedGraphs.Draft(GraphFiles.Files(plain));
        var group = Assert.Single(LinearGroups.Find(draft));
        bool folds = before is Before.LayerNormalization or Before.DecomposedNorm;
        Assert.Equal(folds, LinearRewriter.CanFold(draft, group));

        new LinearRewriter(draft, Dynamic).Apply(group, new LinearPlan(group.Name, scales, null, [], []));

        var quantize = Assert.Single(draft.Nodes, n => n.Operation == "DynamicQuantizeLinear");
        Assert.Equal(!folds, draft.Producer(quantize.Input(0)) is { } producer && producer.Is("Mul")
            && producer.Outputs[0].Contains(group.Name, StringComparison.Ordinal));
        draft.GiveOut(quantize.Input(0));
        float[] smoothed = Run(EditedGraphs.Bytes(draft), quantize.Input(0)), original = Run(WithOutput(plain, group.Input), group.Input);
        for (int i = 0; i < original.Length; i++)
        {
            // A norm's sums may be taken in another order from run to run.
            float back = smoothed[i] * scales[i % Width], allowed = powersOfTwo && before == Before.Nothing ? 0
                : Tolerance * MathF.Max(1, MathF.Abs(original[i]));
            Assert.InRange(back - original[i], -allowed, allowed);
        }
        if (before == Before.NormThatAnotherReads)
        {
            // Who else reads it sees what it saw.
            Assert.Equal(Run(plain, "other"), Run(EditedGraphs.Bytes(draft), "other"), Near);
        }
        var rounded = RoundedWeights.Of(Weights, scales, Width, RoundedWeights.Reduced);
        for (int i = 0; i < Weights.Length; i++)
        {
            float step = rounded.Scales[i % Columns];
            Assert.InRange((rounded.Values[i] * step / scales[i / Columns]) - Weights[i], -0.501f * step / scales[i / Columns],
                0.501f * step / scales[i / Columns]);
        }
    }

    /// <summary>One scale and zero of all that a run brings, rounded to even, integer sums, both scales, bias.</summary>
    [Theory]
    [InlineData(false, 1f), InlineData(true, 1f), InlineData(false, 1e-3f), InlineData(false, -2f)]
    public void DynamicForm_IsTheArithmeticWrittenOut(bool smoothed, float factor)
    {
        float[] input = [.. Input.Select(v => v * factor)];
        float[]? scales = smoothed ? [.. Enumerable.Range(0, Width).Select(j => j == 5 ? 16f : 1)] : null;
        float[] x = [.. input.Select((v, i) => v * (1 / (scales?[i % Width] ?? 1)))];
        float smallest = Math.Min(0, x.Min()), largest = Math.Max(0, x.Max()), step = (largest - smallest) / 255;
        int zero = (int)Math.Clamp(MathF.Round(-smallest / step, MidpointRounding.ToEven), 0, 255);

        Assert.Equal(Expected(x, scales, step, zero), Computed(input, new LinearPlan("y", scales, null, [], [])), Near);
    }

    /// <summary>The same with a scale that is known beforehand, beyond which values are cut.</summary>
    [Theory]
    [InlineData(false), InlineData(true)]
    public void FixedForm_IsTheArithmeticWrittenOut(bool smoothed)
    {
        float[]? scales = smoothed ? [.. Enumerable.Range(0, Width).Select(j => j == 5 ? 16f : 1)] : null;
        var range = ActivationRange.Of(-2, 3);
        float[] x = [.. Input.Select((v, i) => v * (1 / (scales?[i % Width] ?? 1)))];
        Assert.Contains(x, v => v > 4);

        Assert.Equal(Expected(x, scales, range.Step, range.Zero), Computed(Input, new LinearPlan("y", scales, range, [], [])), Near);
    }

    private static float[] Expected(float[] x, float[]? scales, float step, int zero)
    {
        var weights = RoundedWeights.Of(Weights, scales, Width, RoundedWeights.Reduced);
        float[] result = new float[Rows * Columns];
        for (int row = 0; row < Rows; row++)
        {
            for (int n = 0; n < Columns; n++)
            {
                int sum = 0;
                for (int j = 0; j < Width; j++)
                {
                    int q = (int)Math.Clamp(MathF.Round(x[(row * Width) + j] / step, MidpointRounding.ToEven) + zero, 0, 255);
                    sum += (q - zero) * weights.Values[(j * Columns) + n];
                }
                result[(row * Columns) + n] = (sum * (step * weights.Scales[n])) + Bias[n];
            }
        }
        return result;
    }

    private static float[] Computed(float[] input, LinearPlan plan)
    {
        var draft = EditedGraphs.Draft(GraphFiles.Files(Graph(Before.Nothing).ToBytes()));
        var group = Assert.Single(LinearGroups.Find(draft));
        new LinearRewriter(draft, Dynamic).Apply(group, plan);
        draft.Sweep();
        Assert.DoesNotContain(draft.Nodes, n => n.Is("MatMul"));
        return EditedGraphs.Run(EditedGraphs.Bytes(draft), "y", ("x", () => OrtValue.CreateTensorValueFromMemory(input, [Rows, Width])));
    }

    private static bool Near(float a, float b) => MathF.Abs(a - b) <= Tolerance * MathF.Max(1, MathF.Abs(a));

    private static float[] Run(byte[] bytes, string output) =>
        EditedGraphs.Run(bytes, output, ("x", () => OrtValue.CreateTensorValueFromMemory(Input.ToArray(), [Rows, Width])));

    private static byte[] WithOutput(byte[] bytes, string output)
    {
        if (output == "x")
        {
            // An input is no output: copied.
            return new TinyOnnx().Input("x", TinyOnnx.Float, Rows, Width).Output("copy", TinyOnnx.Float).Node("Identity", ["x"], ["copy"]).ToBytes();
        }
        var draft = EditedGraphs.Draft(GraphFiles.Files(bytes));
        draft.GiveOut(output);
        return EditedGraphs.Bytes(draft);
    }

    /// <summary>The product, what stands before it, and a second one, as the last of a tower stays in float.</summary>
    private static TinyOnnx Graph(Before before)
    {
        var graph = new TinyOnnx().Input("x", TinyOnnx.Float, Rows, Width).Output("y", TinyOnnx.Float)
            .Weights("w", Weights, Width, Columns).Weights("b", Bias, Columns)
            .Weights("gain", EditedGraphs.Values(Width, 2), Width).Weights("shift", EditedGraphs.Values(Width, 4), Width).Weights("epsilon", [1e-5f]);
        switch (before)
        {
            case Before.Nothing:
                graph.Node("Identity", ["x"], ["normed"]);
                break;
            case Before.DecomposedNorm:
                graph.Node("ReduceMean", ["x"], ["mean"], ("axes", new[] { -1 })).Node("Sub", ["x", "mean"], ["centred"]).Node("Mul", ["centred", "centred"], ["squares"])
                    .Node("ReduceMean", ["squares"], ["variance"], ("axes", new[] { -1 })).Node("Add", ["variance", "epsilon"], ["more"]).Node("Sqrt", ["more"], ["deviation"])
                    .Node("Div", ["centred", "deviation"], ["standard"]).Node("Mul", ["standard", "gain"], ["gained"]).Node("Add", ["gained", "shift"], ["normed"]);
                break;
            default:
                graph.Node("LayerNormalization", ["x", "gain", "shift"], ["normed"]);
                break;
        }
        if (before == Before.NormThatAnotherReads)
        {
            graph.Node("Abs", ["normed"], ["other"]).Output("other", TinyOnnx.Float);
        }
        return graph.Node("MatMul", ["normed", "w"], ["product"]).Node("Add", ["product", "b"], ["y"]);
    }
}
