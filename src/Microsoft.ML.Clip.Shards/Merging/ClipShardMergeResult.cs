namespace Microsoft.ML.Clip;

/// <summary>What a merge wrote.</summary>
/// <param name="Directory">Where, as a full path.</param>
/// <param name="Files">How many files of image embeddings; as many of metadata, and of texts where the plan has them.</param>
/// <param name="Rows">How many rows they have.</param>
/// <param name="FailedRows">Those of them that are NaN; <c>status</c> and <c>error</c> of the metadata say which, and why.</param>
/// <param name="Bytes">The bytes of all files.</param>
public sealed record ClipShardMergeResult(string Directory, int Files, long Rows, long FailedRows, long Bytes);
