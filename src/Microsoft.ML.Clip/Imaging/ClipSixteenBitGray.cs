namespace Microsoft.ML.Clip;

/// <summary>What becomes of PNG images of one gray channel of 16 bits.</summary>
public enum ClipSixteenBitGray
{
    /// <summary>
    /// Values above 255 become 255, as Pillow's conversion to RGB does and therefore both references do. Most such images turn white.
    /// </summary>
    Clip,

    /// <summary>Values are divided by 256, as they are for 16-bit colour images. Differs from the references, but keeps the picture.</summary>
    Scale,
}
