using Microsoft.ML.Data;

namespace Microsoft.ML.Clip.Tests;

internal static class DataViewExtensions
{
    /// <summary>A vector column, all rows of it.</summary>
    public static float[][] GetColumnOf(this IDataView view, string name) => [.. view.GetColumn<float[]>(name)];
}
