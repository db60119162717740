using System.Text;

namespace Microsoft.ML.Clip;

/// <summary>What was found in a data set that was read to its end; see <see cref="ClipDataSet.Summarize"/>.</summary>
public sealed record ClipDataSetSummary
{
    /// <summary>The name of the set.</summary>
    public required string Name { get; init; }

    /// <summary>How many rows were read.</summary>
    public required long Rows { get; init; }

    /// <summary>How many files lie among the images and are none by their name.</summary>
    public required int Skipped { get; init; }

    /// <summary>The classes, in their order.</summary>
    public required IReadOnlyList<ClipDataSetClass> Classes { get; init; }

    /// <summary>The names of the classes that have no row.</summary>
    public IReadOnlyList<string> EmptyClasses => [.. Classes.Where(c => c.Count == 0).Select(c => c.Name)];

    /// <summary>Whether all rows are of one class: any classifier that always says so is right.</summary>
    public bool IsOneClass => Classes.Count(c => c.Count > 0) <= 1;

    private bool PrintMembers(StringBuilder builder) => RecordText.Append(builder, this);
}
