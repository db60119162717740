namespace Microsoft.ML.Clip.Tests;

/// <summary>One convolution in 8 bits, of any form: as far from the one in float as rounding can bring it, and no further.</summary>
public sealed class ConvolutionRewriterTests
{
    private const int Inputs = 32, Outputs = 48, Height = 9, Width = 8;

    // Float32 sums are taken in another order, with gains within the weights instead of behind them.
    private const float FoldingTolerance = 1e-6f;

    private static readonly long[] Shape = [2, Inputs, Height, Width];

    private static readonly float[] Input = [.. EditedGraphs.Values(2 * Inputs * Height * Width, 11).Select((v, i) => v + (0.3f * (i % 5)))];

    private static readonly Form[] AllForms =
    [
        new("plain", []), new("without bias", [], HasBias: false), new("1 x 1", [], Kernel: 1), new("1 x 1 with strides", [Strides(2, 2)], Kernel: 1),
        new("pads", [Pads(1, 1, 1, 1)]), new("pads of two kinds", [Pads(1, 0, 0, 2)]), new("strides", [Pads(1, 1, 1, 1), Strides(2, 1)]),
        new("dilations", [Pads(2, 2, 2, 2), ("dilations", new[] { 2, 2 })]), new("SAME_UPPER", [("auto_pad", "SAME_UPPER"), Strides(2, 2)]),
        new("SAME_LOWER", [("auto_pad", "SAME_LOWER"), Strides(2, 2)]), new("VALID", [("auto_pad", "VALID")]),
        new("even kernel", [("auto_pad", "SAME_UPPER")], Kernel: 2), new("two groups", [Pads(1, 1, 1, 1)], Groups: 2),
        new("rectified", [Pads(1, 1, 1, 1)], Behind: "R"), new("normalised", [Pads(1, 1, 1, 1)], Behind: "N"),
        new("normalised, no bias, rectified", [Pads(1, 1, 1, 1)], HasBias: false, Behind: "NR"),
        new("all", [Pads(1, 1, 1, 1), Strides(2, 2)], Groups: 2, Behind: "MANAmR"),
    ];

    public static TheoryData<string> Forms => [.. AllForms.Select(f => f.Name)];

    /// <summary>
    /// Each input is off by half a step at most, each weight by half of its own, and the result by half of its: |Σ w x - Σ w' x'| ≤ Σ (|w| dx/2 + |x| dw/2 +
    /// dx dw/4) + dy/2. What is taken off the bias is at most what weights move the mean by.
    /// </summary>
    [Theory]
    [MemberData(nameof(Forms))]
    public void Convolution_OfAnyForm_IsWithinRounding(string name)
    {
        var form = AllForms.Single(f => f.Name == name);
        byte[] plain = Graph(form).ToBytes();

        var (bytes, layers) = QuantizedGraphs.Quantize(GraphFiles.Files(plain), [Input], Shape);

        Assert.Equal(["y"], layers);
        float[] exact = QuantizedGraphs.Run(plain, Input, Shape), found = QuantizedGraphs.Run(bytes, Input, Shape);
        var draft = EditedGraphs.Draft(GraphFiles.Files(plain));
        float[] allowed = Allowed(Assert.Single(QuantizableConvolution.All(draft)), draft, exact);
        Assert.Equal(exact.Length, found.Length);
        int places = exact.Length / (2 * Outputs);
        double error = 0, size = 0;
        for (int i = 0; i < exact.Length; i++)
        {
            float most = allowed[i / places % Outputs];
            Assert.InRange(found[i] - exact[i], -most, most);
            error += Math.Pow(found[i] - exact[i], 2);
            size += Math.Pow(exact[i], 2);
        }
        // The bound is that of the worst case; as a rule errors even out.
        Assert.InRange(error / size, 1e-12, 3e-4);
        Assert.Contains("QLinearConv", QuantizedGraphs.Optimized(bytes));
    }

