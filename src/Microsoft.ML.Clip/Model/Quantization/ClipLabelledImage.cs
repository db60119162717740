namespace Microsoft.ML.Clip;

/// <summary>An image of which it is known what it shows.</summary>
/// <param name="Image">The image; it stays the caller's.</param>
/// <param name="Label">The place of its class in the list of labels, from 0.</param>
public sealed record ClipLabelledImage(ClipImageSource Image, int Label);
