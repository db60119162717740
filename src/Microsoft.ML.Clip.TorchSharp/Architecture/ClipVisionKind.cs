namespace Microsoft.ML.Clip;

/// <summary>The family of an image tower.</summary>
public enum ClipVisionKind
{
    /// <summary>The Vision Transformer: patches, a class token, pre-norm blocks.</summary>
    VisionTransformer,

    /// <summary>The paper's modified ResNet: a stem of three convolutions, average pooling before strides, attention pooling.</summary>
    ModifiedResNet,
}
