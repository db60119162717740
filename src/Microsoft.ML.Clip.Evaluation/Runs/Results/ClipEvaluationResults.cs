using System.Text;

namespace Microsoft.ML.Clip;

/// <summary>What a run of <see cref="ClipEvaluation"/> found. Immutable.</summary>
public sealed partial record ClipEvaluationResults
{
    /// <summary>The models that were measured.</summary>
    public required IReadOnlyList<ClipEvaluationModelFacts> Models { get; init; }

    /// <summary>The values, model by model, task by task.</summary>
    public required IReadOnlyList<ClipEvaluationRecord> Records { get; init; }

    /// <summary>What could not be measured, and why.</summary>
    public required IReadOnlyList<ClipEvaluationSkipped> Skipped { get; init; }

    /// <summary>What else there is to say: results of an earlier run that could not be read.</summary>
    public required IReadOnlyList<string> Messages { get; init; }

    /// <summary>When it began.</summary>
    public required DateTimeOffset Started { get; init; }

    /// <summary>How long it took.</summary>
    public required double Seconds { get; init; }

    /// <summary>The version of this library.</summary>
    public required string Version { get; init; }

    /// <summary>
    /// A model's mean score over the tasks on which every model was measured in this way, each by its own metric, as in the paper's averages;
    /// <see langword="null"/> if there is no such task.
    /// </summary>
    /// <param name="model">The model's name.</param>
    /// <param name="kind">The way of use.</param>
    /// <returns>The mean, 0 to 1.</returns>
    public double? Mean(string model, ClipEvaluationKind kind)
    {
        var tasks = CommonTasks(kind);
        return tasks.Count == 0 ? null : tasks.Average(task => Find(model, task, kind)!.Value);
    }

    /// <summary>The tasks on which every model was measured in a way.</summary>
    /// <param name="kind">The way of use.</param>
    /// <returns>Their names, in order.</returns>
    public IReadOnlyList<string> CommonTasks(ClipEvaluationKind kind) =>
        [.. Tasks(kind).Where(task => Models.All(m => Find(m.Name, task, kind) is not null))];

    /// <summary>The first value of a model on a task in a way.</summary>
    /// <param name="model">The model's name.</param>
    /// <param name="task">The task's name.</param>
    /// <param name="kind">The way of use.</param>
    /// <returns>The record; <see langword="null"/> if there is none.</returns>
    public ClipEvaluationRecord? Find(string model, string task, ClipEvaluationKind kind) =>
        Records.FirstOrDefault(r => r.Model == model && r.Task == task && r.Kind == kind);

    /// <summary>Two models on one task: whether they differ by more than luck.</summary>
    /// <param name="first">The name of one model.</param>
    /// <param name="second">That of the other.</param>
    /// <param name="task">The task's name.</param>
    /// <param name="kind">The way of use.</param>
    /// <returns>The test; <see langword="null"/> where both were not measured on the same rows, each of one class.</returns>
    public ClipMcNemar? Compare(string first, string second, string task, ClipEvaluationKind kind) =>
        Find(first, task, kind)?.Hits is { } a && Find(second, task, kind)?.Hits is { } b && a.Length == b.Length
            ? ClipMcNemar.Of([.. a.Select(h => h == '1')], [.. b.Select(h => h == '1')]) : null;

    private IEnumerable<string> Tasks(ClipEvaluationKind kind) => Records.Where(r => r.Kind == kind).Select(r => r.Task).Distinct();

    private bool PrintMembers(StringBuilder builder) => RecordText.Append(builder, this);
}
