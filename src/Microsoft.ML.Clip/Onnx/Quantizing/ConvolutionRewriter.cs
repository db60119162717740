using System.Numerics.Tensors;
using System.Runtime.InteropServices;
using Microsoft.ML.OnnxRuntime.Tensors;

namespace Microsoft.ML.Clip;

/// <summary>What a tensor that goes through a network as bytes is rounded to.</summary>
/// <param name="Range">The range.</param>
/// <param name="Means">The mean of each channel.</param>
internal sealed record TensorPlan(ActivationRange Range, float[] Means)
{
    /// <summary>
    /// Makes the plans for a network: from the smallest to the largest value that was seen. Cutting rare values, which products are better with, makes
    /// embeddings of convolutions worse.
    /// </summary>
    public static IEnumerable<KeyValuePair<string, TensorPlan>> Make(ByteNetwork network, Func<string, ImageStatistics> statistics) =>
        network.Tensors.Select(tensor =>
        {
            var ranged = statistics(network.RangeOf(tensor));
            return KeyValuePair.Create(tensor, new TensorPlan(ActivationRange.Of(ranged.Smallest, ranged.Largest), statistics(tensor).Means()));
        });
}

/// <summary>
/// Puts a network of convolutions in 8 bits: each tensor of it is rounded by QuantizeLinear and read through DequantizeLinear, the weights are bytes behind a
/// DequantizeLinear with a scale for each output, the bias has 32 bits. The operations between stay as they are, so that a runtime that knows nothing of
/// bytes computes the same in float; others, ONNX Runtime among them, make one operation on bytes of each (QLinearConv, QLinearAdd).
/// </summary>
internal sealed class ConvolutionRewriter(GraphDraft draft, GraphQuantizationSettings settings, IReadOnlyDictionary<string, TensorPlan> plans)
{
    /// <summary>The version of ONNX's operators that has a scale for each output in DequantizeLinear.</summary>
    public const long LeastVersion = 13;

    private readonly Dictionary<string, (string Step, string Zero)> _ranges = new(StringComparer.Ordinal);
    private readonly Dictionary<string, string> _read = new(StringComparer.Ordinal);

    /// <summary>Rewrites a network.</summary>
    public void Apply(ByteNetwork network)
    {
        foreach (string tensor in network.Tensors)
        {
            var (step, zero) = plans[tensor].Range;
            _ranges[tensor] = (draft.AddConstant(tensor + "_step", [step]), draft.AddConstant(tensor + "_zero", TensorElementType.UInt8, [], [zero]));
            _read[tensor] = network.IsMade(tensor) ? tensor : draft.NewName(tensor + "_rounded");
        }
        // What comes from outside is rounded once for all who read it as bytes.
        var readers = network.Convolutions.Select(c => c.Node).Concat(network.Operations.Select(o => o.Node)).ToHashSet();
        foreach (string tensor in network.Tensors.Where(t => !network.IsMade(t)))
        {
            var first = draft.Nodes.First(node => readers.Contains(node) && node.Inputs.Contains(tensor));
            foreach (var node in Rounding(tensor, tensor, _read[tensor]))
            {
                draft.Insert(node, first);
            }
        }
        foreach (var operation in network.Operations)
        {
            string floats = draft.NewName(operation.Output + "_float");
            if (operation.Rectifier is { } rectifier)
            {
                draft.Replace(rectifier);
            }
            draft.Replace(operation.Node, [new DraftNode(operation.Node, operation.Node.Inputs.Select(i => _read[i]), [floats]),
                .. Rounding(operation.Output, floats, operation.Output)]);
        }
        foreach (var convolution in network.Convolutions)
        {
            Replace(convolution);
        }
    }

