using System.Text;

namespace Microsoft.ML.Clip;

/// <summary>A class of images and what it is called.</summary>
/// <param name="Name">Its name, by which images are classified.</param>
public sealed record ClipLockedClass(string Name)
{
    /// <summary>Other texts: synonyms, more general names (hypernyms), what a dictionary says of it (glosses). Classes may share them.</summary>
    public IReadOnlyList<ClipLockedText> Others { get; init; } = [];

    private bool PrintMembers(StringBuilder builder) => RecordText.Append(builder, this);
}
