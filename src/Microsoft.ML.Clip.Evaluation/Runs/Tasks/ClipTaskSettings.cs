using System.Text;

namespace Microsoft.ML.Clip;

/// <summary>What <see cref="ClipEvaluationTask.FromPath"/> cannot see in the files.</summary>
public sealed record ClipTaskSettings
{
    /// <summary>The published set that it is.</summary>
    /// <value>Default: <see langword="null"/>, the one of the same name or key, if there is one.</value>
    public ClipBenchmark? Benchmark { get; init; }

    /// <summary>The names of the classes, in the order of the labels.</summary>
    /// <value>Default: <see langword="null"/>, those of the set.</value>
    public IReadOnlyList<string>? Names { get; init; }

    /// <summary>The prompt templates.</summary>
    /// <value>Default: <see langword="null"/>, as in <see cref="ClipClassificationTask.Templates"/>.</value>
    public IReadOnlyList<string>? Templates { get; init; }

    /// <summary>What stands before each caption, with the blank after it.</summary>
    /// <value>Default: <see langword="null"/>, nothing.</value>
    public string? Prompt { get; init; }

    /// <summary>Whether folders of classes without a split are cut into halves, one to train on; see <see cref="ClipDataSet.Split"/>.</summary>
    /// <value>Default: <see langword="false"/>, all are to measure on, and there is no probe.</value>
    public bool SplitsInHalves { get; init; }

    private bool PrintMembers(StringBuilder builder) => RecordText.Append(builder, this);
}
