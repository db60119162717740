using Microsoft.ML.OnnxRuntime.Tensors;

namespace Microsoft.ML.Clip;

/// <summary>
/// A convolution with constant weights, which 8 bits can take over, together with what stands behind it and can be computed with it: normalisations and other
/// gains and shifts of channels, and the rectifier.
/// </summary>
/// <param name="Node">The Conv.</param>
/// <param name="Kernel">Its weights, as they are stored.</param>
/// <param name="Groups">Into how many groups its channels fall.</param>
/// <param name="Behind">What is computed with it, in order: BatchNormalization, Mul and Add of constants, and at the end perhaps a Relu.</param>
internal sealed record QuantizableConvolution(DraftNode Node, StoredKernel Kernel, int Groups, IReadOnlyList<DraftNode> Behind)
{
    // Of groups with fewer channels, those of one channel above all, ONNX Runtime computes the convolution faster in float than in bytes.
    private const int FewestOfGroup = 16;

    // An image has three channels, or four.
    private const int MostOfImage = 4;

    // Of fewer weights it is no faster on an image, to round which takes time as well.
    private const int FewestOnImage = 64;

    /// <summary>The tensor that it reads.</summary>
    public string Input => Node.Input(0);

    /// <summary>The tensor that the last of its operations gives; what messages and reports call it.</summary>
    public string Output => Behind.Count > 0 ? Behind[^1].Outputs[0] : Node.Outputs[0];

    /// <summary>Whether nothing below 0 comes out.</summary>
    public bool IsRectified => Behind.Count > 0 && Behind[^1].Is("Relu");

    /// <summary>Whether it reads an image, with its three or four channels.</summary>
    public bool ReadsImage => Groups == 1 && Kernel.Constant.Dimensions[1] <= MostOfImage;

    public int Outputs => Kernel.Outputs;

    /// <summary>How many weights it has.</summary>
    public long Size => (long)Kernel.Constant.Count;

    /// <summary>
    /// All that is worth putting in 8 bits, in the order of the graph. What reads the image stays in float where it is little work, and where none of these
    /// reads what it gives: it cuts patches for a transformer then, and those would be rounded for it alone.
    /// </summary>
    public static IReadOnlyList<QuantizableConvolution> All(GraphDraft draft)
    {
        List<QuantizableConvolution> all = [.. draft.Nodes.Select(node => Find(draft, node)).OfType<QuantizableConvolution>()];
        var network = ByteNetwork.Of(draft, all);
        all.RemoveAll(c => c.ReadsImage && (c.Kernel.Width < FewestOnImage || !network.IsRead(c.Output)));
        return all;
    }

    /// <summary>
    /// Reads weights and bias with all gains and shifts in them: y = g · (w * x + b) + s is (g w) * x + (g b + s), which is exact, as padding is 0 before
    /// either.
    /// </summary>
    public (float[] Weights, float[] Bias) Read(GraphDraft draft)
    {
        float[] weights = Kernel.Read(draft);
        double[] gains = new double[Outputs], shifts = new double[Outputs];
        gains.AsSpan().Fill(1);
        if (Node.Input(2).Length > 0)
        {
            Values(Node, 2).CopyTo(shifts, 0);
        }
        foreach (var node in Behind)
        {
            if (node.Is("BatchNormalization"))
            {
                double[] gain = Values(node, 1), shift = Values(node, 2), mean = Values(node, 3), variance = Values(node, 4);
                double epsilon = node.Number("epsilon") ?? 1e-5;
                for (int n = 0; n < Outputs; n++)
                {
                    double factor = gain[n] / Math.Sqrt(variance[n] + epsilon);
                    (gains[n], shifts[n]) = (gains[n] * factor, ((shifts[n] - mean[n]) * factor) + shift[n]);
                }
            }
            else if (!node.Is("Relu"))
            {
                double[] values = Values(node, StoredKernel.Known(draft, node.Input(1)) is null ? 0 : 1);
                for (int n = 0; n < Outputs; n++)
                {
                    double value = values[values.Length == 1 ? 0 : n];
                    (gains[n], shifts[n]) = node.Is("Mul") ? (gains[n] * value, shifts[n] * value) : (gains[n], shifts[n] + value);
                }
            }
        }
        for (int i = 0; i < weights.Length; i++)
        {
            weights[i] = (float)(weights[i] * gains[i / Kernel.Width]);
        }
        return (weights, Array.ConvertAll(shifts, s => (float)s));

        double[] Values(DraftNode node, int place) =>
            Array.ConvertAll(DraftValues.Floats(draft, StoredKernel.Known(draft, node.Input(place))!), v => (double)v);
    }

    private static QuantizableConvolution? Find(GraphDraft draft, DraftNode node)
    {
        if (!node.Is("Conv") || StoredKernel.Known(draft, node.Input(0)) is not null || StoredKernel.Find(draft, node.Input(1)) is not { } kernel
            || (node.Input(2).Length > 0 && !IsVector(node.Input(2))))
        {
            return null;
        }
        int groups = (int)(node.Number("group") ?? 1);
        if (groups < 1 || kernel.Outputs % groups != 0 || (groups > 1 && kernel.Constant.Dimensions[1] < FewestOfGroup))
        {
            return null;
        }
        List<DraftNode> behind = [];
        for (string output = node.Outputs[0]; draft.IsReadOnce(output); output = behind[^1].Outputs[0])
        {
            var next = draft.Consumers(output)[0];
            bool isRelu = next.Is("Relu");
            if (next.Original?.Captured.Count > 0 || !(isRelu || IsNormalization(next, output) || IsGainOrShift(next, output)))
            {
                break;
            }
            behind.Add(next);
            if (isRelu)
            {
                break;
            }
        }
        return new QuantizableConvolution(node, kernel, groups, behind);

        bool IsVector(string tensor) => StoredKernel.Known(draft, tensor) is { ElementType: TensorElementType.Float, Dimensions: [var only] }
            && only == kernel.Outputs;

        bool IsNormalization(DraftNode next, string output) => next.Is("BatchNormalization") && next.Input(0) == output
            && next.Number("training_mode") is null or 0 && next.Number("spatial") is null or 1
            && next.Outputs.Skip(1).All(o => o.Length == 0) && Enumerable.Range(1, 4).All(i => IsVector(next.Input(i)));

        // One number, or one for each channel: [outputs, 1, 1], or with a 1 before.
        bool IsGainOrShift(DraftNode next, string output) => (next.Is("Mul") || next.Is("Add"))
            && StoredKernel.Known(draft, next.Input(next.Input(0) == output ? 1 : 0)) is { ElementType: TensorElementType.Float } values
            && ((values.Count == 1 && values.Dimensions.Count <= 4)
                || values.Dimensions.SequenceEqual([kernel.Outputs, 1, 1]) || values.Dimensions.SequenceEqual([1, kernel.Outputs, 1, 1]));
    }
}
