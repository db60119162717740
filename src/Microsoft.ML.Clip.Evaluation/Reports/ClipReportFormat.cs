namespace Microsoft.ML.Clip;

/// <summary>How a column's numbers are written.</summary>
public enum ClipReportFormat
{
    /// <summary>As text, to the left; a number in its shortest form.</summary>
    Text,

    /// <summary>Whole, in groups of three digits.</summary>
    Count,

    /// <summary>A share from 0 to 1, times 100.</summary>
    Percent,

    /// <summary>With a fixed number of digits behind the point.</summary>
    Number,
}
