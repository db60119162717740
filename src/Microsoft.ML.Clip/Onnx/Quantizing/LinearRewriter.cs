using System.Runtime.InteropServices;
using Microsoft.ML.OnnxRuntime.Tensors;

namespace Microsoft.ML.Clip;

/// <summary>
/// Puts products in 8 bits in the place of products in float, in ONNX's own operators, which any runtime has: QuantizeLinear (or DynamicQuantizeLinear),
/// MatMulInteger, Cast, Mul by both scales, Add.
/// </summary>
/// <remarks>
/// ONNX Runtime makes one operation of the last four where the scale is a Mul of two tensors. Two constants it would multiply beforehand, and then not know the
/// pattern any more, so a fixed scale of the activations stands there as the DequantizeLinear of a 1, which it leaves alone. docs/adr/0015-8-bits.md has the
/// forms that were measured.
/// </remarks>
internal sealed class LinearRewriter(GraphDraft draft, GraphQuantizationSettings settings)
{
    private const int FloatType = (int)TensorElementType.Float;

    private string? _one;

    /// <summary>Whether the division of a group's input by scales can be taken over by the normalisation before it.</summary>
    public static bool CanFold(GraphDraft draft, LinearGroup group) => Fold(draft, group, scales: null);

    /// <summary>Rewrites a group as its plan says.</summary>
    public void Apply(LinearGroup group, LinearPlan plan)
    {
        var first = group.Linears[0].Product;
        string input = group.Input;
        bool isHalf = group.Type != TensorElementType.Float;
        if (isHalf)
        {
            input = Before(first, "Cast", group, [input], DraftAttribute.Of("to", FloatType));
        }
        if (plan.Scales is { } scales && !(!isHalf && Fold(draft, group, scales)))
        {
            float[] inverse = Array.ConvertAll(scales, s => 1 / s);
            input = Before(first, "Mul", group, [input, draft.AddConstant(group.Name + "_smoothing", inverse, group.Width)]);
        }
        string rounded = draft.NewName(group.Name + "_x8"), scale, zero;
        if (plan.Range is { } range)
        {
            string step = draft.AddConstant(group.Name + "_step", [range.Step]);
            zero = draft.AddConstant(group.Name + "_zero", TensorElementType.UInt8, [], [range.Zero]);
            draft.Insert(new DraftNode("QuantizeLinear", [input, step, zero], [rounded]), first);
            _one ??= draft.AddConstant("one_u8", TensorElementType.UInt8, [], [1]);
            scale = Before(first, "DequantizeLinear", group, [_one, step]);
        }
        else
        {
            (scale, zero) = (draft.NewName(group.Name + "_step"), draft.NewName(group.Name + "_zero"));
            draft.Insert(new DraftNode("DynamicQuantizeLinear", [input], [rounded, scale, zero]), first);
        }
        foreach (var linear in group.Linears)
        {
            Replace(linear, plan, rounded, scale, zero, isHalf ? group.Type : null);
        }
    }

    private void Replace(QuantizableLinear linear, LinearPlan plan, string input, string scale, string zero, TensorElementType? type)
    {
        string name = linear.Output;
        float[] weights = linear.ReadWeights(draft);
        var rounded = RoundedWeights.Of(weights, plan.Scales, linear.Inputs, settings.Steps);
        string values = draft.AddConstant(name + "_w8", TensorElementType.Int8, [linear.Inputs, linear.Outputs],
            MemoryMarshal.AsBytes(rounded.Values.AsSpan()).ToArray());
        string scales = draft.AddConstant(name + "_w_step", rounded.Scales, linear.Outputs);
        string sums = draft.NewName(name + "_sums"), floats = draft.NewName(name + "_floats"), both = draft.NewName(name + "_steps");
        string product = draft.NewName(name + "_product");
        float[]? bias = Bias(linear, plan, weights, rounded);
        string last = type is null ? linear.Output : draft.NewName(name + "_float");
        List<DraftNode> nodes =
        [
            new("MatMulInteger", [input, values, zero], [sums]),
            new("Cast", [sums], [floats], "", DraftAttribute.Of("to", FloatType)),
            new("Mul", [scale, scales], [both]),
            new("Mul", [floats, both], [bias is null ? last : product]),
        ];
        if (bias is not null)
        {
            nodes.Add(new("Add", [product, draft.AddConstant(name + "_b", bias, linear.Outputs)], [last]));
        }
        if (type is { } original)
        {
            nodes.Add(new("Cast", [last], [linear.Output], "", DraftAttribute.Of("to", (int)original)));
        }
        if (linear.Addition is not null)
        {
            draft.Replace(linear.Addition);
        }
        draft.Replace(linear.Product, nodes);
    }

    /// <summary>
    /// The bias, and what rounding moves the mean of each output by, taken back (Nagel et al. 2019, arXiv 1906.04721, bias correction); null for nothing.
    /// </summary>
    private float[]? Bias(QuantizableLinear linear, LinearPlan plan, float[] weights, RoundedWeights rounded)
    {
        float[]? stored = linear.Bias is null ? null : DraftValues.Floats(draft, linear.Bias);
        if (plan.Means.Length == 0)
        {
            return stored;
        }
        double[] sums = new double[linear.Outputs];
        for (int j = 0; j < linear.Inputs; j++)
        {
            double exact = plan.Means[j] * (double)(plan.Scales?[j] ?? 1), approximate = plan.RoundedMeans[j];
            int at = j * linear.Outputs;
            for (int n = 0; n < sums.Length; n++)
            {
                sums[n] += (exact * weights[at + n]) - (approximate * rounded.Values[at + n] * rounded.Scales[n]);
            }
        }
        float[] bias = stored ?? new float[linear.Outputs];
        for (int n = 0; n < bias.Length; n++)
        {
            bias[n] += (float)sums[n];
        }
        return bias;
    }

