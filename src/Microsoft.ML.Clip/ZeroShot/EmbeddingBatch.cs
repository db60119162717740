using System.Numerics.Tensors;
using Microsoft.ML.Data;

namespace Microsoft.ML.Clip;

/// <summary>A batch of embeddings that come from a column, and go to a classifier.</summary>
internal sealed class EmbeddingBatch(int dimension, int capacity) : RowWork<VBuffer<float>>(capacity, dimension)
{
    protected override bool TryPrepare(int row, in VBuffer<float> input)
    {
        if (input.Length != RowLength)
        {
            throw new ArgumentException($"The embedding has {input.Length} values, but the classes have {RowLength}.");
        }
        var target = Output[row];
        input.CopyTo(target);
        if (!target.ContainsAnyExcept(0f))
        {
            throw new ArgumentException("The embedding is zero throughout, so it has no direction to compare with the classes'.");
        }
        // An embedding step gives NaN throughout for an image that is missing, and so it stays missing here; anything else is an error.
        if (float.IsFinite(TensorPrimitives.Sum(target)))
        {
            return true;
        }
        if (target.ContainsAnyExcept(float.NaN))
        {
            throw new ArgumentException("The embedding has values that are not finite numbers.");
        }
        return false;
    }

    protected override void EncodeCore(int count)
    {
        // The rows are what was read.
    }
}
