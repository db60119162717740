namespace Microsoft.ML.Clip;

public sealed partial record ClipEvaluationResults
{
    /// <summary>
    /// A report to look at: values with intervals, zero-shot beside probes, few-shot curves, what prompts are worth, models against each other, each set
    /// class by class, and how all of it was measured. What was skipped and what could not be read stands at the top.
    /// </summary>
    /// <param name="title">What stands above it.</param>
    /// <returns>The report; add sections of your own with <c>with</c>.</returns>
    public ClipReport ToReport(string title) => new(title) { Sections = [.. ResultSections.Of(this)] };
}
