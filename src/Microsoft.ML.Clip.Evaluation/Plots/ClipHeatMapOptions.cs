using System.Text;

namespace Microsoft.ML.Clip;

/// <summary>How a heat map is drawn. Immutable.</summary>
public sealed record ClipHeatMapOptions
{
    /// <summary>What the rows are; may be empty.</summary>
    public string RowTitle { get; init; } = "";

    /// <summary>What the columns are; may be empty.</summary>
    public string ColumnTitle { get; init; } = "";

    /// <summary>Whether values are shares from 0 to 1, shown times 100.</summary>
    public bool IsPercent { get; init; }

    /// <summary>How many digits values have behind the point, 0 to 15.</summary>
    public int Decimals { get; init; }

    /// <summary>The plot's width in pixels of a screen of 96 an inch; 200 to 4,000. Its height follows from the number of rows.</summary>
    public int Width { get; init; } = 720;

    private bool PrintMembers(StringBuilder builder) => RecordText.Append(builder, this);
}
