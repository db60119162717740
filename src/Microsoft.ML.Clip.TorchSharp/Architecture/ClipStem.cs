namespace Microsoft.ML.Clip;

/// <summary>What the first convolution of the modified ResNet is; two 3x3 convolutions follow it in either case.</summary>
public enum ClipStem
{
    /// <summary>3x3 with a stride of 2 (1 where <see cref="ClipArchitecture.StemStride"/> is 1): OpenAI's.</summary>
    Convolutions,

    /// <summary>
    /// A convolution whose kernel and stride are both <see cref="ClipArchitecture.StemStride"/>, without padding, so that the whole stem works at the reduced
    /// size: about a quarter of the cost at 64 pixels.
    /// </summary>
    Patches,
}
