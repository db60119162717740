using System.Text;

namespace Microsoft.ML.Clip;

/// <summary>An image of a merge.</summary>
/// <param name="Path">What names it within the inputs: its path, relative to where they lay.</param>
/// <param name="Caption">Its caption; <see langword="null"/> if it has none.</param>
/// <param name="Error">Why there is no embedding; <see langword="null"/> if there is one.</param>
/// <param name="Embedding">The embedding, as it was stored; NaN where there is an error.</param>
public sealed record ClipMergedRow(string Path, string? Caption, string? Error, ReadOnlyMemory<float> Embedding)
{
    private bool PrintMembers(StringBuilder builder) => RecordText.Append(builder, this);
}
