namespace Microsoft.ML.Clip;

/// <summary>Whose preprocessing to reproduce, to the bit. The two differ in order and rounding only; on most photographs they agree.</summary>
public enum ClipImageConvention
{
    /// <summary>
    /// Hugging Face's <c>CLIPImageProcessor</c>: converts to RGB, then resizes; the crop starts at floor(d / 2), where d is what is cut off.
    /// </summary>
    HuggingFace,

    /// <summary>
    /// OpenAI's <c>clip.load</c> transform and open_clip's (torchvision): resizes in the image's own mode (palette images and bilevel images with
    /// nearest neighbour, images with alpha premultiplied), then converts to RGB; the crop starts at d / 2 rounded half to even.
    /// </summary>
    OpenAI,
}
