using System.Text;

namespace Microsoft.ML.Clip;

/// <summary>What a model said to the rows of a set. Immutable.</summary>
public sealed record ClipModelPredictions
{
    /// <summary>The name of the model.</summary>
    public required string Model { get; init; }

    /// <summary>The class that it said to each row, from 0.</summary>
    public required IReadOnlyList<int> Answers { get; init; }

    /// <summary>How many rows it is right on.</summary>
    public required long Hits { get; init; }

    /// <summary>The share of rows that it is right on.</summary>
    public double Accuracy => Hits / (double)Answers.Count;

    /// <summary>The exact 99.5% interval of <see cref="Accuracy"/>.</summary>
    public ClipInterval Interval => ClipInterval.ClopperPearson(Hits, Answers.Count);

    private bool PrintMembers(StringBuilder builder) => RecordText.Append(builder, this);
}
