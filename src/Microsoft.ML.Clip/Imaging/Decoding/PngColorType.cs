namespace Microsoft.ML.Clip;

/// <summary>The colour types of PNG's header chunk.</summary>
internal enum PngColorType : byte
{
    Gray = 0,
    Color = 2,
    Palette = 3,
    GrayAlpha = 4,
    ColorAlpha = 6,
}
