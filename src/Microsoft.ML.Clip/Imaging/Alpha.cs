namespace Microsoft.ML.Clip;

/// <summary>What the fourth byte of the pixels means for the other three.</summary>
internal enum AlphaKind
{
    /// <summary>Nothing: it is to be ignored.</summary>
    None,

    /// <summary>It is an opacity, and the colours are whole.</summary>
    Straight,

    /// <summary>It is an opacity, by which the colours are multiplied already.</summary>
    Premultiplied,
}

/// <summary>What happens to colours and alpha before the resize.</summary>
internal enum AlphaConversion
{
    None,
    Premultiply,
    Unpremultiply,
}