    /// <summary>What no runtime has joined gives the same, but for a last rounding that falls to the other side.</summary>
    [Theory]
    [MemberData(nameof(Forms))]
    public void Convolution_AsItStands_GivesTheSame(string name)
    {
        var form = AllForms.Single(f => f.Name == name);
        var (bytes, _) = QuantizedGraphs.Quantize(GraphFiles.Files(Graph(form).ToBytes()), [Input], Shape);

        float[] joined = QuantizedGraphs.Run(bytes, Input, Shape), apart = QuantizedGraphs.RunAsItStands(bytes, Input, Shape);

        float step = Step(QuantizedGraphs.Read(bytes), "y");
        Assert.All(joined.Zip(apart), pair => Assert.InRange(pair.First - pair.Second, -1.01f * step, 1.01f * step));
        Assert.True(joined.Zip(apart).Count(pair => MathF.Abs(pair.First - pair.Second) > step / 2) < joined.Length / 100);
    }

    [Theory]
    [MemberData(nameof(Forms))]
    public void GainsAndShifts_InTheWeights_KeepTheFunction(string name)
    {
        var form = AllForms.Single(f => f.Name == name);
        byte[] plain = Graph(form).ToBytes();
        var draft = EditedGraphs.Draft(GraphFiles.Files(plain));
        var convolution = Assert.Single(QuantizableConvolution.All(draft));
        Assert.Equal("y", convolution.Output);
        Assert.Equal(form.Behind.EndsWith('R'), convolution.IsRectified);

        var (weights, bias) = convolution.Read(draft);

        var folded = new TinyOnnx().Input("x", TinyOnnx.Float, "N", Inputs, Height, Width).Output("y", TinyOnnx.Float, "N", Outputs, "h", "w")
            .Weights("w", weights, Outputs, Inputs / form.Groups, form.Kernel, form.Kernel).Weights("b", bias, Outputs)
            .Node("Conv", ["x", "w", "b"], ["c"], [("group", form.Groups), .. form.Attributes])
            .Node(form.Behind.EndsWith('R') ? "Relu" : "Identity", ["c"], ["y"]);
        float[] exact = QuantizedGraphs.Run(plain, Input, Shape), found = QuantizedGraphs.Run(folded.ToBytes(), Input, Shape);
        float largest = exact.Max(MathF.Abs);
        Assert.All(exact.Zip(found), pair => Assert.InRange(pair.First - pair.Second, -FoldingTolerance * largest, FoldingTolerance * largest));
    }

    /// <summary>Such a graph is moved to later operators, and the normalisation with it.</summary>
    [Fact]
    public void NormalisationOfEarlyOperators_KeepsItsEpsilon()
    {
        byte[] plain = Graph(AllForms.Single(f => f.Behind == "NR")).ToBytes(opset: 9);

        var (bytes, layers) = QuantizedGraphs.Quantize(GraphFiles.Files(plain), [Input], Shape);

        Assert.Equal(["y"], layers);
        float[] exact = QuantizedGraphs.Run(plain, Input, Shape), found = QuantizedGraphs.Run(bytes, Input, Shape);
        Assert.InRange(exact.Zip(found, (a, b) => Math.Pow(a - b, 2)).Sum() / exact.Sum(a => Math.Pow(a, 2)), 1e-12, 3e-4);
    }

    [Fact]
    public void ReducedRange_KeepsWeightsWithin7Bits()
    {
        var reduced = QuantizedGraphs.Static with { ReducesRange = true };
        var (bytes, _) = QuantizedGraphs.Quantize(GraphFiles.Files(Graph(new("plain", [])).ToBytes()), [Input], Shape, reduced);

        var draft = QuantizedGraphs.Read(bytes);
        var weights = draft.Constants.Values.Single(c => c.Dimensions.Count == 4);
        Assert.Equal(RoundedWeights.Reduced, DraftValues.Bytes(draft, weights).Max(b => Math.Abs((int)(sbyte)b)));
    }

    /// <summary>A channel that a normalisation has all but switched off has weights of next to nothing, and a bias that is not.</summary>
    [Theory]
    [InlineData(0f), InlineData(1e-12f), InlineData(1e-30f), InlineData(1e-40f)]
    public void WeightsOfNextToNothing_KeepTheirBias(float size)
    {
        float[] weights = [.. Enumerable.Range(0, 20).Select(i => i < 10 ? size * (i - 5) : i - 15)], bias = [3, -2];

        var rounded = RoundedKernel.Of(weights, bias, step: 0.01f, RoundedWeights.Whole);

        float[] steps = [.. rounded.Scales.Select(s => s * 0.01f)];
        int[] sums = RoundedKernel.Sums(bias, steps);
        for (int n = 0; n < 2; n++)
        {
            Assert.True(float.IsNormal(steps[n]));
            Assert.InRange((sums[n] * (double)steps[n]) - bias[n], -0.51 * steps[n] - 1e-6, (0.51 * steps[n]) + 1e-6);
            float most = 0.501f * rounded.Scales[n];
            Assert.All(Enumerable.Range(n * 10, 10), i => Assert.InRange((rounded.Values[i] * rounded.Scales[n]) - weights[i], -most, most));
        }
    }

