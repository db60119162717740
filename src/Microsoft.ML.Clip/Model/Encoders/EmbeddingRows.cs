using System.Numerics.Tensors;

namespace Microsoft.ML.Clip;

/// <summary>The last step of every embedding: no row leaves with a value that is not a number, and unit length where asked for.</summary>
internal static class EmbeddingRows
{
    // Squares of values within these bounds neither overflow nor lose themselves among the denormals.
    private const float SmallestNorm = 1e-15f, LargestNorm = 1e18f;

    /// <summary>Checks rows [count, width], and divides each by its Euclidean norm if asked to.</summary>
    /// <exception cref="ClipEncodingException">A row holds NaN or infinity, or is all zero and cannot be normalised; the exception names the row.</exception>
    public static void Finish(Rows<float> rows, bool normalize, string producer)
    {
        for (int i = 0; i < rows.Count; i++)
        {
            var row = rows[i];
            float norm = PlainMath.Norm(row);
            if (norm is not (>= SmallestNorm and <= LargestNorm))
            {
                norm = Unusual(row, i, normalize, producer);
            }
            if (normalize)
            {
                PlainMath.Divide(row, norm);
            }
        }
    }

    /// <summary>Handles what the common path leaves: a broken row is reported, a huge or tiny one is brought to size first.</summary>
    private static float Unusual(Span<float> row, int index, bool normalize, string producer)
    {
        foreach (float value in row)
        {
            if (!float.IsFinite(value))
            {
                throw new ClipEncodingException(index, $"The {producer} gave {value} in the embedding of row {index} of its batch.");
            }
        }
        float largest = MathF.Abs(TensorPrimitives.MaxMagnitude<float>(row));
        if (!normalize)
        {
            return 1;
        }
        if (largest == 0)
        {
            throw new ClipEncodingException(index, $"The {producer} gave an embedding of zeros for row {index} of its batch, which has no direction and cannot be normalised.");
        }
        PlainMath.Divide(row, largest);
        return PlainMath.Norm(row);
    }
}
