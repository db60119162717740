namespace Microsoft.ML.Clip;

/// <summary>What went wrong with a shard.</summary>
/// <param name="Shard">From 0.</param>
/// <param name="Message">What was expected and what was found.</param>
/// <param name="Machine">Where; <see langword="null"/> if the results themselves are at fault.</param>
public sealed record ClipShardFailure(int Shard, string Message, string? Machine);
