namespace Microsoft.ML.Clip;

/// <summary>What a merge writes.</summary>
public enum ClipShardMergeLayout
{
    /// <summary>
    /// <c>img_emb/img_emb_0000.npy</c>, with captions <c>text_emb/text_emb_0000.npy</c>, and <c>metadata/metadata_0000.parquet</c> with <c>image_path</c>,
    /// <c>caption</c>, <c>status</c> and <c>error</c>, of the same rows each: what clip-retrieval, autofaiss and embedding-reader read.
    /// </summary>
    ClipRetrieval,

    /// <summary>
    /// <c>embeddings/embeddings_0000.parquet</c>: the same columns, and <c>image_embedding</c> and <c>text_embedding</c> as lists of 32-bit numbers, for DuckDB
    /// and Spark.
    /// </summary>
    Parquet,
}
