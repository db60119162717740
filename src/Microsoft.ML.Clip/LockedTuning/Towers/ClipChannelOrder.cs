namespace Microsoft.ML.Clip;

/// <summary>In which order an image encoder takes the planes of an image.</summary>
public enum ClipChannelOrder
{
    /// <summary>Red, green, blue, as nearly all do.</summary>
    Rgb,

    /// <summary>Blue, green, red: encoders trained with Caffe or CNTK, or on what OpenCV reads.</summary>
    Bgr,
}
