namespace Microsoft.ML.Clip;

/// <summary>A set that could not be measured, or not wholly (zero-shot is kept where a probe fails), and why.</summary>
/// <param name="Model">The model; <c>*</c> for all.</param>
/// <param name="Task">The task.</param>
/// <param name="Reason">What happened; of a file or row that is wrong, which.</param>
public readonly record struct ClipEvaluationSkipped(string Model, string Task, string Reason);
