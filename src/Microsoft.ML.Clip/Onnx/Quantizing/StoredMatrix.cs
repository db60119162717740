using Microsoft.ML.OnnxRuntime.Tensors;

namespace Microsoft.ML.Clip;

/// <summary>
/// A constant matrix as a graph stores it: floats, half floats behind a Cast, or bytes with a scale, behind a DequantizeLinear or Cast and Mul.
/// </summary>
/// <param name="Constant">The stored tensor.</param>
/// <param name="IsTransposed">Whether the graph turns it.</param>
/// <param name="Type">The type that the graph computes with.</param>
/// <param name="Scale">What stored values are multiplied with, one for all or one for each place of an axis; null where there is none.</param>
/// <param name="Zero">What is subtracted before; null where there is none.</param>
/// <param name="IsByRow">Whether scales are those of rows.</param>
internal sealed record StoredMatrix(DraftTensor Constant, bool IsTransposed, TensorElementType Type, DraftTensor? Scale = null,
    DraftTensor? Zero = null, bool IsByRow = false)
{
    private const int MaximumSteps = 4;

    public int Rows => (int)Constant.Dimensions[0];

    public int Columns => (int)Constant.Dimensions[1];

    /// <summary>The matrix that a tensor is; null where it is none, or not of constants alone.</summary>
    public static StoredMatrix? Find(GraphDraft draft, string tensor)
    {
        bool isTransposed = false;
        for (int step = 0; step < MaximumSteps; step++)
        {
            if (draft.Constants.TryGetValue(tensor, out var constant))
            {
                return IsMatrix(constant) && IsFloat(constant) ? new StoredMatrix(constant, isTransposed, constant.ElementType) : null;
            }
            if (draft.Producer(tensor) is not { } node)
            {
                return null;
            }
            bool turns = node.Is("Transpose") && node.Integers("perm") is null or [1, 0];
            if (!turns && !node.Is("Identity"))
            {
                return Expanded(draft, node, isTransposed);
            }
            isTransposed ^= turns;
            tensor = node.Input(0);
        }
        return null;
    }

    /// <summary>Reads it as it is stored, row by row.</summary>
    public float[] Read(GraphDraft draft) => Scale is null ? DraftValues.Floats(draft, Constant)
        : DraftValues.Scaled(draft, Constant, Scale, Zero, i => IsByRow ? i / Columns : i % Columns);

    private static StoredMatrix? Expanded(GraphDraft draft, DraftNode node, bool isTransposed)
    {
        if (node.Is("Cast") && node.Number("to") == (int)TensorElementType.Float && draft.Constants.TryGetValue(node.Input(0), out var half))
        {
            return IsMatrix(half) && IsFloat(half) ? new StoredMatrix(half, isTransposed, TensorElementType.Float) : null;
        }
        if (node.Is("DequantizeLinear") && draft.Constants.TryGetValue(node.Input(0), out var bytes) && IsMatrix(bytes) && IsBytes(bytes))
        {
            int axis = (int)(node.Number("axis") ?? 1);
            bool isByRow = axis is 0 or -2;
            DraftTensor? zero = null;
            bool fits = axis is >= -2 and <= 1 && node.Number("block_size") is null or 0 && draft.Constants.TryGetValue(node.Input(1), out var step)
                && step.ElementType == TensorElementType.Float && Fits(step)
                && (node.Input(2).Length == 0 || (draft.Constants.TryGetValue(node.Input(2), out zero) && zero.ElementType == bytes.ElementType && Fits(zero)));
            return fits ? new StoredMatrix(bytes, isTransposed, TensorElementType.Float, draft.Constants[node.Input(1)], zero, isByRow) : null;

            bool Fits(DraftTensor vector) => vector.Count == 1 || (vector.Dimensions.Count == 1 && vector.Count == bytes.Dimensions[isByRow ? 0 : 1]);
        }
        if (node.Is("Mul"))
        {
            for (int place = 0; place < 2; place++)
            {
                // As our own exports keep weights: Mul(Cast(bytes), scales of [rows, 1] or [1, columns]).
                if (draft.Producer(node.Input(place)) is { } cast && cast.Is("Cast") && cast.Number("to") == (int)TensorElementType.Float
                    && draft.Constants.TryGetValue(cast.Input(0), out var small) && IsMatrix(small) && IsBytes(small)
                    && draft.Constants.TryGetValue(node.Input(1 - place), out var scale) && scale.ElementType == TensorElementType.Float)
                {
                    bool isByRow = scale.Dimensions.SequenceEqual([small.Dimensions[0], 1]) && scale.Count > 1;
                    bool isByColumn = scale.Dimensions.SequenceEqual([1, small.Dimensions[1]]) || scale.Dimensions.SequenceEqual([small.Dimensions[1]]);
                    return isByRow || isByColumn || scale.Count == 1
                        ? new StoredMatrix(small, isTransposed, TensorElementType.Float, scale, null, isByRow) : null;
                }
            }
        }
        return null;
    }

    private static bool IsMatrix(DraftTensor constant) => constant.Dimensions.Count == 2 && constant.Count > 0 && constant.Count <= Array.MaxLength;

    private static bool IsFloat(DraftTensor constant) =>
        constant.ElementType is TensorElementType.Float or TensorElementType.Float16 or TensorElementType.BFloat16;

    private static bool IsBytes(DraftTensor constant) => constant.ElementType is TensorElementType.Int8 or TensorElementType.UInt8;
}
