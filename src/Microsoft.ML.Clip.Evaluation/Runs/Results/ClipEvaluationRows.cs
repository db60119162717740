namespace Microsoft.ML.Clip;

/// <summary>What became of the rows of a test set: read are used and failed together.</summary>
/// <param name="Read">How many rows the set has.</param>
/// <param name="Used">How many of them were measured.</param>
/// <param name="Failed">How many images could not be read.</param>
/// <param name="Skipped">How many files lie among the images and are none by their name; they are no rows.</param>
public readonly record struct ClipEvaluationRows(long Read, long Used, long Failed, long Skipped);
