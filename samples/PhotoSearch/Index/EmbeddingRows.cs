namespace PhotoSearch;

/// <summary>Embeddings one behind the other, as the index takes them.</summary>
internal static class EmbeddingRows
{
    /// <summary>[embeddings, dimension], row-major.</summary>
    public static float[] Pack(IReadOnlyList<float[]> embeddings)
    {
        int dimension = embeddings.Count == 0 ? 0 : embeddings[0].Length;
        float[] rows = new float[embeddings.Count * dimension];
        for (int i = 0; i < embeddings.Count; i++)
        {
            embeddings[i].CopyTo(rows, i * dimension);
        }
        return rows;
    }
}
