using System.Text;

namespace Microsoft.ML.Clip;

/// <summary>What a plot of bars has besides them. Immutable.</summary>
public sealed record ClipBarOptions
{
    /// <summary>Whether the highest stands on top, and not the first.</summary>
    public bool IsSorted { get; init; } = true;

    /// <summary>Whether values above 0 have a plus: differences.</summary>
    public bool HasSigns { get; init; }

    /// <summary>How many digits values have behind the point, 0 to 15.</summary>
    public int Decimals { get; init; } = 1;

    /// <summary>Lines across the bars, each with its name and value: mean and median.</summary>
    public IReadOnlyList<KeyValuePair<string, double>> Marks { get; init; } = [];

    /// <summary>The plot's width in pixels of a screen of 96 an inch; 200 to 4,000. Its height follows from the number of bars.</summary>
    public int Width { get; init; } = 720;

    private bool PrintMembers(StringBuilder builder) => RecordText.Append(builder, this);
}
