namespace Microsoft.ML.Clip;

/// <summary>What happens to colours and alpha before the resize.</summary>
internal enum AlphaConversion
{
    None,
    Premultiply,
    Unpremultiply,
}
