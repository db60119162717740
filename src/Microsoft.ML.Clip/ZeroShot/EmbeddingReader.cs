using System.Numerics.Tensors;
using Microsoft.ML.Data;

namespace Microsoft.ML.Clip;

/// <summary>Reads the values of a column of embeddings.</summary>
internal static class EmbeddingReader
{
    /// <summary>Reads an embedding.</summary>
    /// <returns>
    /// Null, or what is wrong if it is NaN throughout: an embedding step gives that for an image that is missing, and so it stays missing here.
    /// </returns>
    /// <exception cref="ArgumentException">It has another length than asked for, no direction, or values that are not finite.</exception>
    public static ClipRowException? Read(in VBuffer<float> embedding, Span<float> values)
    {
        if (embedding.Length != values.Length)
        {
            throw new ArgumentException($"The embedding has {embedding.Length} values, but the classes have {values.Length}.");
        }
        embedding.CopyTo(values);
        if (!values.ContainsAnyExcept(0f))
        {
            throw new ArgumentException("The embedding is zero throughout, so it has no direction to compare with the classes'.");
        }
        if (float.IsFinite(TensorPrimitives.MaxMagnitude<float>(values)))
        {
            return null;
        }
        if (values.ContainsAnyExcept(float.NaN))
        {
            throw new ArgumentException("The embedding has values that are not finite numbers.");
        }
        return new ClipRowException("The embedding is NaN throughout: an earlier step had no usable value for the row.") { IsEarlierSteps = true };
    }
}
