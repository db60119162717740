namespace Microsoft.ML.Clip;

/// <summary>The resampling filters of Pillow. The values are Pillow's codes, which preprocessor_config.json stores as <c>resample</c>.</summary>
internal enum ResampleFilter
{
    Nearest = 0,
    Lanczos = 1,
    Bilinear = 2,
    Bicubic = 3,
    Box = 4,
    Hamming = 5,
}