    internal static (string Name, object Value) Pads(params int[] values) => ("pads", values);

    internal static (string Name, object Value) Strides(params int[] values) => ("strides", values);

    private static float Step(GraphDraft draft, string tensor) => DraftValues.Floats(draft, draft.Constants[draft.Producer(tensor)!.Input(1)])[0];

    private static float[] Allowed(QuantizableConvolution convolution, GraphDraft draft, float[] exact)
    {
        var (weights, _) = convolution.Read(draft);
        float largest = Input.Max(MathF.Abs), step = ActivationRange.Of(Input.Min(), Input.Max()).Step;
        float last = ActivationRange.Of(exact.Min(), exact.Max()).Step;
        int width = weights.Length / Outputs;
        return [.. Enumerable.Range(0, Outputs).Select(n =>
        {
            float[] row = weights[(n * width)..((n + 1) * width)];
            float own = row.Max(MathF.Abs) / RoundedWeights.Whole, correction = width * Math.Abs(Input.Average()) * own;
            // Zero is a whole number, which may take another half step off the ends.
            return row.Sum(w => (MathF.Abs(w) * step) + (largest * own / 2) + (step * own / 2)) + correction + last + (step * own);
        })];
    }

    // N is a normalisation, M and A gains and shifts of each channel, m one gain for all, R the rectifier.
    private static TinyOnnx Graph(Form form)
    {
        var graph = new TinyOnnx().Input("x", TinyOnnx.Float, "N", Inputs, Height, Width).Output("y", TinyOnnx.Float, "N", Outputs, "h", "w");
        int width = Inputs / form.Groups * form.Kernel * form.Kernel;
        float[] weights = [.. EditedGraphs.Values(Outputs * width, 3).Select((v, i) => v * (1 + (i / width % 7)) / width)];
        graph.Weights("w", weights, Outputs, Inputs / form.Groups, form.Kernel, form.Kernel);
        if (form.HasBias)
        {
            graph.Weights("b", EditedGraphs.Values(Outputs, 5), Outputs);
        }
        string at = form.Behind.Length == 0 ? "y" : "c";
        graph.Node("Conv", form.HasBias ? ["x", "w", "b"] : ["x", "w"], [at], [("group", form.Groups), .. form.Attributes]);
        for (int i = 0; i < form.Behind.Length; i++)
        {
            string next = i == form.Behind.Length - 1 ? "y" : $"c{i}", constant = $"k{i}";
            switch (form.Behind[i])
            {
                case 'N':
                    graph.Weights(constant + "g", EditedGraphs.Values(Outputs, 6), Outputs).Weights(constant + "s", EditedGraphs.Values(Outputs, 7), Outputs)
                        .Weights(constant + "m", EditedGraphs.Values(Outputs, 8), Outputs)
                        .Weights(constant + "v", [.. EditedGraphs.Values(Outputs, 9).Select(v => (v * v) + 0.1f)], Outputs)
                        .Node("BatchNormalization", [at, constant + "g", constant + "s", constant + "m", constant + "v"], [next], ("epsilon", 0.5f));
                    break;
                case 'M' or 'A':
                    graph.Weights(constant, EditedGraphs.Values(Outputs, 20 + i), 1, Outputs, 1, 1)
                        .Node(form.Behind[i] == 'M' ? "Mul" : "Add", i % 2 == 0 ? [at, constant] : [constant, at], [next]);
                    break;
                case 'm':
                    graph.Weights(constant, [-1.5f]).Node("Mul", [at, constant], [next]);
                    break;
                default:
                    graph.Node("Relu", [at], [next]);
                    break;
            }
            at = next;
        }
        return graph;
    }

    /// <summary>What a convolution is: attributes, and what stands behind it.</summary>
    private sealed record Form(string Name, (string Name, object Value)[] Attributes, int Kernel = 3, int Groups = 1, bool HasBias = true, string Behind = "");
}
