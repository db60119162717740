namespace Microsoft.ML.Clip;

/// <summary>What the pixels of a file are, so far as preprocessing tells it apart (Pillow's image modes).</summary>
internal enum ImageMode
{
    /// <summary>Colour or gray without alpha: Pillow's RGB and L. Also CMYK, which the decoder converts.</summary>
    Opaque,

    /// <summary>With alpha: RGBA and LA.</summary>
    Alpha,

    /// <summary>Palette indices or single bits: P and 1.</summary>
    Indexed,

    /// <summary>One channel of 16 bits: I or I;16.</summary>
    SixteenBitGray,
}
