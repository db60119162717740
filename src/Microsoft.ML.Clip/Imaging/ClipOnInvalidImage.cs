namespace Microsoft.ML.Clip;

/// <summary>What to do with a row whose image cannot be read.</summary>
public enum ClipOnInvalidImage
{
    /// <summary>Stop with an error that names the row, the column and the cause.</summary>
    Throw,

    /// <summary>
    /// Go on. The row's embedding is NaN throughout, its predicted label missing. The first 20 such rows are logged as warnings, with path and cause, and how
    /// many they were; <see cref="ClipImageEmbeddingOptions.ErrorColumnName"/> has a column say it of each.
    /// </summary>
    Missing,
}
