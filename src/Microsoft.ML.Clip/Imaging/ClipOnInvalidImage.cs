namespace Microsoft.ML.Clip;

/// <summary>What to do with a row whose image cannot be read.</summary>
public enum ClipOnInvalidImage
{
    /// <summary>Stop with an error that names the row, the column and the cause.</summary>
    Throw,

    /// <summary>Go on. The row's embedding is NaN throughout, its predicted label missing; how many rows that were is logged as a warning.</summary>
    Missing,
}
