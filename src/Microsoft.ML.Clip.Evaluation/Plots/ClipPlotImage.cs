using System.Text;

namespace Microsoft.ML.Clip;

/// <summary>An image and what a model took it for. Immutable, as long as nobody writes to the bytes.</summary>
/// <param name="Name">The name of the image.</param>
/// <param name="Encoded">The image, as JPEG, PNG, GIF or WebP; small ones, as a page holds all of them.</param>
/// <param name="TrueClass">The class that it belongs to.</param>
/// <param name="Guesses">What a model took it for, the most probable first; five are shown.</param>
public sealed record ClipPlotImage(string Name, ReadOnlyMemory<byte> Encoded, string TrueClass, IReadOnlyList<ClipPlotGuess> Guesses)
{
    private bool PrintMembers(StringBuilder builder) => RecordText.Append(builder, this);
}
