namespace Microsoft.ML.Clip;

/// <summary>What one block of the modified ResNet is made of.</summary>
public enum ClipResidualBlock
{
    /// <summary>1x1, 3x3, average pooling where the stride is 2, 1x1 to four times the stage's width: OpenAI's.</summary>
    Bottleneck,

    /// <summary>Average pooling where the stride is 2 (for the shortcut too), 3x3, 3x3 to the stage's width: for small images and few parameters.</summary>
    Basic,
}
