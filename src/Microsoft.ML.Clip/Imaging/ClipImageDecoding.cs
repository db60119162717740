namespace Microsoft.ML.Clip;

/// <summary>How large photographs are decoded.</summary>
public enum ClipImageDecoding
{
    /// <summary>Every pixel is decoded: bit-exact with the references.</summary>
    Exact,

    /// <summary>
    /// JPEGs much larger than the model's input are decoded at 1/2, 1/4 or 1/8 of their size, straight from the DCT coefficients, so long as the short
    /// edge stays at least one and a half times what the resampler needs. Several times faster on photographs of 10 megapixels; the pixels that the
    /// model sees differ a little. Other formats, and smaller JPEGs, are decoded exactly.
    /// </summary>
    Fast,
}
