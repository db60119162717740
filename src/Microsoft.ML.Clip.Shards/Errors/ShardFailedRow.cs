namespace Microsoft.ML.Clip;

/// <summary>A row that failed.</summary>
/// <param name="Row">From 0, in the shard.</param>
/// <param name="Key">What it is called.</param>
/// <param name="Error">Why.</param>
internal sealed record ShardFailedRow(int Row, string Key, string Error);
