using Microsoft.ML.OnnxRuntime.Tensors;

namespace Microsoft.ML.Clip;

/// <summary>
/// The constant weights of a convolution, [outputs, inputs / groups, height, width], as a graph stores them: floats, half floats behind a Cast, or bytes with
/// a scale for all or for each output, behind a DequantizeLinear or Cast and Mul.
/// </summary>
/// <param name="Constant">The stored tensor.</param>
/// <param name="Scale">What stored values are multiplied with; null where there is none.</param>
/// <param name="Zero">What is subtracted before; null where there is none.</param>
internal sealed record StoredKernel(DraftTensor Constant, DraftTensor? Scale = null, DraftTensor? Zero = null)
{
    private const int Rank = 4, MaximumSteps = 4;

    public int Outputs => (int)Constant.Dimensions[0];

    /// <summary>How many weights each output has.</summary>
    public int Width => (int)(Constant.Count / Outputs);

    /// <summary>The kernel that a tensor of float32 is; null where it is none, or not of constants alone.</summary>
    public static StoredKernel? Find(GraphDraft draft, string tensor)
    {
        for (int step = 0; step < MaximumSteps; step++)
        {
            if (Known(draft, tensor) is { } constant)
            {
                return IsKernel(constant) && constant.ElementType == TensorElementType.Float ? new StoredKernel(constant) : null;
            }
            if (draft.Producer(tensor) is not { } node)
            {
                return null;
            }
            if (!node.Is("Identity"))
            {
                return Expanded(draft, node);
            }
            tensor = node.Input(0);
        }
        return null;
    }

    /// <summary>A tensor whose values the file has, as an initializer or in an operation.</summary>
    public static DraftTensor? Known(GraphDraft draft, string tensor) => draft.Constants.TryGetValue(tensor, out var constant) ? constant
        : draft.Producer(tensor) is { Operation: "Constant", Original.Value: { } value } ? new DraftTensor(value) : null;

    /// <summary>Reads it, output by output.</summary>
    public float[] Read(GraphDraft draft) => Scale is null ? DraftValues.Floats(draft, Constant)
        : DraftValues.Scaled(draft, Constant, Scale, Zero, i => i / Width);

    private static StoredKernel? Expanded(GraphDraft draft, DraftNode node)
    {
        if (node.Is("Cast") && node.Number("to") == (int)TensorElementType.Float && Known(draft, node.Input(0)) is { } half)
        {
            return IsKernel(half) && half.ElementType is TensorElementType.Float16 or TensorElementType.BFloat16 ? new StoredKernel(half) : null;
        }
        if (node.Is("DequantizeLinear") && Known(draft, node.Input(0)) is { } bytes && IsKernel(bytes) && IsBytes(bytes))
        {
            var zero = Known(draft, node.Input(2));
            bool isByOutput = (node.Number("axis") ?? 1) is 0 or -Rank;
            bool fits = node.Number("block_size") is null or 0 && Known(draft, node.Input(1)) is { ElementType: TensorElementType.Float } step && Fits(step)
                && (node.Input(2).Length == 0 || (zero?.ElementType == bytes.ElementType && Fits(zero)));
            return fits ? new StoredKernel(bytes, Known(draft, node.Input(1)), zero) : null;

            bool Fits(DraftTensor vector) => vector.Count == 1 || (isByOutput && vector.Dimensions.Count == 1 && vector.Count == bytes.Dimensions[0]);
        }
        if (node.Is("Mul"))
        {
            for (int place = 0; place < 2; place++)
            {
                // As our own exports keep weights: Mul(Cast(bytes), scales of [outputs, 1, 1, 1]).
                if (draft.Producer(node.Input(place)) is { } cast && cast.Is("Cast") && cast.Number("to") == (int)TensorElementType.Float
                    && Known(draft, cast.Input(0)) is { } small && IsKernel(small) && IsBytes(small)
                    && Known(draft, node.Input(1 - place)) is { ElementType: TensorElementType.Float } scale)
                {
                    return scale.Count == 1 || scale.Dimensions.SequenceEqual([small.Dimensions[0], 1, 1, 1]) ? new StoredKernel(small, scale) : null;
                }
            }
        }
        return null;
    }

    private static bool IsKernel(DraftTensor constant) => constant.Dimensions.Count == Rank && constant.Count > 0 && constant.Count <= Array.MaxLength;

    private static bool IsBytes(DraftTensor constant) => constant.ElementType is TensorElementType.Int8 or TensorElementType.UInt8;
}
