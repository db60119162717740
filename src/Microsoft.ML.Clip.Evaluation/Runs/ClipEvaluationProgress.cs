namespace Microsoft.ML.Clip;

/// <summary>How far a run of <see cref="ClipEvaluation"/> is.</summary>
/// <param name="Model">The model that is being measured.</param>
/// <param name="Task">The task.</param>
/// <param name="Stage">What is done: a set that is embedded, a probe that is trained.</param>
/// <param name="Fraction">How much of the whole run is done, 0 to 1, counted in images to embed.</param>
/// <param name="Elapsed">How long it has run.</param>
/// <param name="Remaining">How long it will still take at the speed so far; <see langword="null"/> as long as nothing is known.</param>
public readonly record struct ClipEvaluationProgress(string Model, string Task, string Stage, double Fraction, TimeSpan Elapsed, TimeSpan? Remaining)
{
    /// <summary>A line for people.</summary>
    /// <returns>Percent, what is done, and the time that is left.</returns>
    public override string ToString() => FormattableString.Invariant($"{100 * Fraction,3:F0}%  {Model} on {Task}: {Stage}{(Remaining is { } r ? $", {Time(r)} left" : "")}");

    private static string Time(TimeSpan time) => time.TotalMinutes < 2 ? FormattableString.Invariant($"{time.TotalSeconds:F0} s")
        : time.TotalHours < 2 ? FormattableString.Invariant($"{time.TotalMinutes:F0} min") : FormattableString.Invariant($"{time.TotalHours:F1} h");
}