    private string Before(DraftNode place, string operation, LinearGroup group, string[] inputs, params IReadOnlyList<DraftAttribute> attributes)
    {
        string output = draft.NewName($"{group.Name}_{operation}");
        draft.Insert(new DraftNode(operation, inputs, [output], "", attributes), place);
        return output;
    }

    /// <summary>
    /// Divides gain and bias of a layer normalisation, as one operator or as the last two of many, where nobody but the group reads its result. Without
    /// scales it only says whether that can be done.
    /// </summary>
    private static bool Fold(GraphDraft draft, LinearGroup group, float[]? scales)
    {
        bool isOwn = !draft.Outputs.Contains(group.Input) && draft.Consumers(group.Input).All(node => group.Linears.Any(l => l.Product == node));
        if (!isOwn || group.Type != TensorElementType.Float || draft.Producer(group.Input) is not { } producer)
        {
            return false;
        }
        if (producer.Is("LayerNormalization"))
        {
            bool hasBias = producer.Input(2).Length > 0;
            return IsVector(producer.Input(1)) && (!hasBias || IsVector(producer.Input(2)))
                && (scales is null || (Divide(producer, 1) && (!hasBias || Divide(producer, 2))));
        }
        if (!producer.Is("Add"))
        {
            return false;
        }
        int bias = IsVector(producer.Input(1)) ? 1 : 0;
        if (!IsVector(producer.Input(bias)) || !draft.IsReadOnce(producer.Input(1 - bias))
            || draft.Producer(producer.Input(1 - bias)) is not { } scaling || !scaling.Is("Mul"))
        {
            return false;
        }
        int gain = IsVector(scaling.Input(1)) ? 1 : 0;
        return IsVector(scaling.Input(gain)) && (scales is null || (Divide(producer, bias) && Divide(scaling, gain)));

        bool IsVector(string tensor) => draft.Constants.TryGetValue(tensor, out var constant) && constant.ElementType == TensorElementType.Float
            && constant.Count == group.Width && constant.Dimensions.Count > 0 && constant.Dimensions[^1] == group.Width;

        bool Divide(DraftNode node, int place)
        {
            var constant = draft.Constants[node.Input(place)];
            float[] values = DraftValues.Floats(draft, constant);
            System.Numerics.Tensors.TensorPrimitives.Divide(values, scales, values);
            draft.SetInput(node, place, draft.AddConstant(constant.Name + "_smoothed", values, [.. constant.Dimensions]));
            return true;
        }
    }
}

/// <summary>Puts tables of token embeddings into 8 bits, with a scale for each row.</summary>
internal static class TokenTables
{
    // Tables of positions are small, and every text reads them whole.
    private const long SmallestTable = 1 << 15;

    /// <summary>Rewrites all that are looked up by row.</summary>
    /// <returns>How many there were.</returns>
    public static int Rewrite(GraphDraft draft)
    {
        int count = 0;
        foreach (var node in draft.Nodes.Where(n => n.Is("Gather") && (n.Number("axis") ?? 0) == 0).ToList())
        {
            bool fits = draft.Constants.TryGetValue(node.Input(0), out var table) && table is { ElementType: TensorElementType.Float, Dimensions.Count: 2 }
                && table.Count >= SmallestTable && table.Count <= Array.MaxLength && !draft.Constants.ContainsKey(node.Input(1));
            if (fits)
            {
                Rewrite(draft, node, table!);
                count++;
            }
        }
        return count;
    }

    private static void Rewrite(GraphDraft draft, DraftNode node, DraftTensor table)
    {
        float[] values = DraftValues.Floats(draft, table);
        int rows = (int)table.Dimensions[0], width = (int)table.Dimensions[1];
        float[] scales = new float[rows];
        sbyte[] rounded = new sbyte[values.Length];
        for (int i = 0; i < rows; i++)
        {
            var row = values.AsSpan(i * width, width);
            float scale = Math.Abs(System.Numerics.Tensors.TensorPrimitives.MaxMagnitude<float>(row)) / RoundedWeights.Whole;
            scales[i] = float.IsNormal(scale) ? scale : 1;
            for (int j = 0; j < width; j++)
            {
                rounded[(i * width) + j] = (sbyte)Math.Clamp(MathF.Round(row[j] / scales[i]), -RoundedWeights.Whole, RoundedWeights.Whole);
            }
        }
        string output = node.Outputs[0], bytes = draft.NewName(output + "_row8"), floats = draft.NewName(output + "_row"), steps = draft.NewName(output + "_step");
        string small = draft.AddConstant(table.Name + "_w8", TensorElementType.Int8, [rows, width], MemoryMarshal.AsBytes(rounded.AsSpan()).ToArray());
        string scale8 = draft.AddConstant(table.Name + "_w_step", scales, rows, 1);
        draft.Replace(node,
            new DraftNode("Gather", [small, node.Input(1)], [bytes]),
            new DraftNode("Gather", [scale8, node.Input(1)], [steps]),
            new DraftNode("Cast", [bytes], [floats], "", DraftAttribute.Of("to", (int)TensorElementType.Float)),
            new DraftNode("Mul", [floats, steps], [output]));
    }
}