    private void Replace(QuantizableConvolution convolution)
    {
        string name = convolution.Output, floats = draft.NewName(name + "_float"), kernel = draft.NewName(name + "_w"), bias = draft.NewName(name + "_b");
        var (weights, shifts) = convolution.Read(draft);
        var plan = plans[convolution.Input];
        float step = plan.Range.Step;
        var rounded = RoundedKernel.Of(weights, shifts, step, settings.Steps);
        Correct(convolution, plan, weights, rounded, shifts);
        int outputs = convolution.Outputs;
        string values = draft.AddConstant(name + "_w8", TensorElementType.Int8, [.. convolution.Kernel.Constant.Dimensions],
            MemoryMarshal.AsBytes(rounded.Values.AsSpan()).ToArray());
        string scales = draft.AddConstant(name + "_w_step", rounded.Scales, outputs);
        string zeros = draft.AddConstant(name + "_w_zero", TensorElementType.Int8, [outputs], new byte[outputs]);
        float[] steps = Array.ConvertAll(rounded.Scales, s => s * step);
        string sums = draft.AddConstant(name + "_b32", TensorElementType.Int32, [outputs], DraftData.Of(RoundedKernel.Sums(shifts, steps)));
        string biasSteps = draft.AddConstant(name + "_b_step", steps, outputs);
        var axis = DraftAttribute.Of("axis", 0L);
        foreach (var node in convolution.Behind)
        {
            draft.Replace(node);
        }
        draft.Replace(convolution.Node,
        [
            new DraftNode("DequantizeLinear", [values, scales, zeros], [kernel], "", axis),
            new DraftNode("DequantizeLinear", [sums, biasSteps], [bias], "", axis),
            new DraftNode(convolution.Node, [_read[convolution.Input], kernel, bias], [floats]),
            .. Rounding(name, floats, name),
        ]);
    }

    private IEnumerable<DraftNode> Rounding(string tensor, string from, string to)
    {
        string bytes = draft.NewName(tensor + "_x8");
        var (step, zero) = _ranges[tensor];
        return [new("QuantizeLinear", [from, step, zero], [bytes]), new("DequantizeLinear", [bytes, step, zero], [to])];
    }

    /// <summary>
    /// Takes what rounding of the weights moves the mean of each output by off its bias (Nagel et al. 2019, arXiv 1906.04721, bias correction), as if there
    /// were no padding.
    /// </summary>
    private static void Correct(QuantizableConvolution convolution, TensorPlan plan, float[] weights, RoundedKernel rounded, float[] shifts)
    {
        int width = convolution.Kernel.Width, channels = (int)convolution.Kernel.Constant.Dimensions[1], taps = width / channels;
        int outputsOfGroup = convolution.Outputs / convolution.Groups;
        for (int n = 0; n < shifts.Length; n++)
        {
            int group = n / outputsOfGroup;
            double sum = 0;
            for (int c = 0; c < channels; c++)
            {
                double mean = plan.Means[(group * channels) + c];
                for (int at = (n * width) + (c * taps), end = at + taps; at < end; at++)
                {
                    sum += mean * (weights[at] - (rounded.Values[at] * (double)rounded.Scales[n]));
                }
            }
            shifts[n] += (float)sum;
        }
    }
}

/// <summary>The weights of a convolution in 8 bits, symmetric, with a scale for each output.</summary>
/// <param name="Values">[outputs, weights of each].</param>
/// <param name="Scales">[outputs].</param>
internal sealed record RoundedKernel(sbyte[] Values, float[] Scales)
{
    // A bias has 32 bits, to which the products are added.
    private const double LargestSum = 1 << 30;

    /// <summary>Rounds weights.</summary>
    /// <param name="weights">[outputs, weights of each].</param>
    /// <param name="bias">[outputs]; where weights are next to nothing, their scale is as large as it takes for this to fit.</param>
    /// <param name="step">The scale of the input.</param>
    /// <param name="most">The largest magnitude of the result.</param>
    public static RoundedKernel Of(float[] weights, float[] bias, float step, int most)
    {
        int outputs = bias.Length, width = weights.Length / outputs;
        float[] scales = new float[outputs];
        sbyte[] values = new sbyte[weights.Length];
        for (int n = 0; n < outputs; n++)
        {
            var row = weights.AsSpan(n * width, width);
            float scale = MathF.Max(MathF.Abs(TensorPrimitives.MaxMagnitude<float>(row)) / most, (float)(Math.Abs(bias[n]) / step / LargestSum));
            scales[n] = float.IsNormal(scale) && float.IsNormal(scale * step) && float.IsFinite(1 / scale) ? scale : 1;
            for (int i = 0; i < width; i++)
            {
                values[(n * width) + i] = (sbyte)Math.Clamp(MathF.Round(row[i] / scales[n]), -most, most);
            }
        }
        return new RoundedKernel(values, scales);
    }

    /// <summary>A bias as sums of products of bytes.</summary>
    public static int[] Sums(float[] bias, float[] steps) =>
        [.. bias.Select((b, n) => (int)Math.Clamp(Math.Round(b / (double)steps[n]), -2 * LargestSum + 1, (2 * LargestSum) - 1))];
}
