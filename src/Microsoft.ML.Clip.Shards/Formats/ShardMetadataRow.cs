namespace Microsoft.ML.Clip;

/// <summary>What a shard keeps of a row besides its embedding, a line of JSON until shards are merged.</summary>
/// <param name="Key">What names it.</param>
/// <param name="Caption">Its text, if there is one.</param>
/// <param name="Error">Why its embedding is NaN, or, with a caption that is missing, that of its text; <see langword="null"/> if all is well.</param>
internal sealed record ShardMetadataRow(string Key, string? Caption = null, string? Error = null);
