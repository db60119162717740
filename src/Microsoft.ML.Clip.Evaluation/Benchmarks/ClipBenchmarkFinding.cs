namespace Microsoft.ML.Clip;

/// <summary>Something of a data set that is not as published.</summary>
/// <param name="Kind">What kind of thing.</param>
/// <param name="Class">The class of the data set, from 0, or, of a name that it lacks, of the published set; <see langword="null"/> if it is not about one
/// class.</param>
/// <param name="Message">What was expected and what was found.</param>
public readonly record struct ClipBenchmarkFinding(ClipBenchmarkFindingKind Kind, int? Class, string Message);
